// Host: the surveys of a machine that is sound; leftovers of an unclean stop are named.

import type { SurveyPhase } from '#kernel/effect.ts';
import type { SurveyReport } from '#kernel/event.ts';
import type { Host } from '#ports/host.ts';
import type { World } from './world.ts';

/** A survey reads files; on a slow disk that takes this long. */
const SURVEY_MS = 50;

export class FakeHost implements Host {
  readonly #world: World;
  readonly #after: (delayMs: number, task: () => void) => void;

  constructor(world: World, after: (delayMs: number, task: () => void) => void) {
    this.#world = world;
    this.#after = after;
  }

  survey(phase: SurveyPhase, report: (report: SurveyReport) => void): void {
    const running = this.#world.units.filter((unit) => unit.pid !== null).length;
    const findings: Record<SurveyPhase, readonly string[]> = {
      repair: ['the store opens', 'the evidence chain is whole'],
      guard: ['room on the disk'],
      adopt: [`${running} of ${this.#world.units.length} services run already`],
    };
    this.#after(SURVEY_MS, () => report({ phase, isGood: true, findings: findings[phase] }));
  }
}
