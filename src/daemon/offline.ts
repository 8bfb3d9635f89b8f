// The evidence of a Sereno that does not run: read from its state directory, which stays as it is, byte for byte.

import { ProblemError, problem } from '#kernel/problem.ts';
import type { Proving, Verification } from '#ports/desk.ts';
import type { ProvenRecord } from '#kernel/evidence.ts';
import type { Store } from '#ports/store.ts';
import { exportEvidence, verifyExport } from '#adapters/sqlite/export.ts';
import { proofLines, proveRecord, verifyProof } from '#adapters/sqlite/proof.ts';
import { openReadOnly, readPublicKey } from '#adapters/sqlite/read.ts';
import { verifyEvidence } from '#adapters/sqlite/verify.ts';

export type OfflineEvidence = Pick<Store, 'evidence' | 'checkpoints'> & {
  readonly verify: () => Verification;
  readonly prove: (seq: number) => Proving;
  readonly exportLines: () => Iterable<string>;
  readonly close: () => void;
};

/** Opens the store for looking. Throws ProblemError: `not-found`, `store-newer`, `store-corrupt`, `store-unusable`. */
export const offlineEvidence = (stateDirectory: string): OfflineEvidence => {
  const reading = openReadOnly(stateDirectory);
  if (reading.kind === 'refused') throw new ProblemError([reading.problem]);
  const { store } = reading;
  const publicKey = (): string => {
    if (store.publicKey !== null) return store.publicKey;
    const mend = 'put keys/evidence-public.pem back from a copy';
    throw new ProblemError([problem('evidence-broken', 'the public key of the evidence is missing', { mend })]);
  };
  return {
    evidence: store.evidence,
    checkpoints: store.checkpoints,
    verify: () => verifyEvidence({ source: store.source, heads: store.heads, publicKey: publicKey() }),
    prove: (seq) => proveRecord(store.source, seq),
    exportLines: () => exportEvidence({ source: store.source, publicKey: publicKey() }),
    close: store.close,
  };
};

/** The lines of a file that proves one record. */
export const linesOfProof = (proven: ProvenRecord): readonly string[] => proofLines(proven);

/** The public key of a state directory, SPKI in PEM; null when there is none. */
export const readPublicKeyOf = (stateDirectory: string): string | null => readPublicKey(stateDirectory);

/** Verifies the proof of one record with the public key alone. */
export const verifyProofFile = (path: string, publicKey: string): Verification => verifyProof(path, publicKey);

/** Verifies an exported file with nothing but the file. */
export const verifyExportedFile = (path: string): Verification => verifyExport(path);
