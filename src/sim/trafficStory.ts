// Traffic story: what a source of figures brings, and how a target stands by it. One line is one thing that happens:
//
//   target 99.9% over 30d                    of the requests that the source counts with two counters
//   each 1min 600 requests 0 bad for 2h      the source is asked this often, and has counted so much more each time
//   silent 10min                             the source does not answer
//   restart                                  the program that counts begins anew, from 0
//   late                                     the answer before the last one comes once more, overtaken
//   clock 1h | clock back 1h                 the clock of the source is wrong from now on
//   show                                     how the target stands
//
// The tally, the judge and the desks that tell people are the real ones.

import { serviceId } from '#kernel/id.ts';
import { targetMetric } from '#kernel/source.ts';
import { targetId, type Target } from '#kernel/target.ts';
import { durationMs, hours, instant, later, minutes, sayDuration, type Instant } from '#kernel/time.ts';
import type { Site } from '#kernel/site.ts';
import { Judging } from '#loop/judging.ts';
import { Tally } from '#loop/tally.ts';
import type { TargetView } from '#kernel/targetView.ts';
import type { Reading } from '#ports/source.ts';
import { StoryDesk } from './storyDesk.ts';
import { sayTarget, TargetTeller } from './storyTargets.ts';
import { lengthOf, linesOf, sayElapsed, townOf, type Line } from './storyTown.ts';
import { NIGHTFALL } from './town.ts';

const API = serviceId('api');
const ID = targetId(API, 'requests');
const SOURCE = 'prometheus';
const EVERY_MS = minutes(1);

const targetOf = (lines: readonly Line[]): Target => {
  const [, objective = '99.9%', , over = '30d'] = lines.find(([verb]) => verb === 'target') ?? [];
  return {
    id: ID,
    service: API,
    name: 'requests',
    indicator: { kind: 'ratio', source: SOURCE, good: 'good', total: 'total', isCounter: true },
    objectivePercent: Number.parseFloat(objective),
    window: { kind: 'rolling', lengthMs: durationMs(lengthOf(over) ?? hours(30 * 24)) },
    budgeting: { method: 'occurrences' },
    burn: [],
    said: `${objective} over ${over}`,
  };
};

const siteOf = (lines: readonly Line[]): Site => {
  const town = townOf([['service', API]]);
  const services = town.services.map((service) => ({ ...service, targets: [targetOf(lines)] }));
  const origin = { kind: 'prometheus', url: 'http://prometheus', headers: {}, queries: [] } as const;
  const asked = { everyMs: EVERY_MS, timeoutMs: EVERY_MS, labels: {}, seriesMax: 10, cannotLook: null };
  return { ...town, services, sources: [{ name: SOURCE, origin, ...asked }] };
};

class Traffic {
  readonly transcript: string[] = [];
  readonly #judging: Judging;
  readonly #desk: StoryDesk;
  readonly #tally: Tally;
  readonly #teller = new TargetTeller();
  #now: Instant = NIGHTFALL;
  #good = 0;
  #total = 0;
  #clockMs = 0;
  #older: readonly Reading[] = [];
  #newest: readonly Reading[] = [];

  constructor(site: Site) {
    this.#desk = new StoryDesk(site, (line) => this.#write(line));
    this.#judging = new Judging(site, {
      now: () => this.#now,
      lastLook: () => null,
      canSee: () => true,
      tell: (service, message) => this.#desk.hear(service, message, this.#now),
      lookAgain: () => false,
    });
    this.#tally = new Tally(site, this.#judging);
  }

  /** One line; false when it cannot be understood. */
  act([verb, first, second, , third, , , length]: Line): boolean {
    switch (verb) {
      case 'target':
        return true;
      case 'each':
        this.#ask({
          everyMs: lengthOf(first) ?? EVERY_MS,
          requests: Number(second),
          bad: Number(third),
          overMs: lengthOf(length) ?? 0,
        });
        return true;
      case 'silent':
        for (let leftMs = lengthOf(first) ?? 0; leftMs > 0; leftMs -= EVERY_MS) this.#pass(EVERY_MS);
        return true;
      case 'restart':
        [this.#good, this.#total] = [0, 0];
        return true;
      case 'clock':
        this.#clockMs += first === 'back' ? -(lengthOf(second) ?? 0) : (lengthOf(first) ?? 0);
        return true;
      case 'late':
        this.#tally.feed(SOURCE, this.#older);
        return true;
      case 'show':
        this.#say(`is ${this.#view()}`);
        return true;
      default:
        return false;
    }
  }

  #ask(how: { everyMs: number; requests: number; bad: number; overMs: number }): void {
    for (let passedMs = 0; passedMs < how.overMs; passedMs += how.everyMs) {
      this.#total += how.requests;
      this.#good += how.requests - how.bad;
      this.#pass(how.everyMs);
      [this.#older, this.#newest] = [this.#newest, this.#readings()];
      this.#tally.feed(SOURCE, this.#newest);
      this.#tellNews();
    }
  }

  #readings(): readonly Reading[] {
    const one = (part: 'good' | 'total', value: number): Reading => ({
      kind: 'gauge',
      metric: targetMetric(ID, part),
      labels: {},
      unit: '',
      at: later(this.#now, this.#clockMs),
      value,
    });
    return [one('good', this.#good), one('total', this.#total)];
  }

  #pass(ms: number): void {
    this.#now = later(this.#now, ms);
    this.#desk.pass(this.#now);
    this.#tellNews();
  }

  #tellNews(): void {
    for (const line of this.#teller.news(this.#judging)) this.#write(line);
  }

  #view(): string {
    const view = this.#judging.view(ID);
    if (view === null) return '';
    return `${sayTarget(view)} (${view.events.good} good, ${view.events.bad} bad)${this.#foretold(view)}`;
  }

  /** When the budget will be gone at the pace of now, with the interval that holds 19 times in 20. */
  #foretold({ budget }: TargetView): string {
    if (budget === null || budget.exhaustedAt === null) return '';
    const from = (at: Instant | null): string => (at === null ? 'never' : sayDuration(at - this.#now));
    const { exhaustedEarliest, exhaustedLatest } = budget;
    return `; at this pace gone in ${from(budget.exhaustedAt)} (${from(exhaustedEarliest)} to ${from(exhaustedLatest)})`;
  }

  #say(text: string): void {
    this.#write(`target ${ID} ${text}`);
  }

  #write(line: string): void {
    this.transcript.push(`${this.#clock()}  ${line}`);
  }

  #clock(): string {
    return sayElapsed(instant(this.#now) - NIGHTFALL);
  }
}

/** Tells a story of traffic and returns its transcript. */
export const tellTraffic = (input: string): readonly string[] => {
  const lines = linesOf(input);
  const traffic = new Traffic(siteOf(lines));
  const problems = lines.filter((line) => !traffic.act(line)).map((line) => `not understood: ${line.join(' ')}`);
  return [...traffic.transcript, ...problems];
};
