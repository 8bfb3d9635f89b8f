// The class of a cause, told from the black box before anything is touched. Only the class chooses the remedy.
//
// The rules are tried in the order of how much they exclude: something else is to blame (a dependency, a stolen port),
// then what the kernel says (out of memory, stopped, no descriptor left, a dead connection), then time (right after a
// change), then how it ended, then what probes saw, told apart by what its processes are doing: idle, computing without a
// pause, or with a worker that has ended.

import type { BlackBox, Cause, CauseClass, Exit, RecentChange } from '#kernel/cause.ts';
import type { Deployment } from '#kernel/deployment.ts';
import { canBeReliedOn } from '#kernel/health.ts';
import type { HealthNews } from '#kernel/message.ts';
import type { Belief, Symptom } from '#kernel/observation.ts';
import { elapsedMs, later, minutes, sayDuration, seconds, type Instant } from '#kernel/time.ts';

/** A change this long before the trouble began is a suspect; most bad deployments fail within minutes. */
const CHANGE_SUSPECT_MS = minutes(10);
/** An idle server uses under 5 %, a blocked event loop 100 % less what the reading itself costs it. */
const BUSY_PERCENT = 60;
/** The last few are kept back by runtimes, so that they can still refuse: libuv keeps one. */
const FULL_SHARE = 0.98;
/** 128 + 9: how a shell reports that its child was killed by SIGKILL. */
const SHELL_SIGKILL_CODE = 137;

/** A check may well look at a port of somebody else, a database's: not every port that is looked at is the service's own. */
export type OwnPorts = {
  /** Declared as its own, by a process check. */
  readonly declared: readonly number[];
  /** Looked at by its checks and by those of no other service. */
  readonly likely: readonly number[];
};

export type Clues = {
  readonly exit: Exit | null;
  readonly blackBox: BlackBox | null;
  /** The newest release of it that is known of. */
  readonly deployment: Deployment | null;
  readonly failing: readonly Belief[];
  readonly needs: readonly HealthNews[];
  /** One of its needs that came back only a moment ago; null: none did, or it ended and cannot mend by itself. */
  readonly back: HealthNews | null;
  readonly ports: OwnPorts;
  /** When the trouble began. */
  readonly since: Instant;
};

const OUT_OF_MEMORY_LINE = /out of memory|heap limit|ENOMEM|MemoryError|Cannot allocate memory|OutOfMemoryError/i;
const PORT_TAKEN_LINE = /EADDRINUSE|address already in use/i;

const lastLineThat = (box: BlackBox | null, pattern: RegExp): string | null =>
  box?.logTail.findLast((line) => pattern.test(line)) ?? null;

/** A dependency is to blame when it is surely down; one that is unknown is not blamed, and not trusted either. */
const fromDependency = (clues: Clues): Cause | null => {
  const down = clues.needs.find((news) => news.health === 'unhealthy');
  if (down === undefined) {
    if (clues.back === null) return null;
    const { service } = clues.back;
    return { class: 'dependency', culprit: service, signs: [`${service} is back only since a moment ago`] };
  }
  const root = down.impairedBy ?? down.service;
  const sign = root === down.service ? `${root} is down` : `${down.service} is down because of ${root}`;
  return { class: 'dependency', culprit: root, signs: [sign] };
};

const fromPort = (clues: Clues): Cause | null => {
  const lines = clues.blackBox?.logTail.filter((line) => PORT_TAKEN_LINE.test(line)) ?? [];
  // Who was killed by a signal did not fail to listen: then a likely port is not enough.
  const isKilled = clues.exit !== null && clues.exit.signal !== null;
  const { declared, likely } = clues.ports;
  const stolen = clues.blackBox?.stolenPorts.find(
    ({ port }) =>
      declared.includes(port) ||
      (!isKilled && likely.includes(port)) ||
      lines.some((line) => line.includes(String(port))),
  );
  const belief = clues.failing.find((failing) => failing.symptom === 'port-taken');
  const seen = belief === undefined ? [] : [belief.message];
  if (stolen !== undefined) {
    const holder = `${stolen.command ?? 'an unknown program'}${stolen.pid === null ? '' : ` (pid ${stolen.pid})`}`;
    return { class: 'port-taken', culprit: holder, signs: [`port ${stolen.port} is held by ${holder}`, ...seen] };
  }
  if (belief !== undefined) return { class: 'port-taken', culprit: null, signs: seen };
  const line = lastLineThat(clues.blackBox, PORT_TAKEN_LINE);
  // Without a holder the thief is gone: the port is free again, and a restart can help.
  return line === null || clues.exit === null ? null : { class: 'crash', culprit: null, signs: [`log: ${line}`] };
};

