// What the monitor judges, counted on the disk: the folder, the blessed files, the checks before blessing, the templates.

import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readBounded } from '#adapters/codex/disk.ts';
import { BLESSED_WORDING, readYaml, YAML_BYTES_MAX } from '#adapters/codex/yaml.ts';
import { PROMPT_MAPPING } from '#duties/codex/closure.ts';
import { incompatibilities } from '#duties/codex/compat.ts';
import { decodeBlessed, type Loaded } from '#duties/codex/content.ts';
import {
  judgeCodex,
  sayMonitor,
  type CodexFacts,
  type ConfigFacts,
  type MonitorReport,
} from '#duties/codex/monitor.ts';
import type { CopyState } from '#kernel/drift.ts';
import type { Problem } from '#kernel/problem.ts';
import type { CodexSite } from '#kernel/site.ts';
import type { Instant } from '#kernel/time.ts';
import { closureWith, tasksOf, type CodexDesk } from './desk.ts';
import { lookAtDrift, type CopyLook } from './driftLook.ts';

const WRITE_BITS = 0o222;
const OTHERS_WRITE = 0o002;
/** In a folder with this bit, a file is taken away by its owner only. */
const STICKY = 0o1000;

const mayAccess = (path: string, mode: number): boolean => {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
};

/** Null: the folder is there and could not be looked at. */
const folderFacts = (folder: string): CodexFacts['folder'] => {
  const status = statSync(folder, { throwIfNoEntry: false });
  const none = { files: 0, bytes: 0, unprotected: [] };
  if (status?.isDirectory() !== true)
    return { exists: false, isReadable: false, isWritable: false, isOpenToAll: false, ...none };
  const isOpenToAll = (status.mode & OTHERS_WRITE) !== 0 && (status.mode & STICKY) === 0;
  const isReadable = mayAccess(folder, constants.R_OK | constants.X_OK);
  const isWritable = mayAccess(folder, constants.W_OK);
  if (!isReadable) return { exists: true, isReadable, isWritable, isOpenToAll, ...none };
  const names = readdirSync(folder).filter((name) => name.endsWith('.yaml') && !name.startsWith('.'));
  const files = names.flatMap((name) => {
    const file = statSync(join(folder, name), { throwIfNoEntry: false });
    return file?.isFile() === true ? [{ name, mode: file.mode, bytes: file.size }] : [];
  });
  const unprotected = files.filter(({ mode }) => (mode & WRITE_BITS) !== 0).map(({ name }) => name);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { exists: true, isReadable, isWritable, isOpenToAll, files: files.length, bytes, unprotected };
};

/** A blessed file as every reader of production reads it; null: it cannot be read so. */
const load = (path: string): Loaded | null => {
  const read = readBounded(path, YAML_BYTES_MAX);
  if (read.kind !== 'read') return null;
  const decoded = readYaml(path, read.bytes, BLESSED_WORDING);
  if ('problems' in decoded) return null;
  const loading = decodeBlessed(decoded);
  return loading.kind === 'loaded' ? loading.loaded : null;
};

/** From well to worse. */
const WORSE: readonly CopyState[] = ['in-sync', 'unknown', 'missing', 'drifted'];

const worst = (copies: readonly CopyLook[]): CopyState =>
  copies.reduce<CopyState>(
    (sofar, { state }) => (WORSE.indexOf(state) > WORSE.indexOf(sofar) ? state : sofar),
    'in-sync',
  );

const configFacts = (name: string, copies: readonly CopyLook[]): ConfigFacts => {
  const loaded = copies[0] === undefined ? null : load(copies[0].file);
  const isCompatible = loaded !== null && incompatibilities(loaded).length === 0;
  return { item: name, isValid: loaded !== null, isCompatible, copy: worst(copies) };
};

const KNOWN = { task_id: 'known', qa_schema_id: 'qa_known_v1', prompt: 'Describe it in one sentence.' };

/** The rules before blessing, asked about one configuration that keeps all of them and one that breaks all. */
const isQaTested = (): boolean => {
  const kept = incompatibilities({ ...KNOWN, temperature: 0.1, max_tokens: 800 });
  const broken = incompatibilities({ ...KNOWN, qa_schema_id: 'other', prompt: 'x', temperature: 5, max_tokens: 1 });
  return kept.length === 0 && broken.length === 4;
};

/** Those that the active revisions were made of, and those that are mapped for items that are kept here. */
const templateFacts = (desk: CodexDesk): CodexFacts['templates'] => {
  const items = tasksOf(desk);
  const used = items.flatMap(({ active, revisions }) => {
    const revision = active === null ? undefined : revisions[active - 1];
    return revision === undefined ? [] : (closureWith(desk, revision.ref.digest).template?.path ?? []);
  });
  const mapped = Object.entries(PROMPT_MAPPING).flatMap(([item, path]) =>
    desk.ledger.item(item) === null ? [] : path,
  );
  return [...new Set([...used, ...mapped])].toSorted().map((name) => {
    const path = join(desk.site.templates, name);
    const { kind } = readBounded(path, YAML_BYTES_MAX);
    return { path, isFound: kind !== 'missing', isReadable: kind === 'read' };
  });
};

/** The report of a codex that cannot be read or believed: what can be looked at without it, and why. */
export const monitorTrouble = (site: CodexSite, problems: readonly Problem[]): MonitorReport =>
  judgeCodex({
    folder: folderFacts(site.blessed),
    configs: null,
    isQaTested: isQaTested(),
    templates: null,
    troubles: problems.map(({ message }) => message),
  });

/** Counts, and judges what was counted. Throws ProblemError when the codex itself cannot be read. */
export const monitorCodex = async (desk: CodexDesk, now: Instant): Promise<MonitorReport> => {
  const { copies } = await lookAtDrift(desk, now);
  const names = [...new Set(copies.map(({ item, file }) => item ?? basename(file)))];
  const configs = names.map((name) =>
    configFacts(
      name,
      copies.filter((it) => (it.item ?? basename(it.file)) === name),
    ),
  );
  return judgeCodex({
    folder: folderFacts(desk.site.blessed),
    configs,
    isQaTested: isQaTested(),
    templates: templateFacts(desk),
    troubles: [],
  });
};

/** The report as lines for a person. */
export const sayReport = (report: MonitorReport): readonly string[] => [
  ...sayMonitor(report),
  ...Object.entries(report.metrics).map(([name, value]) => `  ${name}: ${value === null ? 'unknown' : rounded(value)}`),
];

const rounded = (value: number): string => String(Math.round(value * 1_000) / 1_000);
