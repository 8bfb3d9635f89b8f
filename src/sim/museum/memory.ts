// Memory: disks that say what is not so, clocks that run backwards, and runs that forget or do not end.

import { instant, later } from '#kernel/time.ts';
import type { Batch, CommitOutcome, Store } from '#ports/store.ts';
import { exhibit, ownGuard, type Mutant } from './exhibit.ts';
import { deafTo, isRecord, onKind, onStore, withEffects } from './graft.ts';
import { DENSE, FULL, HOUR_MS, MORTAL } from './seasons.ts';

/** Says "written" whatever became of it. */
const alwaysWritten = (store: Store): Partial<Store> => ({
  commit: (batch, done) =>
    store.commit(batch, (outcome) => done(outcome.kind === 'failed' ? { kind: 'committed', records: [] } : outcome)),
});

/** Batches that wait, before the oldest is really written. */
const BEHIND = 3;

/** Says "written" at once and writes some batches later: what waits is lost with the run. */
const writtenBehind = (store: Store): Partial<Store> => {
  const waiting: Batch[] = [];
  let isWriting = false;
  const drain = (): void => {
    const next = waiting[0];
    if (isWriting || next === undefined || waiting.length <= BEHIND) return;
    isWriting = true;
    store.commit(next, (outcome) => {
      isWriting = false;
      if (outcome.kind === 'committed') waiting.shift();
      if (outcome.kind !== 'failed') drain();
    });
  };
  return {
    commit: (batch, done) => {
      waiting.push(batch);
      done({ kind: 'committed', records: [] });
      drain();
    },
  };
};

/** Nobody asks whether somebody else has written meanwhile: each writer expects what is there. */
const unfenced = (store: Store): Partial<Store> => {
  const retry = (batch: Batch, done: (outcome: CommitOutcome) => void): void => {
    const versions = new Map(store.load().snapshots.map((it) => [it.machine, it.version]));
    const snapshots = batch.snapshots.map((it) => ({ ...it, expectedVersion: versions.get(it.machine) ?? 0 }));
    store.commit({ ...batch, snapshots }, done);
  };
  return {
    commit: (batch, done) =>
      store.commit(batch, (outcome) => (outcome.kind === 'conflict' ? retry(batch, done) : done(outcome))),
  };
};

const RUNS: readonly Mutant[] = [
  exhibit(
    {
      name: 'wakes die with the run',
      missing: 'a new run does not take up the wakes of the store',
      killers: ['wakes-ring'],
    },
    {
      name: 'kured',
      happened:
        'The delay before the lock is released was only kept in memory: a restart in between left the lock held for ever.',
      link: 'https://github.com/thaum-xyz/ankhmorpork/pull/1080',
    },
    { store: onStore((store) => ({ load: () => ({ ...store.load(), wakes: [] }) })) },
  ),
  exhibit(
    {
      name: 'outbox dies with the run',
      missing: 'a new run does not take up the outbox',
      killers: ['settles', 'no-silent-death'],
    },
    {
      name: 'StackStorm',
      happened: 'When the process that carries an action out was killed, the action stayed "running" for ever.',
      link: 'https://github.com/StackStorm/st2/issues/4716',
    },
    { store: onStore((store) => ({ load: () => ({ ...store.load(), outbox: [] }) })) },
  ),
  exhibit(
    {
      name: 'a zombie that writes',
      missing: 'the store takes a batch from a run whose time is over',
      killers: ['no-old-epoch', 'forward', 'one-news-one-key', 'no-overlap', 'leave-first', 'triple'],
    },
    {
      name: 'Redlock',
      happened:
        'A client that was paused longer than its lease goes on to write as if it still held the lock, because nothing fences it.',
      link: 'https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html',
    },
    {
      store: onStore(unfenced),
      faults: { ...DENSE, engine: { ...DENSE.engine, crashEveryMs: HOUR_MS / 4, zombieRate: 1, orderlyRate: 0 } },
    },
  ),
];

const DISKS: readonly Mutant[] = [
  exhibit(
    {
      name: 'a full disk is a success',
      missing: 'a write that failed is taken for done',
      killers: ['leave-first', 'triple', 'awake'],
    },
    {
      name: 'PostgreSQL',
      happened:
        'After a failed fsync the next one succeeded although the pages were lost, and a checkpoint went on as if all were written.',
      link: 'https://wiki.postgresql.org/wiki/Fsync_Errors',
    },
    { store: onStore(alwaysWritten), faults: FULL },
  ),
  exhibit(
    {
      name: 'acts before it is written',
      missing: 'a batch is shown and handed out before it is durable',
      killers: ['leave-first', 'triple'],
    },
    {
      name: 'NATS JetStream',
      happened:
        'Writes are acknowledged before they are synced to disk, so an acknowledged write can be lost in a crash.',
      link: 'https://github.com/nats-io/nats-server/issues/7564',
    },
    { store: onStore(writtenBehind), faults: MORTAL },
  ),
  exhibit(
    {
      name: 'state without evidence',
      missing: 'the store drops the records of a batch',
      killers: ['evidence-with-state'],
    },
    {
      name: 'Kubernetes',
      happened: 'When the buffer of the audit log is full, audit events are dropped while the requests go on.',
      link: 'https://github.com/kubernetes/kubernetes/issues/61280',
    },
    { store: onStore((store) => ({ commit: (batch, done) => store.commit({ ...batch, evidence: [] }, done) })) },
  ),
  ownGuard(
    { name: 'outcomes unrecorded', missing: 'what an action was worth is not written down', killers: ['triple'] },
    {
      machine: onKind(
        'watch',
        withEffects((effect) => !isRecord('action.outcome')(effect)),
      ),
    },
  ),
  ownGuard(
    { name: 'a watch sleeps', missing: 'a watch does not set its wake "remedy"', killers: ['awake'] },
    {
      machine: onKind(
        'watch',
        withEffects((effect) => effect.kind !== 'wake' || effect.name !== 'remedy'),
      ),
    },
  ),
];

const CLOCKS: readonly Mutant[] = [
  ownGuard(
    { name: 'sleep unnoticed', missing: 'nobody hears that the watchman did not run', killers: ['gap-is-told'] },
    { machine: deafTo((event) => event.kind === 'resumed') },
  ),
  exhibit(
    {
      name: 'a clock without memory',
      missing: 'a run starts at the wall clock, even if that was set back',
      killers: ['forward'],
    },
    {
      name: 'supervisord',
      happened: 'Setting the system time back made it crash: its states depend on the time of day.',
      link: 'https://github.com/Supervisor/supervisor/issues/281',
    },
    { clockRemembers: false },
  ),
  exhibit(
    {
      name: 'the clock on the wall',
      missing: 'a run follows the wall clock wherever it jumps',
      killers: ['forward', 'wakes-ring'],
    },
    {
      name: 'supervisord',
      happened:
        'When the clock was set back during a start, the change of state waited until the old time came round again.',
      link: 'https://github.com/Supervisor/supervisor/issues/1043',
    },
    {
      clock: (clock, wall) => ({
        now: () => instant(wall.nowMs()),
        at: (when, task) => clock.at(later(clock.now(), when - wall.nowMs()), task),
        chance: () => clock.chance(),
      }),
    },
  ),
];

export const MEMORY: readonly Mutant[] = [...RUNS, ...DISKS, ...CLOCKS];
