// The targets of a service: how each stands, what is left of its budget, where it leads, and what ate it.

import { useMemo, type ReactNode } from 'react';
import { durationSentence } from '#api/sentence.ts';
import { Shape } from '../frame/mark.tsx';
import { Ago, Clock, Until } from '../frame/moment.tsx';
import { Text } from '../frame/text.tsx';
import { sayCount, sayMoment } from '../frame/words.ts';
import { useAsked, valueOf } from '../live/asked.ts';
import { serenoNow, useIsOld } from '../live/store.ts';
import type { BurndownView, HealthState, TargetState, TargetView } from '../live/wire.ts';
import { burnColumns, burnTime, eatersOf } from './burn.ts';
import { drawBurn } from './drawings.ts';
import { Plot } from './plot.tsx';

const EVERY_MS = 5_000;
const HEIGHT = 150;

/** The shape that goes with a state; the word stays the target's own. */
const SHAPE_OF: Readonly<Record<TargetState, HealthState>> = {
  'no-data': 'unknown',
  meeting: 'healthy',
  burning: 'degraded',
  breached: 'unhealthy',
  exhausted: 'unhealthy',
};

const WHO: Readonly<Record<TargetView['episodes'][number]['share'], string>> = {
  own: 'itself',
  upstream: 'what it needs (not counted)',
  watchman: 'the watchman was blind (not counted)',
  maintenance: 'agreed work (not counted)',
  'no-data': 'nobody knows (not counted)',
  stopped: 'a person stopped it (not counted)',
};

const sayPercent = (value: number): string => `${Number(value.toFixed(Math.abs(value) < 10 ? 2 : 1))} %`;
const sayAmount = (value: number): string => Number(value.toFixed(1)).toLocaleString();

/** To whole units of a length that a person thinks in. */
const sayRoughly = (ms: number): string =>
  durationSentence(ms >= 60_000 ? Math.round(ms / 60_000) * 60_000 : Math.round(ms / 1_000) * 1_000);

const TargetWord = ({ state }: { readonly state: TargetState }): ReactNode => {
  const isOld = useIsOld();
  const shape = SHAPE_OF[state];
  const word = state === 'no-data' ? 'no data' : state;
  return (
    <span className={`state is-${shape}`} data-target-state={state}>
      <Shape state={shape} />
      <span className="word">{isOld ? `was ${word}` : word}</span>
    </span>
  );
};

type Budget = NonNullable<TargetView['budget']>;

const Left = ({ budget, state }: { readonly budget: Budget; readonly state: TargetState }): ReactNode => {
  const percent = Math.max(0, Math.min(100, budget.remainingPercent));
  return (
    <>
      <div className={state === 'no-data' ? 'meter is-unknown' : 'meter is-left'} aria-hidden="true">
        <span style={{ width: `${percent}%` }} />
      </div>
      <p>
        <b className="left">{sayPercent(budget.remainingPercent)}</b> of the budget is left
        <span className="quiet">
          {' '}
          · {sayAmount(budget.used)} of {sayAmount(budget.allowed)} bad events used
          {budget.remainingMs > 0 ? ` · everything could fail for ${sayRoughly(budget.remainingMs)} more` : ''}
        </span>
      </p>
    </>
  );
};

/** A budget may be left and the promise missed: the window is not over, and was bad so far. */
const BREACHED = 'Over what was seen so far the objective is missed.';

const Leads = ({ budget, state }: { readonly budget: Budget; readonly state: TargetState }): ReactNode => {
  const { exhaustedAt, exhaustedEarliest, exhaustedLatest } = budget;
  if (state === 'no-data') return <p className="quiet">Where it leads is not known: nothing fresh came.</p>;
  if (budget.remainingPercent <= 0) return <p>The budget is gone.</p>;
  if (state === 'breached' && exhaustedAt === null) return <p>{BREACHED}</p>;
  if (exhaustedAt === null) return <p className="quiet">At the pace of now it lasts for the whole window.</p>;
  return (
    <p>
      {state === 'breached' ? `${BREACHED} ` : ''}At the pace of now it is gone <Until at={exhaustedAt} />
      <span className="quiet">
        {' '}
        (19 times in 20 between {exhaustedEarliest === null
          ? 'now'
          : sayMoment(exhaustedEarliest, serenoNow())} and{' '}
        {exhaustedLatest === null ? 'after the window' : sayMoment(exhaustedLatest, serenoNow())})
      </span>
    </p>
  );
};

const sayBurndown = (target: TargetView, budget: Budget, until: number | null): string =>
  `Budget of ${target.name}: ${sayPercent(budget.remainingPercent)} is left; ` +
  (until === null ? 'at the pace of now it lasts' : `at the pace of now it is gone ${sayMoment(until, serenoNow())}`);

const Drawn = (props: {
  readonly target: TargetView;
  readonly budget: Budget;
  readonly down: BurndownView;
}): ReactNode => {
  const { target, budget, down } = props;
  const until = budget.remainingPercent > 0 ? budget.exhaustedAt : null;
  const drawing = useMemo(
    () => drawBurn(burnColumns(down, until), { time: burnTime(down, until), now: down.at }),
    [down, until],
  );
  return <Plot drawing={drawing} height={HEIGHT} words={sayBurndown(target, budget, until)} />;
};

