// Copies: the places of a simulated disk in which programs read blessed configurations, and everybody who meddles with them.
//
// What should lie where follows from a log that people write; what does lie there is what the world has made of it. The
// watchman knows the one only by being told and the other only by looking.

import { digest, itemId, type Digest } from '#kernel/codex.ts';
import {
  copyId,
  type ActiveRevision,
  type ConfigOrder,
  type ConfigOutcome,
  type CopyId,
  type CopyPlace,
  type CopySeen,
} from '#kernel/drift.ts';
import type { Message } from '#kernel/message.ts';
import { DRIFT, type Site } from '#kernel/site.ts';
import { foundOf } from '#duties/codex/copy.ts';
import type { Drift } from '#duties/codex/drift.ts';
import type { Copies } from '#ports/copies.ts';
import type { Crank } from '#loop/crank.ts';
import type { Chance } from './chance.ts';
import type { Timeline } from './timeline.ts';
import type { Weather } from './weather.ts';

const MINUTE_MS = 60_000;
/** Mean time between two things that happen to one place. */
const MEDDLED_EVERY_MS = 90 * MINUTE_MS;
/** Another program that writes there again and again stops after this long, and what cannot be read can be read again. */
const STUBBORN_MOST_MS = 30 * MINUTE_MS;
/** So soon after Sereno such a program writes again. */
const REWRITES_AFTER_MS = 2_000;
/** A look, and a write, take this long at most. */
const LOOK_MOST_MS = 20;
/** How much of what happens the file system tells. */
const TOLD_RATE = 0.7;
const ITEMS = ['describe', 'extract', 'judge'];

/** What lies in a place. */
export type Lying =
  | { readonly kind: 'file'; readonly digest: Digest; readonly mode: number }
  | { readonly kind: 'missing' | 'foreign' | 'unreadable' };

export type Spot = {
  readonly place: CopyPlace;
  active: ActiveRevision | null;
  lies: Lying;
  /** World time since when it is not as it should be; null: it is. */
  wrongSinceMs: number | null;
  /** Another program writes its own version here until then. */
  stubbornUntilMs: number;
};

export type CopyListener = {
  /** Sereno is about to write: before anybody looks whether it may. */
  readonly ordered: (order: ConfigOrder) => void;
};

const bytesOf = (item: string, version: number): Digest =>
  digest(
    `${[...`${item}${version}`].map((letter) => (letter.codePointAt(0) ?? 0).toString(16)).join('')}`.padEnd(64, '0'),
  );

/** A site with a codex: the folders are those of a simulated disk. */
export const withCodex = (site: Site): Site => ({
  ...site,
  codex: {
    sources: '/notes',
    templates: '/templates',
    blessed: '/out',
    suites: '/suites',
    schemas: '/schemas',
    blessers: [],
    threshold: 1,
    copies: [],
    own: [],
  },
  policy: { ...site.policy, allow: [...site.policy.allow, 'apply-config'] },
});

/** The places of a world, and what happens to them. */
export class CopyWorld {
  readonly spots: readonly Spot[];
  /** Every revision that was ever blessed: `item@version digest`. */
  readonly #blessed = new Set<string>();
  readonly #timeline: Timeline;
  readonly #weather: Weather;
  readonly #chance: Chance;
  /** The run that lives, as far as the file system tells it anything. */
  #ears: ((message: Message) => void) | null = null;
  #listener: CopyListener = { ordered: () => undefined };
  #isCalm = false;

  constructor(site: Site, parts: { timeline: Timeline; weather: Weather; chance: Chance }) {
    this.#timeline = parts.timeline;
    this.#weather = parts.weather;
    this.#chance = parts.chance;
    this.spots = site.codex === null ? [] : this.#drawSpots();
    for (const spot of this.spots) this.#planMeddling(spot);
    if (this.spots.length > 0) this.#planBlessing();
  }

  listen(listener: CopyListener): void {
    this.#listener = listener;
  }

  /** A run begins: it is told what should lie where, and hears of what happens from now on. */
  attend(crank: Crank, isAlive: () => boolean): void {
    const tell = (message: Message): void => {
      if (isAlive()) crank.put(DRIFT, { kind: 'told', from: DRIFT, message });
    };
    this.#ears = tell;
    this.#poll(crank, isAlive);
    for (const spot of this.spots) tell(shouldBe(spot));
  }

