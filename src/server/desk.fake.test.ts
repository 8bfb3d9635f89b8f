// A desk in memory: the outside of the server, for its tests. It keeps the promises of ports/desk.ts.

import type { EvidenceCheckpoint, EvidenceRecord } from '#kernel/evidence.ts';
import { GENESIS_HASH } from '#kernel/evidence.ts';
import { checkId, effectKey, machineId, serviceId } from '#kernel/id.ts';
import type { Answer } from '#kernel/message.ts';
import { problem } from '#kernel/problem.ts';
import type { Explanation, OwnFigures, ServiceView, TownView } from '#kernel/view.ts';
import type { Ask, Change, Desk, Proving } from '#ports/desk.ts';
import type { EvidenceQuery } from '#ports/store.ts';
import { FAKE_NOW, JUDGED_DESK } from './judged.fake.test.ts';

export const fakeService = (id: string, more: Partial<ServiceView> = {}): ServiceView => ({
  id: serviceId(id),
  tier: 'app',
  workload: 'process',
  needs: [],
  neededBy: [],
  trafficPercent: 10,
  health: 'healthy',
  score: { value: 100, checks: 100, targets: null, needs: null, freshness: 100 },
  since: FAKE_NOW,
  impairedBy: null,
  phase: 'none',
  headline: 'all checks pass',
  reasons: [{ kind: 'nothing-wrong', since: FAKE_NOW }],
  lookAgainAt: null,
  pid: 4711,
  standby: null,
  restarts: { used: 1, count: 3, windowMs: 3_600_000, freeAt: null },
  actions: [
    {
      key: effectKey(machineId('watch', id), 7, 0),
      action: 'restart',
      at: FAKE_NOW,
      by: 'sereno',
      trigger: 'it ended by itself',
      cause: 'crash',
      outcome: 'effective',
      endedAt: FAKE_NOW,
    },
  ],
  checks: [
    {
      id: checkId(`${id}/http`),
      kind: 'http',
      target: 'http://127.0.0.1:8080/health',
      state: 'healthy',
      symptom: 'none',
      since: FAKE_NOW,
      message: '200 in 3 ms',
      lastAt: FAKE_NOW,
      nextAt: null,
      lastLatencyMs: 3,
      strip: [{ at: FAKE_NOW, state: 'healthy', latencyMs: 3 }],
    },
  ],
  ...more,
});

export const fakeTown = (more: Partial<TownView> = {}): TownView => ({
  site: 'demo',
  environment: 'dev',
  at: FAKE_NOW,
  version: '0.1.0',
  configDigest: 'd'.repeat(64),
  configProblem: null,
  own: [],
  codexNotices: [],
  health: 'healthy',
  score: 100,
  streak: {
    days: 12,
    timezone: 'UTC',
    since: FAKE_NOW,
    isTodaySmooth: true,
    brokenBy: { kind: 'incident', from: FAKE_NOW, to: FAKE_NOW, what: 'INC-2026-001: api is down' },
    isAtLeast: false,
  },
  services: [fakeService('api'), fakeService('redis', { tier: 'core' })],
  hold: null,
  isSafeMode: false,
  suspicion: [],
  canary: 'healthy',
  incidents: [
    {
      subject: 'api',
      number: 'INC-2026-001',
      severity: 'SEV2',
      status: 'open',
      title: 'api is down',
      since: FAKE_NOW,
      paged: ['ada'],
      ladder: ['look at the log'],
      lookAgainAt: null,
    },
  ],
  approvals: [
    {
      id: 'APR-1',
      subject: serviceId('api'),
      action: 'restart',
      requestedBy: 'bob',
      reasons: [{ kind: 'traffic-over-limit', trafficPercent: 40, limitPercent: 25 }],
      expiresAt: FAKE_NOW,
      status: 'pending',
    },
  ],
  startup: {
    phase: 'up',
    isDegraded: false,
    startedAt: FAKE_NOW,
    endedAt: FAKE_NOW,
    lines: [{ phase: 'repair', isGood: true, text: 'the store is whole', tookMs: 4 }],
  },
  brokenMachines: [],
  declared: [{ path: 'services.api.targets', what: 'targets' }],
  evidence: { lastSeq: 3, isIntact: true, verifiedAt: FAKE_NOW },
  ...more,
});

export const fakeRecord = (seq: number): EvidenceRecord => ({
  seq,
  at: FAKE_NOW,
  actor: { kind: 'system', name: 'sereno' },
  machine: machineId('watch', 'api'),
  type: 'health.changed',
  trigger: 'check api/http failed',
  action: null,
  outcome: null,
  refs: { from: 'healthy', to: 'unhealthy', deep: { list: [1, null, 'x'] } },
  prevHash: GENESIS_HASH,
  hash: seq.toString(16).padStart(64, '0'),
});

