// The watch over the codex: what people did with it on the command line is put into the evidence as it comes.
//
// Each turn takes what was read since the last one. There is one whenever the follower has read something, and one every two
// seconds, because a head grows old without any deed.

import { readEnvelope, preAuthEncoding } from '#duties/codex/trust/envelope.ts';
import { readMetadata } from '#duties/codex/trust/metadata.ts';
import { keysThatSigned, personOf } from '#duties/codex/trust/signers.ts';
import { makeVerify } from '#adapters/signing/verify.ts';
import { GENESIS_DIGEST, type CodexDeed, type CodexRecord, type Digest, type Witnessed } from '#kernel/codex.ts';
import type { EventBody } from '#kernel/event.ts';
import { isOwnItem } from '#kernel/own.ts';
import type { Problem } from '#kernel/problem.ts';
import { CODEX } from '#kernel/site.ts';
import { later, minutes, seconds } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import type { Engine } from '#loop/engine.ts';
import { chronicleOf } from '../states.ts';
import type { CodexDesk } from './desk.ts';
import type { CodexFollower } from './following.ts';
import { codexNotices } from './notices.ts';
import type { CodexRoom } from './room.ts';
import { rootEnding } from './roots.ts';

const LOOK_MS = seconds(2);
/** Several files are written for one deed: they are looked at together. */
const HINT_MS = seconds(0.05);
/** A long log that is read for the first time: a slice, then the rest of the town has its turn. */
const SLICE = 50;
const NEXT_SLICE_MS = seconds(0.1);
/** An emergency ends, a root expires: how Sereno's own configuration stands is looked at without any deed too. */
const OWN_MS = minutes(1);

const verify = makeVerify();

export type CodexWatchParts = {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly room: CodexRoom;
  readonly follower: Pick<CodexFollower, 'onChange'>;
  /** Sereno's own configuration may stand otherwise now. */
  readonly onOwn: () => void;
  /** What people are to know of the codex is something else now. */
  readonly onNotice: () => void;
};

/** Begins to watch; ended by its cancel. */
export const startCodexWatch = (parts: CodexWatchParts): Cancel => {
  const { clock } = parts;
  let cancel: Cancel = () => {};
  let ownAt = clock.now();
  let seenSeq = chronicleOf(parts.engine)?.seq ?? 0;
  let noticed = '';
  let saidEnding: string | null = null;
  /** Once in a run even when nothing changed: what is shown of an earlier run's findings begins anew. */
  const tellEnding = (): void => {
    const now = parts.room.now();
    if (now.kind === 'trouble') return;
    const ending = rootEnding(now.desk.chain.root(), clock.now());
    const key = ending === null ? '' : `${ending.version} ${ending.isOver}`;
    if (key === saidEnding) return;
    saidEnding = key;
    parts.engine.crank.put(CODEX, { kind: 'codex-root', ending });
  };
  const arm = (afterMs: number): void => {
    cancel();
    cancel = clock.at(later(clock.now(), afterMs), turn);
  };
  const turn = (): void => {
    const looked = look(parts);
    tellEnding();
    const notices = codexNotices(parts.room, clock.now()).join('\n');
    if (notices !== noticed) parts.onNotice();
    noticed = notices;
    const isOwn = looked.records.some(({ seq, deed }) => seq > seenSeq && concernsOwn(deed));
    seenSeq = Math.max(seenSeq, looked.records.at(-1)?.seq ?? 0);
    if (isOwn || clock.now() >= ownAt) {
      ownAt = later(clock.now(), OWN_MS);
      parts.onOwn();
    }
    arm(looked.nextMs);
  };
  const deaf = parts.follower.onChange(() => arm(HINT_MS));
  arm(0);
  return () => {
    cancel();
    deaf();
  };
};

const concernsOwn = (deed: CodexDeed): boolean =>
  deed.kind === 'trusted' || ('revision' in deed && isOwnItem(deed.revision.item));

type Looked = { readonly records: readonly CodexRecord[]; readonly nextMs: number };

const NOTHING: Looked = { records: [], nextMs: LOOK_MS };

const look = (parts: CodexWatchParts): Looked => {
  const now = parts.room.now();
  if (now.kind === 'open' && parts.room.isThere()) return lookAt(parts, now.desk);
  // A codex that was there once is missed.
  const seq = chronicleOf(parts.engine)?.seq ?? 0;
  const gone = `it is gone, and ${seq} entries of its log stand in the evidence`;
  const what = now.kind === 'trouble' ? now.problem.message : gone;
  // People hear of what cannot be read where all others do: `CodexTrouble`.
  const isTold = now.kind === 'trouble';
  if (isTold || seq > 0) say(parts, { kind: 'codex-looked', trouble: { what, isOld: false, isTold }, head: null });
  return NOTHING;
};

/** Told only when it changes something: an event that changes nothing is not written down, but costs a turn. */
const say = (parts: CodexWatchParts, event: EventBody & { readonly kind: 'codex-looked' }): void => {
  const known = chronicleOf(parts.engine);
  const isKnown = (known?.trouble?.what ?? null) === (event.trouble?.what ?? null);
  if (!isKnown || event.head !== null) parts.engine.crank.put(CODEX, event);
};

const lookAt = (parts: CodexWatchParts, desk: CodexDesk): Looked => {
  const { engine, clock } = parts;
  const { seq, hash, headVersion } = chronicleOf(engine) ?? { seq: 0, hash: GENESIS_DIGEST, headVersion: 0 };
  desk.heads.sign(clock.now());
  const isSame = seq === 0 || desk.records[seq - 1]?.hash === hash;
  const trouble = isSame ? oldTrouble(desk.heads.stale(clock.now())) : otherStory(desk, seq);
  const isNewHead = (desk.heads.head()?.version ?? 0) > headVersion;
  say(parts, { kind: 'codex-looked', trouble, head: isNewHead ? desk.heads.witnessed() : null });
  if (!isSame) return NOTHING;
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
  const envelope = 'envelope' in deed ? deed.envelope : null;
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
