// The health score with its parts: never a number without what it is made of.

import type { ReactNode } from 'react';
import { useIsOld } from '../live/store.ts';
import type { HealthScore, HealthState } from '../live/wire.ts';
import { PARTS, type Parts } from './parts.ts';

/** Where the words of the score change (docs/health.md): healthy is never below 50, unhealthy and unknown never above. */
const stateOf = (value: number): HealthState => {
  if (value >= 90) return 'healthy';
  return value >= 50 ? 'degraded' : 'unhealthy';
};

const Bar = ({ value }: { readonly value: number | null }): ReactNode => (
  <div className={value === null ? 'meter is-none' : `meter is-${stateOf(value)}`} aria-hidden="true">
    {value === null ? null : <span style={{ width: `${Math.max(0, Math.min(100, value))}%` }} />}
  </div>
);

export const PartsTable = ({ parts }: { readonly parts: Parts }): ReactNode => (
  <table className="score-parts">
    <caption className="unseen">Parts of the health score</caption>
    <tbody>
      {PARTS.map(({ name, weight, says }) => (
        <tr key={name}>
          <th scope="row">
            {name} <span className="quiet weight">{weight} %</span>
          </th>
          <td className="bar" title={says}>
            <Bar value={parts[name]} />
          </td>
          <td className="amount">
            {parts[name] === null ? <span className="quiet">none</span> : Math.round(parts[name])}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);

/** The score of one service. */
export const ScoreParts = ({ score }: { readonly score: HealthScore }): ReactNode => {
  const isOld = useIsOld();
  return (
    <>
      <p className="score">
        <b>{Math.round(score.value)}</b> <span className="quiet">of 100{isOld ? ', when last seen' : ''}</span>
      </p>
      <PartsTable parts={score} />
    </>
  );
};