const Burndown = ({ target, budget }: { readonly target: TargetView; readonly budget: Budget }): ReactNode => {
  const asked = useAsked('burndown', { about: target.id, path: { id: target.id }, everyMs: EVERY_MS });
  const down = valueOf(asked);
  return (
    <div className="burn-frame">
      {down === null ? (
        <p className="quiet chart-empty">
          {asked.kind === 'failed' ? `The burn-down could not be fetched: ${asked.detail}` : 'Asking …'}
        </p>
      ) : (
        <Drawn target={target} budget={budget} down={down} />
      )}
    </div>
  );
};

/** More would be a list of its own; the command line has them all. */
const EATERS_SHOWN = 8;

const Eaters = ({ target }: { readonly target: TargetView }): ReactNode => {
  const { rows, rest } = eatersOf(target);
  if (rows.length === 0 && rest === 0) return <p className="quiet">Nothing has eaten of it in this window.</p>;
  return (
    <table className="eaters">
      <caption>What ate the budget</caption>
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">For</th>
          <th scope="col">By</th>
          <th scope="col">Bad</th>
        </tr>
      </thead>
      <tbody>
        {rows.slice(0, EATERS_SHOWN).map((it) => (
          <tr key={`${it.from}-${it.share}`} className={it.share === 'own' ? '' : 'quiet'}>
            <td>
              <Clock at={it.from} />
            </td>
            <td>{it.to - it.from < 1_000 ? 'a moment' : sayRoughly(it.to - it.from)}</td>
            <td>{WHO[it.share]}</td>
            <td className="amount">{sayAmount(it.bad)}</td>
          </tr>
        ))}
        {rest === 0 ? null : (
          <tr>
            <td colSpan={3}>in bits too small to be kept apart</td>
            <td className="amount">{sayAmount(rest)}</td>
          </tr>
        )}
      </tbody>
      {rows.length > EATERS_SHOWN ? (
        <tfoot>
          <tr>
            <td colSpan={4} className="quiet">
              and {rows.length - EATERS_SHOWN} more: <code>sereno target show {target.id}</code>
            </td>
          </tr>
        </tfoot>
      ) : null}
    </table>
  );
};

const Burns = ({ target }: { readonly target: TargetView }): ReactNode => {
  const holding = target.burns.filter((burn) => burn.isHolding);
  return (
    <details className="burns">
      <summary>
        {holding.length === 0
          ? 'No burn rule holds'
          : `${sayCount(holding.length, 'burn rule')} ${holding.length === 1 ? 'holds' : 'hold'}`}
      </summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Severity</th>
            <th scope="col">Long</th>
            <th scope="col">Short</th>
            <th scope="col">Tells above</th>
            <th scope="col">Holds</th>
          </tr>
        </thead>
        <tbody>
          {target.burns.map((burn) => (
            <tr key={`${burn.severity} ${burn.longMs}`} className={burn.isHolding ? 'is-holding' : ''}>
              <th scope="row">{burn.severity}</th>
              <td>
                {durationSentence(burn.longMs)}: {sayAmount(burn.longRate)} ×
              </td>
              <td>
                {durationSentence(burn.shortMs)}: {sayAmount(burn.shortRate)} ×
              </td>
              <td>{sayAmount(burn.factor)} ×</td>
              <td>{burn.isHolding ? 'yes' : 'no'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
};

const Target = ({ target }: { readonly target: TargetView }): ReactNode => (
  <li className="target" data-target={target.id}>
    <h4>
      <Text className="strong">{target.name}</Text> <Text>{target.said}</Text> <TargetWord state={target.state} />
    </h4>
    {target.staleSince === null ? null : (
      <p className="is-unknown">
        <span className="word">Nothing fresh to judge by</span>, since <Ago at={target.staleSince} />
      </p>
    )}
    {target.budget === null ? (
      <p className="quiet">Nothing was judged yet: there is no budget to show.</p>
    ) : (
      <>
        <Left budget={target.budget} state={target.state} />
        <Leads budget={target.budget} state={target.state} />
        <Burndown target={target} budget={target.budget} />
        <Eaters target={target} />
      </>
    )}
    <Burns target={target} />
  </li>
);

/** All targets of one service. One that has none says so. */
export const Budgets = ({ service }: { readonly service: string }): ReactNode => {
  const asked = useAsked('targets', { about: service, query: () => ({ service }), everyMs: EVERY_MS });
  const own = valueOf(asked)?.targets;
  if (own === undefined)
    return (
      <p className="quiet">
        {asked.kind === 'failed' ? `The targets could not be fetched: ${asked.detail}` : 'Asking …'}
      </p>
    );
  if (own.length === 0) return <p className="quiet">No target is declared: nothing was promised of this service.</p>;
  return (
    <ul className="targets">
      {own.map((target) => (
        <Target key={target.id} target={target} />
      ))}
    </ul>
  );
};