  /** Once a minute everything is looked at, and told where it is not as the watch knows it. */
  #poll(crank: Crank, isAlive: () => boolean): void {
    if (!isAlive() || this.spots.length === 0) return;
    const drift = crank.stateOf(DRIFT) as Drift | null; // decoder: what the crank holds is its step's own state
    for (const { place } of this.spots) {
      const known = drift?.copies.find(({ copy }) => copy === place.copy);
      if (known !== undefined && known.found !== foundOf(this.seen(place.copy)))
        crank.put(DRIFT, { kind: 'told', from: DRIFT, message: { kind: 'copy-touched', copy: place.copy } });
    }
    this.#timeline.post(this.#timeline.nowMs() + MINUTE_MS, () => this.#poll(crank, isAlive));
  }

  spot(id: string): Spot | null {
    return this.spots.find(({ place }) => place.copy === id) ?? null;
  }

  /** True for a revision that the signatures once proved blessed. */
  wasBlessed({ item, version, digest: bytes }: Pick<ConfigOrder, 'item' | 'version' | 'digest'>): boolean {
    return this.#blessed.has(`${item}@${version} ${bytes}`);
  }

  /** Nobody meddles any more; what is active is blessed. */
  calmDown(): void {
    this.#isCalm = true;
    for (const spot of this.spots) {
      spot.stubbornUntilMs = 0;
      if (spot.lies.kind === 'unreadable') this.put(spot, { kind: 'missing' });
      if (spot.active?.isBlessed === false) this.activate(spot.place.item ?? '', spot.active.version + 1, true);
    }
  }

  /** Another revision of an item becomes active; null: none is any more. */
  activate(item: string, version: number | null, isBlessed: boolean): void {
    const bytes = bytesOf(item, version ?? 0);
    if (version !== null && isBlessed) this.#blessed.add(`${item}@${version} ${bytes}`);
    for (const spot of this.spots.filter(({ place }) => place.item === item)) {
      spot.active = version === null ? null : { version, digest: bytes, isBlessed };
      this.#weigh(spot);
      this.#ears?.(shouldBe(spot));
    }
  }

  /** Something else lies in a place from now on. */
  put(spot: Spot, lies: Lying): void {
    spot.lies = lies;
    this.#weigh(spot);
    const isTold = this.#chance.hits(TOLD_RATE);
    if (isTold) this.#ears?.({ kind: 'copy-touched', copy: spot.place.copy });
  }

  seen(id: CopyId): CopySeen {
    const lies = this.spot(id)?.lies ?? { kind: 'missing' };
    if (lies.kind === 'file') return { kind: 'read', digest: lies.digest, mode: lies.mode, bytes: 2_000 };
    if (lies.kind === 'missing') return { kind: 'missing' };
    return { kind: lies.kind, why: lies.kind === 'foreign' ? 'a folder is in its place' : 'permission was denied' };
  }

  /** As the real one: it looks into the log once more before it writes. */
  write(order: ConfigOrder): ConfigOutcome {
    this.#listener.ordered(order);
    const spot = this.spot(order.copy);
    const { active = null } = spot ?? {};
    if (spot === null || active === null || active.version !== order.version || !active.isBlessed)
      return { kind: 'refused', detail: `version ${order.version} is not the active one any more` };
    const isFailing = this.#chance.hits(this.#weather.faults().actuator.failRate) || spot.lies.kind === 'foreign';
    if (isFailing && !this.#isCalm) return { kind: 'failed', detail: 'the disk is full' };
    this.put(spot, { kind: 'file', digest: order.digest, mode: 0o444 });
    if (this.#timeline.nowMs() < spot.stubbornUntilMs)
      this.#timeline.post(this.#timeline.nowMs() + REWRITES_AFTER_MS, () => this.#edit(spot));
    return { kind: 'written', detail: `sha256 ${order.digest}` };
  }

  #weigh(spot: Spot): void {
    const { lies, active } = spot;
    const isRight =
      active === null
        ? lies.kind === 'missing'
        : active.isBlessed && lies.kind === 'file' && lies.digest === active.digest && lies.mode === 0o444;
    spot.wrongSinceMs = isRight ? null : (spot.wrongSinceMs ?? this.#timeline.nowMs());
  }

  #drawSpots(): readonly Spot[] {
    return ITEMS.flatMap((name) => {
      const item = itemId(name);
      const active: ActiveRevision = { version: 1, digest: bytesOf(name, 1), isBlessed: true };
      this.#blessed.add(`${name}@1 ${active.digest}`);
      const paths = this.#chance.hits(0.5) ? [null, `/srv/${name}.yaml`] : [null];
      return paths.map((path): Spot => {
        const trafficPercent = this.#chance.hits(0.15) ? this.#chance.between(26, 60) : this.#chance.between(0, 5);
        const place = { copy: copyId(item, path), item, path: path ?? `/out/${name}.yaml`, trafficPercent };
        const lies = { kind: 'file', digest: active.digest, mode: 0o444 } as const;
        return { place, active, lies, wrongSinceMs: null, stubbornUntilMs: 0 };
      });
    });
  }

  #edit(spot: Spot): void {
    if (this.#isCalm) return;
    this.put(spot, { kind: 'file', digest: digest(`e${this.#chance.below(1_000)}`.padEnd(64, '0')), mode: 0o644 });
  }

  #meddle(spot: Spot): void {
    const lasts = this.#chance.between(1, STUBBORN_MOST_MS);
    const how = this.#chance.below(7);
    if (how === 0) return this.put(spot, { kind: 'missing' });
    if (how === 1) return this.put(spot, { kind: 'foreign' });
    if (how === 2 && spot.lies.kind === 'file') return this.put(spot, { ...spot.lies, mode: 0o644 });
    if (how === 3) {
      this.put(spot, { kind: 'unreadable' });
      this.#timeline.post(this.#timeline.nowMs() + lasts, () => {
        if (spot.lies.kind === 'unreadable') this.#edit(spot);
      });
      return undefined;
    }
    if (how === 4) spot.stubbornUntilMs = this.#timeline.nowMs() + lasts;
    return this.#edit(spot);
  }

  #planMeddling(spot: Spot): void {
    this.#timeline.post(this.#timeline.nowMs() + this.#chance.untilNextMs(MEDDLED_EVERY_MS), () => {
      if (this.#isCalm || this.#weather.faults().services.ailEveryMs <= 0) return;
      this.#meddle(spot);
      this.#planMeddling(spot);
    });
  }

  /** People bless a next version now and then; sometimes one whose signatures prove nothing, and sometimes one is revoked. */
  #planBlessing(): void {
    this.#timeline.post(this.#timeline.nowMs() + this.#chance.untilNextMs(2 * MEDDLED_EVERY_MS), () => {
      if (this.#isCalm || this.#weather.faults().services.ailEveryMs <= 0) return;
      const item = this.#chance.pick(ITEMS) ?? 'describe';
      const newest = Math.max(
        ...this.spots.map(({ place, active }) => (place.item === item ? (active?.version ?? 0) : 0)),
      );
      this.activate(item, newest + 1, this.#chance.hits(0.8));
      this.#planBlessing();
    });
  }
}

const shouldBe = ({ place, active }: Spot): Message => ({ kind: 'should-be', place, active, revoked: null });

export type FakeCopiesParts = {
  readonly copies: CopyWorld;
  readonly weather: Weather;
  readonly chance: Chance;
  readonly after: (delayMs: number, task: () => void) => void;
};

/** One run's eyes and hands on those places; the line to them loses reports. */
export const makeFakeCopies = ({ copies, weather, chance, after }: FakeCopiesParts): Copies => {
  const send = (report: () => void): void => {
    if (chance.hits(weather.faults().actuator.loseReportRate)) return;
    after(chance.below(LOOK_MOST_MS), report);
  };
  return {
    inspect: (path, report) =>
      after(chance.below(LOOK_MOST_MS), () => {
        const spot = copies.spots.find(({ place }) => place.path === path);
        const seen: CopySeen = spot === undefined ? { kind: 'missing' } : copies.seen(spot.place.copy);
        send(() => report(seen));
      }),
    apply: (order, report) =>
      after(chance.below(LOOK_MOST_MS), () => {
        const outcome = copies.write(order);
        send(() => report(outcome));
      }),
    keep: (task, _before, report) => send(() => report({ isGood: true, says: `${task} is well`, figures: {} })),
  };
};
