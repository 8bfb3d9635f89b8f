// How the site stands: its score with its parts, the smooth days in a row, and who reaches whom.

import { useMemo, useState, type ReactNode } from 'react';
import { Shape } from '../frame/mark.tsx';
import { Ago, Clock } from '../frame/moment.tsx';
import { Text } from '../frame/text.tsx';
import { sayCount } from '../frame/words.ts';
import { useAsked, valueOf } from '../live/asked.ts';
import { useIsOld, usePicture } from '../live/store.ts';
import type { HealthState, Reach, TownSummary } from '../live/wire.ts';
import { notReached, partsOfSite } from './parts.ts';
import { PartsTable } from './score.tsx';

const Score = ({ score }: { readonly score: number | null }): ReactNode => {
  const services = usePicture((picture) => picture.services);
  const isOld = useIsOld();
  const parts = useMemo(() => partsOfSite([...services.values()]), [services]);
  if (score === null) return <p className="quiet">No score: there is no service to judge.</p>;
  return (
    <>
      <p className="score">
        <b data-score={Math.round(score)}>{Math.round(score)}</b>{' '}
        <span className="quiet">of 100{isOld ? ', when last seen' : ', the mean of its services'}</span>
      </p>
      <PartsTable parts={parts} />
    </>
  );
};

const BROKEN: Readonly<Record<'incident' | 'not-watched' | 'unknown', string>> = {
  incident: 'an incident',
  'not-watched': 'nobody watched',
  unknown: 'something could not be seen',
};

const Streak = ({ streak }: { readonly streak: TownSummary['streak'] }): ReactNode => {
  const isOld = useIsOld();
  const { days, isAtLeast, isTodaySmooth, brokenBy, since, timezone } = streak;
  const today: HealthState = isOld ? 'unknown' : isTodaySmooth ? 'healthy' : 'unhealthy';
  return (
    <div className="streak">
      <p className="score">
        <b data-streak={days}>
          {isAtLeast ? '≥ ' : ''}
          {days}
        </b>{' '}
        <span className="quiet">
          smooth {days === 1 ? 'day' : 'days'} in a row
          {since === null ? '' : ', since '}
          {since === null ? null : <Clock at={since} />}
        </span>
      </p>
      <p className={`state is-${today}`}>
        <Shape state={today} />
        <span>
          {isOld ? 'today: not known' : isTodaySmooth ? 'today smooth so far' : 'today is broken'}{' '}
          <span className="quiet">({timezone})</span>
        </span>
      </p>
      {brokenBy === null ? null : (
        <p className="quiet">
          {isTodaySmooth ? 'Before that broken' : 'Broken'} by {BROKEN[brokenBy.kind]}: <Text>{brokenBy.what}</Text>,{' '}
          <Ago at={brokenBy.from} />
        </p>
      )}
    </div>
  );
};

const REACHED: Readonly<Record<Reach['state'], HealthState>> = {
  reached: 'healthy',
  broken: 'unhealthy',
  unknown: 'unknown',
};

/** More columns do not fit beside the list; then what is not reached is told in words. */
const MATRIX_MAX = 8;
const ROWS_MAX = 50;
const REACH_EVERY_MS = 5_000;

const namesOf = (reach: readonly Reach[], side: 'from' | 'to'): readonly string[] => [
  ...new Set(reach.map((each) => each[side])),
];

const sayReach = ({ from, to, state, stoppedBy }: Reach): string => {
  const words = { reached: 'reaches', broken: 'does not reach', unknown: 'is not known to reach' };
  return `${from} ${words[state]} ${to}${stoppedBy === null || stoppedBy === to ? '' : `: ${stoppedBy} is in the way`}`;
};

const Matrix = ({ reach }: { readonly reach: readonly Reach[] }): ReactNode => {
  const columns = namesOf(reach, 'to');
  return (
    <div className="table-frame is-low">
      <table className="matrix">
        <caption className="unseen">Who reaches what it needs</caption>
        <thead>
          <tr>
            <th scope="col">from</th>
            {columns.map((to) => (
              <th key={to} scope="col">
                <Text>{to}</Text>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {namesOf(reach, 'from').map((from) => (
            <tr key={from}>
              <th scope="row">
                <Text>{from}</Text>
              </th>
              {columns.map((to) => {
                const found = reach.find((each) => each.from === from && each.to === to);
                if (found === undefined)
                  return (
                    <td key={to} className="quiet">
                      ·
                    </td>
                  );
                return (
                  <td key={to} title={sayReach(found)} data-reach={`${from} ${to} ${found.state}`}>
                    <Shape state={REACHED[found.state]} />
                    <span className="unseen">{found.state}</span>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
};

const List = ({ reach }: { readonly reach: readonly Reach[] }): ReactNode => (
  <ul className="reach-list">
    {reach.slice(0, ROWS_MAX).map((each) => (
      <li key={`${each.from} ${each.to}`}>
        <Shape state={REACHED[each.state]} /> <Text>{sayReach(each)}</Text>
      </li>
    ))}
    {reach.length > ROWS_MAX ? (
      <li className="quiet">and {reach.length - ROWS_MAX} more: sereno service reach</li>
    ) : null}
  </ul>
);

const Reached = (): ReactNode => {
  const asked = useAsked('reach', { about: 'reach', everyMs: REACH_EVERY_MS });
  const isOld = useIsOld();
  const reach = valueOf(asked)?.reach;
  if (reach === undefined)
    return <p className="quiet">{asked.kind === 'failed' ? `Could not be asked: ${asked.detail}` : 'Asking …'}</p>;
  if (reach.length === 0) return <p className="quiet">No service needs another.</p>;
  const bad = notReached(reach);
  return (
    <>
      <p className="quiet">
        {isOld ? 'When last seen: ' : ''}
        {bad.length === 0
          ? `All ${sayCount(reach.length, 'way')} along needs answer.`
          : `${bad.length} of ${sayCount(reach.length, 'way')} along needs do not answer, or are not known to.`}
      </p>
      {isOld ? null : namesOf(reach, 'to').length <= MATRIX_MAX ? <Matrix reach={reach} /> : <List reach={bad} />}
    </>
  );
};

/** Asked for only when it is opened: in a town of ten thousand it is a long answer. */
const Reachability = (): ReactNode => {
  const [isOpen, setOpen] = useState(false);
  return (
    <details className="reach" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>Reachability along needs</summary>
      {isOpen ? <Reached /> : null}
    </details>
  );
};

export const Standing = (): ReactNode => {
  const score = usePicture((picture) => picture.town?.score);
  const streak = usePicture((picture) => picture.town?.streak);
  return (
    <section className="panel standing" aria-label="Standing">
      <h2>Standing</h2>
      {score === undefined || streak === undefined ? (
        <p className="quiet">Nothing is known yet.</p>
      ) : (
        <>
          <Score score={score} />
          <Streak streak={streak} />
          <Reachability />
        </>
      )}
    </section>
  );
};
