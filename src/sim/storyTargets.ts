// Story targets: how the targets of a story stand, in words, asked of the judge of the run that lives once a minute; and
// what the alert desk made of their burns.

import type { BudgetView, TargetView } from '#kernel/targetView.ts';
import { BUDGET_SHARES } from '#kernel/target.ts';
import { sayDuration } from '#kernel/time.ts';
import type { Judging } from '#loop/judging.ts';

const digits = (value: number): number => Number(value.toFixed(1));

/** Who caused what went wrong; whoever caused nothing is left out. */
const sayShares = ({ shares }: BudgetView): string => {
  const caused = BUDGET_SHARES.filter((share) => shares[share] > 0).map((share) => `${share} ${digits(shares[share])}`);
  return caused.length === 0 ? 'nothing went wrong' : `went wrong: ${caused.join(', ')}`;
};

/** `meeting: 97.7 % of the budget left, for 42 min of outage; went wrong: own 1; without data 2 h` */
export const sayTarget = ({ state, budget, reasons }: TargetView): string => {
  if (budget === null)
    return `${state}: ${reasons.map((reason) => ('message' in reason ? reason.message : '')).join()}`;
  const left = `${digits(budget.remainingPercent)} % of the budget left, for ${sayDuration(budget.remainingMs)} of outage`;
  const unseen = budget.withoutDataMs > 0 ? `; without data ${sayDuration(budget.withoutDataMs)}` : '';
  return `${state}: ${left}; ${sayShares(budget)}${unseen}`;
};

const FATE = /^alerts:site alert\.(\w+): (\S+) (burns its error budget|has no error budget left) \(.*?\)[^|]* \| (.*)$/;

/**
 * What became of a burn, from its record: `target api.availability burns its error budget: grouped, people know about api`;
 * null for other records.
 */
export const sayBurn = (record: string): string | null => {
  const [, fate = '', target = '', what = '', why = ''] = FATE.exec(record) ?? [];
  if (fate === '') return null;
  return `target ${target} ${what}: ${fate}${fate === 'notified' ? '' : `, ${why}`}`;
};

/** Tells of each target when its state has changed. */
export class TargetTeller {
  readonly #states = new Map<string, TargetView['state']>();

  /** The lines that are news since the last call. */
  news(judging: Judging): readonly string[] {
    return judging.views().flatMap((view) => this.#newState(view));
  }

  #newState(view: TargetView): readonly string[] {
    const before = this.#states.get(view.id);
    if (before === view.state) return [];
    this.#states.set(view.id, view.state);
    return [`target ${view.id}: ${before === undefined ? '' : `${before} → `}${sayTarget(view)}`];
  }
}
