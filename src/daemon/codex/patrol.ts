// The patrol: what should lie in which place, by the log of the codex, told to the watch over deployed copies whenever it
// changes; and the hands and eyes of that watch.
//
// What was read of the log is asked every few seconds. Of an item of which nothing new stands there the signatures are judged
// again every ten minutes, because keys expire; a few items each time, so that nobody waits for it. While the log cannot be
// read, the copies are watched by what was known of it.

import { dirname, join } from 'node:path';
import { lookAtCopy, namesIn, placeCopy, sha256Of } from '#adapters/codex/copies.ts';
import { sayFailure } from '#adapters/codex/fileSystem.ts';
import { foundOf } from '#duties/codex/copy.ts';
import type { Drift } from '#duties/codex/drift.ts';
import type { Item } from '#duties/codex/revision.ts';
import type { ConfigOrder, ConfigOutcome, CopyId } from '#kernel/drift.ts';
import type { Message } from '#kernel/message.ts';
import { ProblemError, sayProblem, type Problem } from '#kernel/problem.ts';
import type { CodexSite } from '#kernel/site.ts';
import { later, minutes, seconds, type Instant } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import type { Copies } from '#ports/copies.ts';
import { inTurns } from '../inTurns.ts';
import { tasksOf, type CodexDesk } from './desk.ts';
import { verdictOn } from './deeds.ts';
import { blessedText, dueOf, placesOf, wantedIn, type Due, type Wanted } from './expected.ts';
import { FolderWatch } from './folderWatch.ts';
import { keepCodex } from './keepTasks.ts';
import type { CodexRoom } from './room.ts';

/** Who blesses something sees it watched before the next command is typed. */
const SURVEY_MS = seconds(5);
/** What cannot be read of an item is tried again. */
const TROUBLED_MS = minutes(1);
/** The file system tells of changes at once, where it does; a person who edits by hand has not left yet after a minute. */
const POLL_MS = seconds(60);
/** Of an item of which nothing new stands in the log. */
const JUDGE_AGAIN_MS = minutes(10);
/** An editor writes in several steps: they are one look. */
const TOGETHER_MS = 100;

export type PatrolParts = {
  readonly clock: Clock;
  readonly stateDirectory: string;
  readonly room: Pick<CodexRoom, 'desk'>;
  /** To the watch over the copies. */
  readonly tell: (message: Message) => void;
  /** To the alert desk. */
  readonly report: (message: Message) => void;
  /** What the watch over the copies knows. */
  readonly drift: () => Drift | null;
  readonly shout: (line: string) => void;
};

const TROUBLE_KEY = 'drift:codex';

type Known = { readonly key: string; readonly due: Due };

/** `trouble`: what could not be judged of single items; null: all of it was. */
type Surveyed = { readonly isRead: false } | { readonly isRead: true; readonly trouble: string | null };

/** Where in the ten minutes an item has its turn. */
const offsetOf = (name: string): number => {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % JUDGE_AGAIN_MS;
  return sum;
};

export class CodexPatrol {
  readonly #parts: PatrolParts;
  readonly #folders = new FolderWatch((path) => this.#touched(path));
  readonly #dues = new Map<string, Known>();
  /** Items of which nothing could be read in this run: what the watch knows of them stays. */
  readonly #unknown = new Set<string>();
  /** What was told last, by copy; empty text: it is known to the watch, and was not told by this run. */
  #told = new Map<CopyId, string>();
  #wanted: readonly Wanted[] = [];
  #site: CodexSite | null = null;
  #trouble: string | null | undefined = undefined;
  #isSurveying = false;
  #isStarted = false;
  #next: Cancel | null = null;
  #nextPoll: Cancel | null = null;
  readonly #touches = new Set<string>();

  constructor(parts: PatrolParts) {
    this.#parts = parts;
  }