const fromMemory = (clues: Clues): Cause | null => {
  if (clues.exit?.isOutOfMemory === true) {
    return { class: 'out-of-memory', culprit: null, signs: ["the kernel's out-of-memory count of its group rose"] };
  }
  const line = lastLineThat(clues.blackBox, OUT_OF_MEMORY_LINE);
  return line === null ? null : { class: 'out-of-memory', culprit: null, signs: [`log: ${line}`] };
};

/** True when it answers in time and only the answers are wrong: what a new version does that computes something else. */
export const isOnlyWrong = (clues: Pick<Clues, 'exit' | 'failing'>): boolean =>
  clues.exit === null && clues.failing.length > 0 && clues.failing.every((belief) => belief.symptom === 'wrong-answer');

const newestChange = (changes: readonly RecentChange[], since: Instant): RecentChange | null =>
  changes
    .filter((change) => change.at <= since && elapsedMs(change.at, since) <= CHANGE_SUSPECT_MS)
    .toSorted((a, b) => b.at - a.at)[0] ?? null;

/** A marker says what runs now. One that Sereno made itself knows less than the files that were seen to change. */
const released = ({ deployment }: Clues, seen: readonly RecentChange[]): readonly RecentChange[] =>
  deployment === null || (deployment.source === 'process' && seen.length > 0)
    ? []
    : [{ what: `release ${deployment.version}`, at: deployment.at, isBeforeStart: true }];

const fromChange = (clues: Clues): Cause | null => {
  // A process that answers wrongly and runs an older program than what lies there now: a restart gets it the new one.
  const seen = (clues.blackBox?.recentChanges ?? []).filter((each) => each.isBeforeStart || !isOnlyWrong(clues));
  const changes = [...released(clues, seen), ...seen];
  const change = newestChange(changes, clues.since);
  // Killed from outside is not the program's doing, however new it is.
  if (change === null || clues.exit?.signal === 'SIGKILL' || clues.exit?.signal === 'SIGTERM') return null;
  const before = sayDuration(elapsedMs(change.at, clues.since));
  const signs = [`${before} before the trouble`, ...(fromProbes(clues)?.signs ?? [])];
  return { class: 'bad-deployment', culprit: change.what, signs };
};

const fromExit = (clues: Clues): Cause | null => {
  const { exit } = clues;
  if (exit === null) return null;
  const ran = `after ${sayDuration(exit.ranMs)}`;
  if (exit.signal === 'SIGKILL' || exit.signal === 'SIGTERM' || exit.code === SHELL_SIGKILL_CODE) {
    return { class: 'killed', culprit: null, signs: [`${exit.signal ?? `code ${exit.code}`} ${ran}`] };
  }
  const how =
    exit.signal !== null
      ? `signal ${exit.signal}`
      : exit.code !== null
        ? `exit code ${exit.code}`
        : 'exit code not known';
  return { class: 'crash', culprit: null, signs: [`${how} ${ran}`] };
};

const failingWith = (clues: Clues, ...symptoms: readonly Symptom[]): Belief | null =>
  clues.failing.find((belief) => symptoms.includes(belief.symptom)) ?? null;

/** Frozen from outside: whatever changed before, the program did not do this. */
const fromSignal = (clues: Clues): Cause | null => {
  if (clues.exit !== null) return null;
  const state = clues.blackBox?.processState;
  if (state?.startsWith('stopped') === true) {
    return { class: 'stopped', culprit: null, signs: [`its process is ${state}`, ...queueSigns(clues.blackBox)] };
  }
  const belief = failingWith(clues, 'frozen');
  return belief === null ? null : { class: 'stopped', culprit: null, signs: [belief.message] };
};

const fromDescriptors = (clues: Clues): Cause | null => {
  const { descriptors, descriptorsMax } = clues.blackBox ?? { descriptors: null, descriptorsMax: null };
  if (clues.exit !== null || descriptors === null || descriptorsMax === null) return null;
  if (descriptors < descriptorsMax * FULL_SHARE) return null;
  return { class: 'descriptors', culprit: null, signs: [`${descriptors} of ${descriptorsMax} descriptors are open`] };
};

/** It waits on somebody who is gone. A dependency that is declared and down was blamed before. */
const fromPeer = (clues: Clues): Cause | null => {
  const [dead] = clues.blackBox?.deadPeers ?? [];
  if (clues.exit !== null || dead === undefined || failingWith(clues, 'timeout', 'stale') === null) return null;
  const { peer, unacknowledgedBytes, retransmits } = dead;
  const sign = `${unacknowledgedBytes} bytes to ${peer} are not acknowledged, sent again ${retransmits} times`;
  return { class: 'half-open', culprit: peer, signs: [sign] };
};

