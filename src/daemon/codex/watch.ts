// The watch over the codex: what people did with it on the command line is read as it comes, and put into the evidence.
//
// The log lies in plain files, and everything that is written passes through its `tmp/`: a change there is a hint to look at
// once; a look every two seconds is the net below it. Each look reads only what is new.

import { watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { readEnvelope, preAuthEncoding } from '#duties/codex/trust/envelope.ts';
import { readMetadata } from '#duties/codex/trust/metadata.ts';
import { keysThatSigned, personOf } from '#duties/codex/trust/signers.ts';
import { makeVerify } from '#adapters/signing/verify.ts';
import { GENESIS_DIGEST, type CodexDeed, type CodexRecord, type Digest, type Witnessed } from '#kernel/codex.ts';
import type { EventBody } from '#kernel/event.ts';
import { isOwnItem } from '#kernel/own.ts';
import { ProblemError, type Problem } from '#kernel/problem.ts';
import { CODEX, type CodexSite } from '#kernel/site.ts';
import { later, minutes, seconds } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import type { Engine } from '#loop/engine.ts';
import { chronicleOf } from '../states.ts';
import { codexDirectory, type CodexDesk } from './desk.ts';
import type { CodexRoom } from './room.ts';

const LOOK_MS = seconds(2);
/** Several files are written for one deed: they are looked at together. */
const HINT_MS = seconds(0.05);
/** A long log that is read for the first time: a slice, then the rest of the town has its turn. */
const SLICE = 50;
const NEXT_SLICE_MS = seconds(0.1);
/** A codex that could not be read is read whole each time: not too often. */
const TROUBLE_MS = seconds(15);
/** An emergency ends, a root expires: how Sereno's own configuration stands is looked at without any deed too. */
const OWN_MS = minutes(1);

const verify = makeVerify();

export type CodexWatchParts = {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly room: CodexRoom;
  readonly stateDirectory: string;
  readonly codex: () => CodexSite | null;
  /** Sereno's own configuration may stand otherwise now. */
  readonly onOwn: () => void;
};

/** Begins to watch; ended by its cancel. */
export const startCodexWatch = (parts: CodexWatchParts): Cancel => {
  const { clock } = parts;
  let cancel: Cancel = () => {};
  let hints: FSWatcher | null = null;
  let ownAt = clock.now();
  let seenSeq = chronicleOf(parts.engine)?.seq ?? 0;
  const arm = (afterMs: number): void => {
    cancel();
    cancel = clock.at(later(clock.now(), afterMs), turn);
  };
  const turn = (): void => {
    hints ??= hintsFrom(codexDirectory(parts.stateDirectory), () => arm(HINT_MS));
    const looked = look(parts);
    const isOwn = looked.records.some(({ seq, deed }) => seq > seenSeq && concernsOwn(deed));
    seenSeq = Math.max(seenSeq, looked.records.at(-1)?.seq ?? 0);
    if (isOwn || clock.now() >= ownAt) {
      ownAt = later(clock.now(), OWN_MS);
      parts.onOwn();
    }
    arm(looked.nextMs);
  };
  arm(0);
  return () => {
    cancel();
    hints?.close();
  };
};

const concernsOwn = (deed: CodexDeed): boolean =>
  deed.kind === 'trusted' || ('revision' in deed && isOwnItem(deed.revision.item));

/** Null while there is no codex; the folder is tried again at the next look. */
const hintsFrom = (directory: string, hint: () => void): FSWatcher | null => {
  try {
    const watcher = watch(join(directory, 'tmp'), { persistent: false }, hint);
    watcher.on('error', () => watcher.close()); // The look every two seconds goes on.
    return watcher;
  } catch {
    return null;
  }
};

type Looked = { readonly records: readonly CodexRecord[]; readonly nextMs: number };

const look = (parts: CodexWatchParts): Looked => {
  try {
    const desk = parts.room.desk(parts.codex());
    return desk === null ? lookAtNothing(parts) : lookAt(parts, desk);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const what = error.problems.map(({ message }) => message).join('; ');
    say(parts, { kind: 'codex-looked', trouble: { what, isOld: false }, head: null });
    return { records: [], nextMs: TROUBLE_MS };
  }
};

/** A codex that was there once is missed. */
const lookAtNothing = (parts: CodexWatchParts): Looked => {
  const seq = chronicleOf(parts.engine)?.seq ?? 0;
  const what = `it is gone, and ${seq} entries of its log stand in the evidence`;
  if (seq > 0) say(parts, { kind: 'codex-looked', trouble: { what, isOld: false }, head: null });
  return { records: [], nextMs: LOOK_MS };
};

/** Told only when it changes something: an event that changes nothing is not written down, but costs a turn. */
const say = (parts: CodexWatchParts, event: EventBody & { readonly kind: 'codex-looked' }): void => {
  const known = chronicleOf(parts.engine);
  const isKnown = (known?.trouble?.what ?? null) === (event.trouble?.what ?? null);
  const isHeadKnown = event.head === null || event.head.version <= (known?.headVersion ?? 0);
  if (!isKnown || !isHeadKnown) parts.engine.crank.put(CODEX, event);
};

const lookAt = (parts: CodexWatchParts, desk: CodexDesk): Looked => {
  const { engine, clock } = parts;
  const { seq, hash } = chronicleOf(engine) ?? { seq: 0, hash: GENESIS_DIGEST };
  const troubled = desk.heads.refresh();
  if (troubled === null) desk.heads.sign(clock.now());
  const stale = desk.heads.stale(clock.now());
  const isSame = seq === 0 || desk.records[seq - 1]?.hash === hash;
  const story = isSame ? oldTrouble(stale) : otherStory(desk, seq);
  const trouble = troubled === null ? story : bad(troubled.message);
  say(parts, { kind: 'codex-looked', trouble, head: desk.heads.witnessed() });
  if (!isSame) return { records: [], nextMs: LOOK_MS };
  const fresh = desk.records.slice(seq, seq + SLICE);
  if (fresh.length > 0) engine.crank.put(CODEX, { kind: 'codex-grew', entries: fresh.map((it) => witness(desk, it)) });
  return { records: fresh, nextMs: desk.records.length > seq + SLICE ? NEXT_SLICE_MS : LOOK_MS };
};

const bad = (what: string) => ({ what, isOld: false });

const oldTrouble = (stale: Problem | null) => (stale === null ? null : { what: stale.message, isOld: true });

const otherStory = (desk: CodexDesk, seq: number) => {
  const end = desk.records.length;
  return bad(
    end < seq
      ? `its log ends at entry ${end}, and entry ${seq} stands in the evidence`
      : `entry ${seq} of its log is not the one that stands in the evidence`,
  );
};

/** Who has signed what an entry names, by the keys of the root in force. */
const witness = (desk: CodexDesk, record: CodexRecord): Witnessed => {
  const { deed } = record;
  if (deed.kind === 'trusted') return { record, signers: signersOfRoot(desk, deed.root) };
  const envelope = deed.kind === 'attested' || deed.kind === 'revoked' ? deed.envelope : null;
  return { record, signers: envelope === null ? [] : signersOf(desk, envelope) };
};

const textOf = (desk: CodexDesk, digest: Digest): string => {
  const read = desk.store.read(digest);
  return read.kind === 'read' ? read.text : '';
};

const signersOf = (desk: CodexDesk, digest: Digest): readonly string[] => {
  const opened = readEnvelope(textOf(desk, digest));
  const keys = desk.chain.root()?.keys ?? [];
  if (opened.kind === 'refused') return [];
  const { payloadType, payload, signatures } = opened.value;
  const message = preAuthEncoding(payloadType, payload);
  return [...new Set(keysThatSigned({ message, signatures }, keys, verify).map(personOf))];
};

const signersOfRoot = (desk: CodexDesk, digest: Digest): readonly string[] => {
  const opened = readMetadata(textOf(desk, digest));
  const keys = desk.chain.root()?.keys ?? [];
  return opened.kind === 'refused' ? [] : [...new Set(keysThatSigned(opened.value, keys, verify).map(personOf))];
};