  /** The codex as it is declared now; null: none. What is not declared any more is let go at once. */
  setSite(site: CodexSite | null): void {
    this.#site = site;
    this.#dues.clear();
    if (site === null) this.#letGoAll();
    if (this.#isStarted) this.#arm(0);
  }

  /** Begins; what an earlier run told is told again. */
  start(): void {
    this.#isStarted = true;
    for (const { copy } of this.#parts.drift()?.copies ?? []) this.#told.set(copy, '');
    this.#arm(0);
    this.#armPoll();
  }

  stop(): void {
    this.#isStarted = false;
    this.#next?.();
    this.#nextPoll?.();
    this.#folders.stop();
  }

  /** Looks at every place; the watch hears only of what is not as it knows it, as a probe tells only of changes. */
  async #poll(): Promise<void> {
    for (const { place } of this.#wanted) {
      const found = foundOf(await lookAtCopy(place.path));
      const known = this.#parts.drift()?.copies.find(({ copy }) => copy === place.copy);
      if (!this.#isStarted) return;
      if (known !== undefined && known.found !== found) this.#parts.tell({ kind: 'copy-touched', copy: place.copy });
    }
    this.#armPoll();
  }

  #armPoll(): void {
    const { clock } = this.#parts;
    this.#nextPoll?.();
    this.#nextPoll = clock.at(later(clock.now(), POLL_MS), () => void this.#poll());
  }

  /** The eyes and hands of the watch over the copies. */
  readonly copies: Copies = {
    inspect: (path, report) => void lookAtCopy(path).then(report),
    apply: (order, report) => void this.#apply(order).then(report),
    keep: (task, before, report) => {
      const { stateDirectory, clock } = this.#parts;
      const open = (): CodexDesk => this.#parts.room.desk();
      void keepCodex({ site: this.#site, stateDirectory, now: clock.now(), open }, task, before).then(report);
    },
  };

  #arm(pauseMs: number): void {
    const { clock } = this.#parts;
    this.#next?.();
    this.#next = clock.at(later(clock.now(), pauseMs), () => {
      this.#next = null;
      this.#survey().catch((error: unknown) => {
        // A fault of ours: the watch goes on with what it knows, and the next survey tries again.
        this.#isSurveying = false;
        this.#parts.shout(
          `the survey of the codex met a fault: ${error instanceof Error ? error.message : String(error)}`,
        );
        this.#arm(TROUBLED_MS);
      });
    });
  }

  async #survey(): Promise<void> {
    if (this.#isSurveying || this.#site === null || !this.#isStarted) return;
    this.#isSurveying = true;
    const site = this.#site;
    const names = await namesIn(site.blessed);
    const read = await this.#readCodex();
    this.#isSurveying = false;
    if (!this.#isStarted) return;
    // A folder that cannot be listed hides its strays; its copies are looked at all the same.
    if (read.isRead && site === this.#site) this.#tellWanted(site, names ?? []);
    // Of a log that cannot be read people hear where everybody does: `CodexTrouble`.
    if (read.isRead) this.#tellTrouble(read.trouble);
    this.#arm(site === this.#site ? (read.isRead && read.trouble !== null ? TROUBLED_MS : SURVEY_MS) : 0);
  }

  async #readCodex(): Promise<Surveyed> {
    let desk: CodexDesk;
    try {
      desk = this.#parts.room.desk();
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      return { isRead: false };
    }
    const problems = await inTurns(this.#judging(desk));
    return { isRead: true, trouble: problems.length === 0 ? null : problems.slice(0, 10).map(sayProblem).join('; ') };
  }

  *#judging(desk: CodexDesk): Generator<undefined, readonly Problem[]> {
    const root = desk.chain.root()?.version ?? 0;
    const problems: Problem[] = [];
    this.#unknown.clear();
    for (const item of tasksOf(desk)) {
      const now = this.#parts.clock.now();
      const key = `${item.records.length}:${root}:${Math.floor((now + offsetOf(item.item)) / JUDGE_AGAIN_MS)}`;
      if (this.#dues.get(item.item)?.key === key) continue;
      yield;
      problems.push(...this.#judge(desk, item, key));
    }
    return problems;
  }

  /** What is damaged of one item is told, and the others go on; what was known of it before stays. */
  #judge(desk: CodexDesk, item: Item, key: string): readonly Problem[] {
    try {
      this.#dues.set(item.item, { key, due: dueOf(desk, item, this.#parts.clock.now()) });
      return [];
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      if (!this.#dues.has(item.item)) this.#unknown.add(item.item);
      return error.problems;
    }
  }

  #tellWanted(site: CodexSite, names: readonly string[]): void {
    const dues = new Map([...this.#dues].map(([item, { due }]) => [item, due]));
    const unknown = [...this.#unknown].flatMap((item) => placesOf(site, item));
    const judged = names.filter((name) => !unknown.some(({ path }) => path === join(site.blessed, name)));
    this.#wanted = wantedIn(site, dues, judged);
    const told = new Map<CopyId, string>();
    for (const { place, active, revoked } of this.#wanted) {
      const text = JSON.stringify([place, active, revoked]);
      told.set(place.copy, text);
      if (this.#told.get(place.copy) !== text) this.#parts.tell({ kind: 'should-be', place, active, revoked });
    }
    const isKept = (copy: CopyId): boolean => unknown.some((it) => it.copy === copy) || !this.#letGo(copy);
    for (const [copy, text] of this.#told) if (!told.has(copy) && isKept(copy)) told.set(copy, text);
    this.#told = told;
    this.#folders.setFolders(new Set(this.#wanted.map(({ place }) => dirname(place.path))));
  }

  /** A file that is gone is looked at once more first, so that its end is a measured one. */
  #letGo(id: CopyId): boolean {
    const known = this.#parts.drift()?.copies.find(({ copy }) => copy === id);
    const isOver = known === undefined || known.active !== null || known.state === 'in-sync';
    this.#parts.tell(isOver ? { kind: 'copy-gone', copy: id } : { kind: 'copy-touched', copy: id });
    return isOver;
  }

  #letGoAll(): void {
    for (const copy of this.#told.keys()) this.#parts.tell({ kind: 'copy-gone', copy });
    this.#told.clear();
    this.#wanted = [];
    this.#folders.setFolders(new Set());
  }

  #tellTrouble(trouble: string | null): void {
    if (trouble === this.#trouble) return;
    const { clock, report } = this.#parts;
    if (trouble === null)
      report({ kind: 'found-over', key: TROUBLE_KEY, how: 'all items of the codex can be read again' });
    else {
      const title = `items of the codex cannot be read; their copies are watched by what was known of them: ${trouble}`;
      const about = { service: null, target: null, severityHint: 'SEV2', since: clock.now(), reasons: [] } as const;
      report({ kind: 'found', finding: { key: TROUBLE_KEY, kind: 'drift', title, ...about } });
    }
    this.#trouble = trouble;
  }

  /** The file system told of something: at once when it is one of ours, and together with what else happens now. */
  #touched(path: string): void {
    const { clock } = this.#parts;
    if (this.#touches.size === 0)
      clock.at(later(clock.now(), TOGETHER_MS), () => {
        const touched = new Set(this.#touches);
        this.#touches.clear();
        if (this.#isStarted) this.#lookAt(touched);
      });
    this.#touches.add(path);
  }

  #lookAt(touched: ReadonlySet<string>): void {
    for (const { place } of this.#wanted)
      if (touched.has(place.path) || touched.has(dirname(place.path)))
        this.#parts.tell({ kind: 'copy-touched', copy: place.copy });
    const { blessed } = this.#site ?? { blessed: null };
    // It may be a file that nobody knows.
    const isOurs = [...touched].some((path) => path === blessed || dirname(path) === blessed);
    if (isOurs && !this.#isSurveying) this.#arm(0);
  }

  async #apply(order: ConfigOrder): Promise<ConfigOutcome> {
    const refused = (detail: string): ConfigOutcome => ({ kind: 'refused', detail });
    try {
      const site = this.#site;
      if (site === null) return refused('no codex is declared any more');
      const places = placesOf(site, order.item);
      if (!places.some(({ copy, path }) => copy === order.copy && path === order.path))
        return refused(`${order.path} is not declared any more`);
      const text = blessedNow(this.#parts.room.desk(), order, this.#parts.clock.now());
      if (text.kind === 'refused') {
        // Who asked was told something that is not so any more.
        this.#dues.delete(order.item);
        return text;
      }
      return await write(order, text.text);
    } catch (error) {
      const detail = error instanceof ProblemError ? error.problems.map(sayProblem).join('; ') : sayFailure(error);
      return { kind: 'failed', detail };
    }
  }
}

type Blessed = { readonly kind: 'blessed'; readonly text: string } | (ConfigOutcome & { readonly kind: 'refused' });

/** The bytes that were asked for, when they are still those of the active revision, and it is blessed by the signatures. */
const blessedNow = (desk: CodexDesk, { item: name, version, digest }: ConfigOrder, now: Instant): Blessed => {
  const refused = (detail: string): Blessed => ({ kind: 'refused', detail });
  const item = desk.ledger.item(name);
  if (item === null || item.active !== version) return refused(`version ${version} is not the active one any more`);
  const revision = item.revisions[version - 1];
  if (revision === undefined || verdictOn(desk, revision.ref, now).kind !== 'blessed')
    return refused(`the signatures do not prove ${name}@${version} blessed`);
  const text = blessedText(desk, item, now);
  if (text === null || sha256Of(text) !== digest) return refused(`the blessed file of ${name} has other bytes by now`);
  return { kind: 'blessed', text };
};

/** Written and read back: what another program put there meanwhile is seen. */
const write = async ({ path, digest }: ConfigOrder, text: string): Promise<ConfigOutcome> => {
  try {
    await placeCopy(path, text);
  } catch (error) {
    return { kind: 'failed', detail: `${path} cannot be written: ${sayFailure(error)}` };
  }
  const seen = await lookAtCopy(path);
  if (seen.kind !== 'read' || seen.digest !== digest)
    return { kind: 'failed', detail: `what was read back from ${path} is not what was written` };
  return { kind: 'written', detail: `${seen.bytes} bytes, sha256 ${digest}, read back` };
};
