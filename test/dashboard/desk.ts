// A desk in memory for the dashboard's test: whatever the test says is so, and what was asked is kept.

import type { EvidenceRecord } from '#kernel/evidence.ts';
import type { Answer } from '#kernel/message.ts';
import { problem } from '#kernel/problem.ts';
import type { ServiceView, TownView } from '#kernel/view.ts';
import type { Ask, Change, Desk } from '#ports/desk.ts';
import { causesOf, now, quietTown } from './town.ts';

export type DeskInMemory = Desk & {
  readonly asked: Ask[];
  readonly setTown: (town: TownView) => void;
  /** The town is another, and everybody is told of every service. */
  readonly tellTown: (town: TownView) => void;
  /** One service is another, and everybody is told of that one. */
  readonly tellService: (service: ServiceView) => void;
  readonly addRecord: (record: EvidenceRecord) => void;
  readonly setRecords: (records: readonly EvidenceRecord[]) => void;
  /** How the next askings are answered: dry runs, and the real thing. */
  readonly setAnswers: (dryRun: Partial<Answer>, real: Partial<Answer>) => void;
  readonly finish: (answer: Partial<Answer>) => void;
};

const blankAnswer = (askKey: string): Answer => ({
  askKey,
  status: 'accepted',
  reasons: [],
  detail: '',
  approval: null,
  actionKey: null,
  at: now(),
});

const NOTHING_JUDGED = {
  targets: () => [],
  sources: () => [],
  series: () => [],
  seriesRange: () => Promise.resolve(null),
  anomalies: () => ({
    isOn: true,
    perWeek: 1,
    seriesWatched: 0,
    seriesMax: 2_000,
    seriesLeft: 0,
    heldBack: 0,
    anomalies: [],
  }),
  target: () => null,
  burndown: () => null,
  deployments: () => [],
  alerts: () => ({ alerts: [], suppressions: [], deadChannels: [], quality: [] }),
} as const satisfies Partial<Desk>;

/** What can only be looked at. */
const look = (
  town: () => TownView,
  records: () => readonly EvidenceRecord[],
): Omit<Desk, 'ask' | 'answer' | 'subscribe'> => {
  const startedAt = now();
  return {
    town,
    summary: () => {
      const { services: _services, ...summary } = town();
      return summary;
    },
    reach: () => [],
    reality: () => ({ at: now(), claims: [], findings: [] }),
    causes: () => causesOf(town()),
    service: (id) => town().services.find((service) => service.id === id) ?? null,
    explain: (subject) => {
      const found = town().services.find((service) => service.id === subject);
      return found === undefined
        ? null
        : { subject, headline: found.headline, why: [], reasons: found.reasons, lookAgainAt: null, evidence: [] };
    },
    evidence: (query) =>
      records()
        .filter((record) => record.seq > (query.after ?? 0))
        .toSorted((a, b) => (query.order === 'oldest-first' ? a.seq - b.seq : b.seq - a.seq))
        .slice(0, query.limit),
    checkpoints: () => [],
    prove: (seq) => ({ kind: 'refused', problem: problem('not-found', `record ${seq} is not signed yet`) }),
    verifyEvidence: (report) => report({ isIntact: true, records: records().length, badSeq: null, detail: '' }),
    ...NOTHING_JUDGED,
    figures: () => ({
      startedAt,
      eventsTotal: 5_120,
      commitsTotal: 611,
      probesTotal: 48_210,
      looksAgainTotal: 0,
      probesInFlight: 1,
      queueLength: 0,
      outboxPending: 0,
      loopLagMs: 1.2,
      memoryBytes: 92_000_000,
      decisionLatencyMs: { p50: 0.2, p99: 0.7, count: 41 },
      storeFailures: 0,
    }),
  };
};

/** Keeps the promises of ports/desk.ts as far as a page can see. */
export const makeDesk = (): DeskInMemory => {
  const asked: Ask[] = [];
  const answers = new Map<string, Answer>();
  const listeners = new Set<(change: Change) => void>();
  let town = quietTown();
  let records: readonly EvidenceRecord[] = [];
  let next: { readonly dryRun: Partial<Answer>; readonly real: Partial<Answer> } = { dryRun: {}, real: {} };
  const tell = (change: Change): void => listeners.forEach((listener) => listener(change));
  return {
    asked,
    setTown: (value) => {
      town = value;
    },
    tellTown: (value) => {
      town = value;
      tell({ kind: 'town' });
      for (const service of value.services) tell({ kind: 'service', service });
    },
    tellService: (service) => {
      town = { ...town, services: town.services.map((it) => (it.id === service.id ? service : it)) };
      tell({ kind: 'service', service });
    },
    addRecord: (record) => {
      records = [...records, record];
      tell({ kind: 'evidence', record });
    },
    setRecords: (value) => {
      records = value;
    },
    setAnswers: (dryRun, real) => {
      next = { dryRun, real };
    },
    finish: (answer) => {
      for (const [key, known] of answers) answers.set(key, { ...known, ...answer });
    },
    ...look(
      () => town,
      () => records,
    ),
    ask: (ask, report) => {
      const askKey = ask.askKey ?? 'ask-of-the-desk';
      const earlier = answers.get(askKey);
      if (earlier !== undefined) return report(earlier);
      asked.push(ask);
      const answer = { ...blankAnswer(askKey), ...(ask.isDryRun ? next.dryRun : next.real) };
      if (!ask.isDryRun) answers.set(askKey, answer);
      report(answer);
    },
    answer: (askKey) => answers.get(askKey) ?? null,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