export type FakeDesk = Desk & {
  /** What was asked, oldest first; dry runs are marked in the asking itself. */
  readonly asked: readonly Ask[];
  readonly setTown: (town: TownView) => void;
  readonly tell: (change: Change) => void;
  readonly addRecords: (count: number) => void;
  /** The answer to the next asking; null: none will come. */
  readonly setAnswer: (answer: Partial<Answer> | null) => void;
  /** What a later look at an answer finds. */
  readonly finish: (askKey: string, answer: Partial<Answer>) => void;
};

const blankAnswer = (askKey: string): Answer => ({
  askKey,
  status: 'accepted',
  reasons: [],
  detail: '',
  approval: null,
  actionKey: null,
  at: FAKE_NOW,
});

const FAKE_FIGURES: OwnFigures = {
  startedAt: FAKE_NOW,
  eventsTotal: 12,
  commitsTotal: 9,
  probesTotal: 100,
  looksAgainTotal: 3,
  probesInFlight: 2,
  queueLength: 0,
  outboxPending: 1,
  loopLagMs: 1.5,
  memoryBytes: 60_000_000,
  decisionLatencyMs: { p50: 0.2, p99: null, count: 4 },
  storeFailures: 0,
};

const matching = (records: readonly EvidenceRecord[], query: EvidenceQuery): readonly EvidenceRecord[] => {
  const found = records.filter(
    (record) =>
      record.seq > (query.after ?? 0) &&
      record.seq < (query.before ?? Infinity) &&
      record.type.startsWith(query.typePrefix ?? '') &&
      (query.machine === undefined || record.machine === query.machine),
  );
  return (query.order === 'oldest-first' ? found : found.toReversed()).slice(0, query.limit);
};

const explainIn = (town: TownView, subject: string): Explanation | null =>
  town.services.some((service) => service.id === subject)
    ? {
        subject,
        headline: 'all checks pass',
        why: ['nothing is wrong'],
        reasons: [{ kind: 'nothing-wrong', since: FAKE_NOW }],
        lookAgainAt: null,
        evidence: [3, 1],
      }
    : null;

/** Only the records up to the one checkpoint of this desk are signed. */
const SIGNED_SEQ = 3;

const fakeCheckpoint: EvidenceCheckpoint = {
  seq: SIGNED_SEQ,
  hash: '3'.padStart(64, '0'),
  at: FAKE_NOW,
  tree: { size: 3, root: '4'.padStart(64, '0') },
  signature: 'c2ln',
  keyId: 'a'.repeat(64),
};

const proveOne = (seq: number): Proving => {
  if (seq > SIGNED_SEQ) return { kind: 'refused', problem: problem('not-found', `record ${seq} is not signed yet`) };
  const parts = { seq, hash: 'b'.repeat(64), path: '', checkpoint: fakeCheckpoint };
  return { kind: 'proven', proven: { proof: { kind: 'sereno-proof', format: 1, ...parts }, record: '{}' } };
};

export const makeFakeDesk = (): FakeDesk => {
  const asked: Ask[] = [];
  const answers = new Map<string, Answer>();
  const listeners = new Set<(change: Change) => void>();
  let town = fakeTown();
  let records: readonly EvidenceRecord[] = [1, 2, 3].map(fakeRecord);
  let next: Partial<Answer> | null = {};
  return {
    asked,
    setTown: (value) => {
      town = value;
    },
    tell: (change) => {
      for (const listener of listeners) listener(change);
    },
    addRecords: (count) => {
      records = [...records, ...Array.from({ length: count }, (_, index) => fakeRecord(records.length + index + 1))];
    },
    setAnswer: (answer) => {
      next = answer;
    },
    finish: (askKey, answer) => {
      answers.set(askKey, { ...blankAnswer(askKey), ...answer });
    },
    town: () => town,
    summary: () => {
      const { services: _services, ...summary } = town;
      return summary;
    },
    service: (id) => town.services.find((service) => service.id === id) ?? null,
    explain: (subject) => explainIn(town, subject),
    evidence: (query) => matching(records, query),
    checkpoints: () => [fakeCheckpoint],
    prove: proveOne,
    verifyEvidence: (report) => report({ isIntact: true, records: records.length, badSeq: null, detail: 'whole' }),
    ask: (wanted, report) => {
      const askKey = wanted.askKey ?? 'ask-of-the-desk';
      const earlier = answers.get(askKey);
      if (earlier !== undefined) return report(earlier);
      asked.push(wanted);
      if (next === null) return;
      const answer = { ...blankAnswer(askKey), ...next };
      if (!wanted.isDryRun) answers.set(askKey, answer);
      report(answer);
    },
    answer: (askKey) => answers.get(askKey) ?? null,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ...JUDGED_DESK,
    figures: () => FAKE_FIGURES,
  };
};
