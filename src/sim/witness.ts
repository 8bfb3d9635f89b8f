// Witness: sees everything that happens in a simulation and asks every invariant, after every step.
//
// An invariant is one named claim with a watcher of its own. Watchers are incremental: each is told only of what it
// asked for, keeps its own small memory, and answers null or what is wrong. They judge the world, the disk and the
// evidence, never the machines' own opinion of themselves; where they must look into a stored state, they say so.

import type { EvidenceRecord } from '#kernel/evidence.ts';
import type { Notification } from '#kernel/notification.ts';
import type { Site } from '#kernel/site.ts';
import type { TargetView } from '#kernel/targetView.ts';
import type { Batch } from '#ports/store.ts';
import type { ConfigOrder } from '#kernel/drift.ts';
import type { CopyWorld } from './copies.ts';
import type { Deed } from './hands.ts';
import type { Gap } from './keeper.ts';
import type { Disk } from './store.ts';
import type { Weather } from './weather.ts';
import type { Unit, World } from './world.ts';

/** What invariants may look at. */
export type Scene = {
  /** The site as it was declared; the watchman may have been told another one. */
  readonly site: Site;
  readonly world: World;
  readonly disk: Disk;
  readonly weather: Weather;
  /** The places in which blessed configurations are read. */
  readonly copies: CopyWorld;
  readonly nowMs: () => number;
  /** World time since when one watchman has been alive, alone, with a good disk; now, while that is not so. */
  readonly calmSinceMs: () => number;
  /** World time since when the path of the probes is as it is now. */
  readonly pathSinceMs: () => number;
  /** When the run that lives did not run for the last time. */
  readonly gap: () => Gap | null;
  /** How the targets stand, as the run that lives judges them. */
  readonly targets: () => { readonly run: number; readonly views: readonly TargetView[] };
  /** Sereno's time in the run that lives now; world time when none lives. */
  readonly serenoNowMs: () => number;
};

export type Commit = { readonly batch: Batch; readonly records: readonly EvidenceRecord[]; readonly run: number };

/** Null: all is well. Otherwise what is wrong, in one sentence. */
export type Finding = string | null;

export type Watcher = {
  readonly committed?: (commit: Commit) => Finding;
  readonly recorded?: (record: EvidenceRecord) => Finding;
  readonly began?: (deed: Deed, rival: Deed | null) => Finding;
  readonly ended?: (deed: Deed) => Finding;
  /** A blessed configuration is about to be written. */
  readonly ordered?: (order: ConfigOrder) => Finding;
  readonly spawned?: (unit: Unit) => Finding;
  /** A unit began to work, or stopped working. */
  readonly turned?: (unit: Unit) => Finding;
  readonly delivered?: (notification: Notification, earlier: Notification | null) => Finding;
  /** Once a minute of the world. */
  readonly minute?: () => Finding;
  /** Once, when everything is over. */
  readonly over?: () => Finding;
};

export type Invariant = {
  readonly name: string;
  readonly kind: 'safety' | 'liveness';
  readonly claim: string;
  readonly watch: (scene: Scene) => Watcher;
};

export type Violation = {
  readonly invariant: string;
  readonly atMs: number;
  readonly detail: string;
};

type Named<Part extends keyof Watcher> = {
  readonly name: string;
  readonly ask: NonNullable<Watcher[Part]>;
};

/** Asks all invariants; keeps the first violation. */
export class Witness {
  readonly #scene: Scene;
  readonly #committed: readonly Named<'committed'>[];
  readonly #recorded: readonly Named<'recorded'>[];
  readonly #began: readonly Named<'began'>[];
  readonly #ended: readonly Named<'ended'>[];
  readonly #ordered: readonly Named<'ordered'>[];
  readonly #spawned: readonly Named<'spawned'>[];
  readonly #turned: readonly Named<'turned'>[];
  readonly #delivered: readonly Named<'delivered'>[];
  readonly #minute: readonly Named<'minute'>[];
  readonly #over: readonly Named<'over'>[];
  #violation: Violation | null = null;

  constructor(scene: Scene, invariants: readonly Invariant[]) {
    this.#scene = scene;
    const watchers = invariants.map(({ name, watch }) => ({ name, watcher: watch(scene) }));
    const those = <Part extends keyof Watcher>(part: Part): readonly Named<Part>[] =>
      watchers.flatMap(({ name, watcher }) => {
        const ask = watcher[part];
        return ask === undefined ? [] : [{ name, ask }];
      });
    this.#committed = those('committed');
    this.#recorded = those('recorded');
    this.#began = those('began');
    this.#ended = those('ended');
    this.#ordered = those('ordered');
    this.#spawned = those('spawned');
    this.#turned = those('turned');
    this.#delivered = those('delivered');
    this.#minute = those('minute');
    this.#over = those('over');
  }

  violation(): Violation | null {
    return this.#violation;
  }

  committed(commit: Commit): void {
    for (const record of commit.records) {
      for (const { name, ask } of this.#recorded) this.#note(name, ask(record));
    }
    for (const { name, ask } of this.#committed) this.#note(name, ask(commit));
  }

  began(deed: Deed, rival: Deed | null): void {
    for (const { name, ask } of this.#began) this.#note(name, ask(deed, rival));
  }

  ended(deed: Deed): void {
    for (const { name, ask } of this.#ended) this.#note(name, ask(deed));
  }

  ordered(order: ConfigOrder): void {
    for (const { name, ask } of this.#ordered) this.#note(name, ask(order));
  }

  spawned(unit: Unit): void {
    for (const { name, ask } of this.#spawned) this.#note(name, ask(unit));
  }

  turned(unit: Unit): void {
    for (const { name, ask } of this.#turned) this.#note(name, ask(unit));
  }

  delivered(notification: Notification, earlier: Notification | null): void {
    for (const { name, ask } of this.#delivered) this.#note(name, ask(notification, earlier));
  }

  minute(): void {
    for (const { name, ask } of this.#minute) this.#note(name, ask());
  }

  over(): void {
    for (const { name, ask } of this.#over) this.#note(name, ask());
  }

  #note(name: string, finding: Finding): void {
    if (finding === null || this.#violation !== null) return;
    this.#violation = { invariant: name, atMs: this.#scene.nowMs(), detail: finding };
  }
}
