// The tasks of the maintenance, done for real: each looks, measures, and says in one sentence what it found.

import { existsSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { placeCopy } from '#adapters/codex/copies.ts';
import { readBounded } from '#adapters/codex/disk.ts';
import { writeYaml } from '#adapters/codex/yaml.ts';
import { codexSize } from '#adapters/codex/size.ts';
import { PROMPT_MAPPING } from '#duties/codex/closure.ts';
import { incompatibilities } from '#duties/codex/compat.ts';
import type { Item } from '#duties/codex/revision.ts';
import type { Kept, KeptReport, MaintenanceTask } from '#kernel/keeping.ts';
import { ProblemError, sayProblem } from '#kernel/problem.ts';
import type { CodexSite } from '#kernel/site.ts';
import { elapsedMs, hours, type Instant } from '#kernel/time.ts';
import { collectIn } from './keep.ts';
import { contentWith, openCodexDesk, tasksOf, type CodexDesk } from './desk.ts';
import { projectionOf } from './deeds.ts';
import { failedExports } from './failedExports.ts';

export type KeepGround = {
  readonly site: CodexSite | null;
  readonly stateDirectory: string;
  readonly now: Instant;
  /** The codex, with its log read to the end. Throws ProblemError. */
  readonly open: () => CodexDesk;
};

type Ground = {
  readonly site: CodexSite;
  readonly stateDirectory: string;
  readonly now: Instant;
  readonly desk: CodexDesk;
};

type Task = (ground: Ground, before: Kept | null) => KeptReport | Promise<KeptReport>;

/** Does one task. What cannot be done is said, and never thrown. */
export const keepCodex = async (
  { site, stateDirectory, now, open }: KeepGround,
  task: MaintenanceTask,
  before: Kept | null,
): Promise<KeptReport> => {
  if (site === null) return bad('no codex is declared any more');
  // In a turn of its own: whatever waits for the event loop comes first.
  await new Promise((resolve) => setImmediate(resolve));
  try {
    return await TASKS[task]({ site, stateDirectory, now, desk: open() }, before);
  } catch (error) {
    if (error instanceof ProblemError) return bad(error.problems.slice(0, 5).map(sayProblem).join('; '));
    return bad(error instanceof Error ? error.message : String(error));
  }
};

const good = (says: string, figures: KeptReport['figures'] = {}): KeptReport => ({ isGood: true, says, figures });
const bad = (says: string, figures: KeptReport['figures'] = {}): KeptReport => ({ isGood: false, says, figures });

const names = (all: readonly string[]): string =>
  all.length <= 5 ? all.join(', ') : `${all.slice(0, 5).join(', ')} and ${all.length - 5} more`;

const DAY_MS = hours(24);

/** Exports of the last day. Those that failed wrote nothing into the log, so they are counted where they were told. */
const exportSuccess: Task = ({ desk, stateDirectory, now }) => {
  const isRecent = (at: Instant): boolean => elapsedMs(at, now) < DAY_MS;
  const records = desk.ledger.items().flatMap((item) => item.records);
  const succeeded = records.filter(({ at, deed }) => deed.kind === 'exported' && isRecent(at)).length;
  const failed = failedExports(stateDirectory).filter(({ at }) => isRecent(at)).length;
  const says = `${succeeded} exports succeeded in the last day, ${failed} failed`;
  return good(says, { succeeded, failed });
};

const MB = 1_048_576;
/** With less room than this the next exports and the evidence of them are in danger. */
const ROOM_LEAST_BYTES = 100 * MB;

const diskRoom: Task = ({ desk, site }) => {
  const { files, bytes } = codexSize(desk.directory);
  const place = existsSync(desk.directory) ? desk.directory : site.sources;
  const { bavail, bsize } = statfsSync(place);
  const freeBytes = bavail * bsize;
  const says = `the codex takes ${(bytes / MB).toFixed(1)} MB in ${files} files; ${(freeBytes / MB).toFixed(0)} MB are free`;
  return (freeBytes < ROOM_LEAST_BYTES ? bad : good)(says, { files, bytes, freeBytes });
};

const activeItems = (desk: CodexDesk): readonly Item[] => tasksOf(desk).filter(({ active }) => active !== null);

const activeContent = (desk: CodexDesk, item: Item) => {
  const revision = item.active === null ? undefined : item.revisions[item.active - 1];
  return revision === undefined ? null : contentWith(desk, revision.ref.digest).content;
};

const qaCompatibility: Task = ({ desk }) => {
  const items = activeItems(desk);
  const broken = items.filter((item) => {
    const content = activeContent(desk, item);
    return content !== null && incompatibilities(content).length > 0;
  });
  const figures = { active: items.length, incompatible: broken.length };
  if (items.length === 0) return good('no revision is active yet', figures);
  if (broken.length === 0) return good(`all ${items.length} active revisions are compatible`, figures);
  return bad(`not compatible: ${names(broken.map(({ item }) => item))}`, figures);
};

/** Versions follow each other without a gap, what is active only rose, and nothing went backwards since the last time. */
const versionProgression: Task = ({ desk }, before) => {
  const items = desk.ledger.items();
  const gaps = items.filter(({ revisions }) => revisions.some(({ ref }, index) => ref.version !== index + 1));
  const versions = items.reduce((sum, { revisions }) => sum + revisions.length, 0);
  const { seq } = desk.store.head();
  const figures = { items: items.length, versions, entries: seq };
  const entriesBefore = before?.figures['entries'] ?? 0;
  if (gaps.length > 0) return bad(`versions with gaps: ${names(gaps.map(({ item }) => item))}`, figures);
  if (seq < entriesBefore)
    return bad(`the log has ${seq} entries, and had ${entriesBefore}: its end was cut off`, figures);
  return good(`${versions} versions of ${items.length} items follow each other; ${seq} entries in the log`, figures);
};

/** Where old versions can be read as files: one folder an item, one file a version, never written twice. */
export const archiveDirectory = (stateDirectory: string): string => join(stateDirectory, 'codex-archive');

/** Each version that was active once and is not any more, as the file that it was; and what nobody names is removed. */
const archiveVersions: Task = async ({ desk, stateDirectory, now }) => {
  const old = tasksOf(desk).flatMap((item) => item.revisions.filter(({ state }) => state === 'superseded'));
  const fresh = old
    .map(({ ref }) => ({ ref, path: join(archiveDirectory(stateDirectory), ref.item, `${ref.version}.yaml`) }))
    .filter(({ path }) => !existsSync(path));
  // One after the other: whatever else waits has its turn between two of them.
  for (const { ref, path } of fresh) await placeCopy(path, writeYaml(projectionOf(desk, ref, now)));
  const by = { name: 'sereno', kind: 'system' } as const;
  const removed = collectIn(desk, { by, now }).objects.length;
  const says = `${fresh.length} old versions archived (${old.length} in all), ${removed} objects that nobody names removed`;
  return good(says, { archived: fresh.length, old: old.length, removed });
};

const TEMPLATE_BYTES_MAX = MB;

const templateMapping: Task = ({ site, desk }) => {
  // Only items that are kept here need their template.
  const mapped = Object.entries(PROMPT_MAPPING).filter(([item]) => desk.ledger.item(item) !== null);
  const broken = mapped.filter(
    ([, path]) => readBounded(join(site.templates, path), TEMPLATE_BYTES_MAX).kind !== 'read',
  );
  const figures = { mapped: mapped.length, missing: broken.length };
  if (mapped.length === 0) return good('no item here has a template that is mapped', figures);
  if (broken.length === 0) return good(`all ${mapped.length} templates that are mapped are there`, figures);
  return bad(`templates that are not there or cannot be read: ${names(broken.map(([, path]) => path))}`, figures);
};

/** Twice as slow as a month before, and slow enough to be felt. */
const SLOWER_BY = 2;
const FELT_MS = 10;

const percentile = (sorted: readonly number[], share: number): number | null =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? null;

/** How long it takes now to open the codex and to make each active revision from its closure, beside the month before. */
const performanceReview: Task = ({ site, stateDirectory }, before) => {
  const began = performance.now();
  const desk = openCodexDesk(site, stateDirectory);
  const openMs = performance.now() - began;
  const times = activeItems(desk)
    .map((item) => {
      const at = performance.now();
      activeContent(desk, item);
      return performance.now() - at;
    })
    .toSorted((a, b) => a - b);
  const [readP50Ms, readP99Ms] = [percentile(times, 0.5), percentile(times, 0.99)];
  // What was not read took no time that could be compared with, a month later.
  const hasRead = readP50Ms !== null && readP99Ms !== null;
  const figures: KeptReport['figures'] = hasRead
    ? { openMs, readP50Ms, readP99Ms, reads: times.length }
    : { openMs, reads: 0 };
  const slower = (['openMs', 'readP99Ms'] as const).filter((name) => {
    const past = before?.figures[name] ?? Number.POSITIVE_INFINITY;
    const took = figures[name] ?? 0;
    return took > FELT_MS && took > past * SLOWER_BY;
  });
  const read = hasRead
    ? `a revision read in ${readP50Ms.toFixed(2)} ms (99 %: ${readP99Ms.toFixed(2)} ms)`
    : 'no revision is active that could be read';
  const now = `opened in ${openMs.toFixed(1)} ms, ${read}`;
  if (before === null) return good(`${now}; there is no month before to compare with`, figures);
  if (slower.length === 0) return good(`${now}; not slower than the month before`, figures);
  return bad(`${now}; more than ${SLOWER_BY} times as slow as the month before: ${slower.join(', ')}`, figures);
};

const TASKS: Readonly<Record<MaintenanceTask, Task>> = {
  'export-success': exportSuccess,
  'disk-room': diskRoom,
  'qa-compatibility': qaCompatibility,
  'version-progression': versionProgression,
  'archive-versions': archiveVersions,
  'template-mapping': templateMapping,
  'performance-review': performanceReview,
};
