// The evidence chain, wherever it can be reached: over the API of a running Sereno, else in the store itself.

import type { Client, Outcome } from '#api/client.ts';
import type { EvidenceCheckpoint, EvidenceRecord, ProvenRecord } from '#kernel/evidence.ts';
import type { MachineId } from '#kernel/id.ts';
import { ProblemError } from '#kernel/problem.ts';
import type { Setting } from './command.ts';
import { connect } from './connection.ts';

export type Query = {
  readonly after?: number;
  readonly before?: number;
  readonly type?: string;
  readonly machine?: string;
  readonly order: 'newest-first' | 'oldest-first';
  readonly limit: number;
};

export type Verified = {
  readonly isIntact: boolean;
  readonly records: number;
  readonly badSeq: number | null;
  readonly detail: string;
};

export type Chain = {
  readonly records: (query: Query) => Promise<readonly EvidenceRecord[]>;
  readonly checkpoints: () => Promise<readonly EvidenceCheckpoint[]>;
  readonly prove: (seq: number) => Promise<ProvenRecord>;
  readonly verify: () => Promise<Verified>;
  readonly close: () => void;
};

/** Walking a chain of millions of records takes minutes. */
const VERIFY_WITHIN_MS = 10 * 60_000;

const valueOf = <Value>(outcome: Outcome<Value>): Value => {
  if (outcome.kind === 'ok') return outcome.value;
  throw new ProblemError(
    outcome.kind === 'refused'
      ? outcome.problems
      : [{ code: 'not-running', message: outcome.detail, place: null, expected: null, mend: null }],
  );
};

const overTheApi = (client: Client): Chain => ({
  records: async (query) => {
    const words = Object.entries(query).map(([name, value]) => [name, String(value)] as const);
    return valueOf(await client.read('evidence', { query: Object.fromEntries(words) })).records;
  },
  checkpoints: async () => valueOf(await client.read('checkpoints')).checkpoints,
  prove: async (seq) => valueOf(await client.read('proof', { path: { seq: String(seq) } })),
  verify: async () => valueOf(await client.read('verifyEvidence', { timeoutMs: VERIFY_WITHIN_MS })),
  close: () => undefined,
});

const asMachine = (text: string): MachineId => text as MachineId; // brand

const inTheStore = async (stateDirectory: string): Promise<Chain> => {
  const { offlineEvidence } = await import('#daemon/offline.ts');
  const store = offlineEvidence(stateDirectory);
  return {
    records: async ({ type, machine, ...query }) =>
      store.evidence({
        ...query,
        ...(type === undefined ? {} : { typePrefix: type }),
        ...(machine === undefined ? {} : { machine: asMachine(machine) }),
      }),
    checkpoints: async () => store.checkpoints(),
    prove: async (seq) => {
      const proving = store.prove(seq);
      if (proving.kind === 'proven') return proving.proven;
      throw new ProblemError([proving.problem]);
    },
    verify: async () => store.verify(),
    close: () => store.close(),
  };
};

/** Throws ProblemError when neither a Sereno answers nor a store can be read. With --url the store is never used. */
export const openChain = async ({ settings }: Setting): Promise<Chain> => {
  const connection = connect(settings);
  if (connection.kind === 'to') {
    const answered = await connection.client.read('startup');
    if (answered.kind !== 'unreachable' || settings.url !== null) {
      valueOf(answered);
      return overTheApi(connection.client);
    }
  }
  return inTheStore(settings.stateDirectory);
};