const queueSigns = (box: BlackBox | null): readonly string[] => {
  const waiting = box?.acceptQueue ?? 0;
  return waiting === 0 ? [] : [`${waiting} connections wait to be accepted`];
};

/** What its processes are doing, in words; empty when there is no black box of a living process. */
const vitalSigns = (box: BlackBox | null): readonly string[] => {
  if (box === null || box.pid === null) return [];
  const cpu = box.cpuPercent === null ? [] : [`it uses ${box.cpuPercent} % of a core`];
  const where = box.waitsIn === null ? '' : ` in ${box.waitsIn}`;
  const state = box.processState === null || isBusy(box) ? [] : [`it is ${box.processState}${where}`];
  return [...cpu, ...state, ...queueSigns(box)];
};

const isBusy = (box: BlackBox | null): boolean => (box?.cpuPercent ?? 0) >= BUSY_PERCENT;

/** The class that a symptom speaks for when nothing better is known, the strongest first. */
const BY_SYMPTOM: readonly (readonly [Symptom, CauseClass])[] = [
  ['zombie', 'zombie'],
  ['not-running', 'crash'],
  ['unfinished', 'unfinished'],
  ['timeout', 'hang'],
  ['stale', 'overdue'],
  ['wrong-answer', 'wrong-answer'],
];

/** Symptoms that a dead worker explains: nobody is there who would listen or answer. */
const NOBODY_THERE: readonly Symptom[] = ['refused', 'not-listening', 'timeout', 'stale'];

const fromProbes = (clues: Clues): Cause | null => {
  const { blackBox } = clues;
  const deserted = failingWith(clues, ...NOBODY_THERE);
  const zombies = blackBox?.zombies ?? [];
  if (deserted !== null && zombies.length > 0) {
    return { class: 'zombie', culprit: zombies.join(', '), signs: [deserted.message] };
  }
  const row = BY_SYMPTOM.find(([symptom]) => failingWith(clues, symptom) !== null);
  const belief = row === undefined ? null : failingWith(clues, row[0]);
  if (row === undefined || belief === null) return null;
  const [, symptomClass] = row;
  const told: CauseClass = symptomClass === 'hang' && isBusy(blackBox) ? 'busy' : symptomClass;
  const changed = blackBox?.recentChanges.find((change) => !change.isBeforeStart) ?? null;
  return {
    class: told,
    culprit: told === 'wrong-answer' ? (changed?.what ?? null) : null,
    signs: [belief.message, ...(told === 'crash' || told === 'wrong-answer' ? [] : vitalSigns(blackBox))],
  };
};

/** Tells the class of the cause from the clues; total, pure, under a millisecond. */
export const classify = (clues: Clues): Cause =>
  fromDependency(clues) ??
  fromPort(clues) ??
  fromMemory(clues) ??
  fromSignal(clues) ??
  fromDescriptors(clues) ??
  fromPeer(clues) ??
  fromChange(clues) ??
  fromExit(clues) ??
  fromProbes(clues) ?? {
    class: 'unknown',
    culprit: null,
    signs: clues.failing.map((belief) => belief.message).slice(0, 3),
  };

/** What needs something that was away may need this long to notice that it is back, without being touched. */
const SELF_MENDING_MS = seconds(5);
/** A dependency that comes and goes explains a trouble for this long, and no longer. */
const EXPLAINS_MS = seconds(15);

/** The need that came back so lately that the trouble is likely its own echo; null when none did. */
export const justBack = (needs: readonly HealthNews[], since: Instant, at: Instant): HealthNews | null => {
  if (elapsedMs(since, at) >= EXPLAINS_MS) return null;
  const isBack = (news: HealthNews): boolean =>
    canBeReliedOn(news.health) && elapsedMs(news.since, at) < SELF_MENDING_MS;
  return needs.find(isBack) ?? null;
};

/** When a need that is just back no longer excuses anybody. */
export const mendedBy = (back: HealthNews): Instant => later(back.since, SELF_MENDING_MS);

/** The service at the root of the trouble along `needs`: the first that is down and has nobody to blame itself. */
export const rootOf = (needs: readonly HealthNews[]): HealthNews | null => {
  const down = needs.find((news) => !canBeReliedOn(news.health) && news.health !== 'unknown');
  return down ?? null;
};
