// Story targets: how the targets of a story stand, in words. Asked of the judge of the run that lives, once a minute.

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

/** Tells of each target when its state, or whom the judge wants called, has changed. */
export class TargetTeller {
  readonly #states = new Map<string, TargetView['state']>();
  readonly #calls = new Map<string, string>();

  /** The lines that are news since the last call. */
  news(judging: Judging): readonly string[] {
    return judging.views().flatMap((view) => [...this.#newState(view), ...this.#newCall(judging, view)]);
  }

  #newState(view: TargetView): readonly string[] {
    const before = this.#states.get(view.id);
    if (before === view.state) return [];
    this.#states.set(view.id, view.state);
    return [`target ${view.id}: ${before === undefined ? '' : `${before} → `}${sayTarget(view)}`];
  }

  #newCall(judging: Judging, { id }: TargetView): readonly string[] {
    const alerts = judging.verdict(id)?.alerts ?? [];
    const called = alerts.map(({ severity }) => severity).join(', ');
    if (called === (this.#calls.get(id) ?? '')) return [];
    this.#calls.set(id, called);
    return [`target ${id} ${called === '' ? 'calls nobody any more' : `calls people: ${called}`}`];
  }
}
