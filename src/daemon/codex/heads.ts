// The signed head of the log, and the memory of whoever reads it here.
//
//   open:   what this place has believed is compared with the log and the head that lie there; older ones are refused
//   a deed: the log has grown, so a new head is signed: by the key of this codex, or by the key that a person has lent
//
// A head that has expired is not signed anew by the machine: an old copy that was put back would become fresh by itself. A
// person has to look, and signs with a key of their own.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readHeadFile, writeHeadFile } from '#adapters/codex/heads.ts';
import { readMemory, writeMemory, type Memory } from '#adapters/codex/memoryFile.ts';
import { makeKeyFile, openKeyFile } from '#adapters/signing/keyFile.ts';
import { makeVerify } from '#adapters/signing/verify.ts';
import { followHead, HEAD_LIFE_MS, headSigned, listingIn } from '#duties/codex/trust/head.ts';
import { messageOf, readMetadata, writeMetadata } from '#duties/codex/trust/metadata.ts';
import { distrustProblem } from '#duties/codex/trust/problem.ts';
import { field } from '#duties/codex/trust/reading.ts';
import { keysOf, keysThatSigned } from '#duties/codex/trust/signers.ts';
import { staleReason, trustHead } from '#duties/codex/trust/trust.ts';
import { digest, GENESIS_DIGEST, type Digest, type WitnessedHead } from '#kernel/codex.ts';
import { problem, ProblemError, type Problem } from '#kernel/problem.ts';
import { sayInstant } from '#kernel/reason.ts';
import { elapsedMs, instant, type Instant } from '#kernel/time.ts';
import type { DistrustReason, Head, Root, Trust } from '#kernel/trust.ts';
import type { CodexHead } from '#ports/codex.ts';
import type { Signer } from '#ports/signing.ts';
import { keyIdOf, type RootChain } from './trust.ts';

/** Each failed attempt means that somebody else has just signed. */
const ATTEMPTS_MAX = 20;

const verify = makeVerify();

/** The machine's own key: it says only how long the log is, never what is blessed. */
export const headKeyPath = (stateDirectory: string): string => join(stateDirectory, 'keys', 'codex-head.pem');

/** Makes the key of the codex unless it is there. Throws ProblemError: `codex-key`. */
export const ensureHeadKey = (stateDirectory: string): Signer => {
  const path = headKeyPath(stateDirectory);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const opening = existsSync(path) ? openKeyFile(path) : makeKeyFile(path, 'ed25519');
  if (opening.kind === 'refused') throw new ProblemError([opening.problem]);
  return opening.signer;
};

export type HeadPlace = {
  /** Of the codex. */
  readonly directory: string;
  readonly stateDirectory: string;
  /** Where what was believed is kept. */
  readonly memoryFile: string;
  readonly chain: RootChain;
  /** The end of the log as it was read. */
  readonly end: () => CodexHead;
  /** The hash of an entry that was read; null: there is none. */
  readonly hashOf: (seq: number) => Digest | null;
  /** What each item stands at by the log as it was read: its SHA-256 is signed with the head. */
  readonly listing: () => string;
  /** Reads what was added to the log meanwhile. */
  readonly catchUp: () => Problem | null;
};

const NOTHING: Memory = { firstRoot: null, rootVersion: 0, head: null, log: { seq: 0, hash: GENESIS_DIGEST } };

const MEND_OLDER =
  'put back the log that was read before; if entries are lost for good, a blesser says so: ' +
  'sereno codex head --accept --key <file> --why <reason>';

export class HeadKeeper {
  readonly #place: HeadPlace;
  #memory: Memory = NOTHING;
  #lent: Signer | null = null;
  #trouble: Problem | null = null;
  /** Why a person accepts a loss: signed with the head. */
  #why: string | null = null;
  #hear: (trouble: Problem) => void = () => {};
  /** The version of the last head that was seen to name the listing of items. */
  #listed = 0;

  constructor(place: HeadPlace) {
    this.#place = place;
  }

  /** Before the log is read. Throws ProblemError: `codex-damaged`. */
  recall(): void {
    const read = readMemory(this.#place.memoryFile);
    if (read.kind === 'failed') throw new ProblemError([read.problem]);
    if (read.kind === 'none') return;
    this.#memory = read.memory;
    this.#place.chain.seed(read.memory.rootVersion, read.memory.head);
  }

  /** After the log was read: what is older than what was believed here. Throws ProblemError: `codex-untrusted`, `codex-damaged`. */
  compare(): void {
    const problems = [...this.#compareRoot(), ...this.#compareLog()];
    if (problems.length === 0) problems.push(...this.#compareHead());
    if (problems.length > 0) throw new ProblemError(problems);
    this.remember();
  }

  /** The head that is believed; null: none was signed yet. */
  head(): Head | null {
    return this.#place.chain.trust()?.head ?? null;
  }

  /** Looks whether another program has signed a newer one. Null: all is well; else why the newest is not believed. */
  refresh(): Problem | null {
    const [trouble] = this.#compareHead();
    if (trouble === undefined) this.remember();
    return trouble ?? null;
  }

  /** The head that is believed, with the people who have signed it. */
  witnessed(): WitnessedHead | null {
    const trust = this.#place.chain.trust();
    const read = readHeadFile(this.#place.directory);
    if (trust === null || trust.head === null || read.kind !== 'read') return null;
    const opened = readMetadata(read.file.text);
    if (opened.kind === 'refused' || read.file.version !== trust.head.version) return null;
    const { message, signatures, signed } = opened.value;
    const { version, seq, digest } = trust.head;
    const signers = keysThatSigned({ message, signatures }, keysOf(trust.root, trust.root.roles.head), verify);
    const why = field(signed, 'x-sereno-why');
    const by = signers.flatMap(({ owner }) => (owner === null ? [] : [owner]));
    return { version, seq, digest, by, why: typeof why === 'string' ? why : null };
  }

  /** The version of the newest head that lies there, believed by nobody yet: for those who ask whether there is another one. */
  newest(): number | null {
    const read = readHeadFile(this.#place.directory);
    return read.kind === 'read' ? read.file.version : null;
  }

  /** The newest head for those who verify it themselves; null: none is believed here (yet). Reads no entry, and remembers nothing. */
  signed(): SignedHead | null {
    const { chain, directory, listing } = this.#place;
    const trust = chain.trust();
    const read = readHeadFile(directory);
    if (trust === null || read.kind !== 'read') return null;
    const believed = this.#look(trust, read.file.text, instant(0));
    if (believed.kind !== 'believed') return null;
    chain.believe(believed.trust);
    const text = listing();
    return { head: read.file.text, listing: namedIn(read.file.text) === sha256(text) ? text : null };
  }

  /** Who hears that a head could not be signed: what was done is done, and the log has an end that nobody vouches for. */
  onTrouble(hear: (trouble: Problem) => void): void {
    this.#hear = hear;
  }

  /** A person's key: with it the head can be signed also after it has expired. */
  lend(signer: Signer): void {
    this.#lent = signer;
  }

  /** Null: fresh, or nobody ever signed one. `codex-stale` otherwise. */
  stale(now: Instant): Problem | null {
    const trust = this.#place.chain.trust();
    const reason = trust === null ? null : staleReason(trust, now);
    if (reason === null || reason.kind !== 'expired') return null;
    if (reason.what === 'root') {
      const mend = 'sereno codex trust --next … makes the next root';
      return problem('codex-stale', `the root of trust has expired at ${sayInstant(reason.at)}`, { mend });
    }
    const said = `the head of the log has expired at ${sayInstant(reason.at)}: this may be an old copy of the codex`;
    const mend =
      'look at the log (sereno codex verify); when it is the right one, sign it: sereno codex head --key <file>';
    return problem('codex-stale', said, { mend });
  }

  /** Before anything new is given to production. A lent key makes an old head fresh. Throws ProblemError: `codex-stale`. */
  demandFresh(now: Instant): void {
    if (this.stale(now) !== null && this.#lent !== null) this.sign(now);
    const stale = this.stale(now);
    if (stale !== null) throw new ProblemError([stale]);
  }

  /** Signs the log as it is now, when it has grown or the head is half over. What stands in the way is kept in `trouble`. */
  sign(now: Instant): void {
    this.#trouble = null;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) if (this.#tryToSign(now) !== 'taken') break;
    if (this.#trouble !== null) this.#hear(this.#trouble);
    this.remember();
  }

  /** Signs in spite of what was believed before: entries are lost, and a person says that this is the log now. */
  accept(now: Instant, why: string): void {
    const { chain } = this.#place;
    const trust = chain.trust();
    const read = readHeadFile(this.#place.directory);
    const version = Math.max(this.#memory.head?.version ?? 0, read.kind === 'read' ? read.file.version : 0);
    if (trust !== null && version > 0) {
      const { seq, hash } = this.#place.end();
      chain.believe({ root: trust.root, head: { version, expires: instant(0), seq, digest: hash } });
    }
    this.#why = why;
    this.#tryToSign(now);
    if (this.#trouble !== null) throw new ProblemError([this.#trouble]);
    this.#memory = NOTHING;
    this.remember();
  }

  /** Keeps what is believed now. A place that cannot be written keeps what it has. */
  remember(): void {
    const { chain, memoryFile } = this.#place;
    const { seq, hash } = this.#place.end();
    const trust = chain.trust();
    const now: Memory = {
      firstRoot: chain.first(),
      rootVersion: trust?.root.version ?? 0,
      head: trust?.head ?? null,
      log: { seq, hash },
    };
    if (seq === 0 || JSON.stringify(now) === JSON.stringify(this.#memory)) return;
    const read = readMemory(memoryFile);
    // Another program has read on meanwhile: its memory is the better one.
    const isOvertaken = read.kind === 'read' && this.#memory !== NOTHING && isNewer(read.memory, now);
    if (!isOvertaken) writeMemory(memoryFile, now);
    this.#memory = now;
  }

  #compareRoot(): readonly Problem[] {
    const { firstRoot } = this.#memory;
    const first = this.#place.chain.first();
    if (firstRoot === null || first === firstRoot) return [];
    const is = first === null ? 'nobody is trusted' : `all trust begins with the root ${first.slice(0, 12)}`;
    return [this.#older(`${is}, and it began with the root ${firstRoot.slice(0, 12)} when it was read before`)];
  }

  #compareLog(): readonly Problem[] {
    const { seq, hash } = this.#memory.log;
    if (seq === 0) return [];
    const found = this.#place.hashOf(seq);
    if (found === hash) return [];
    if (found !== null)
      return [this.#older(`entry ${seq} of the log is ${found.slice(0, 12)}, and was ${hash.slice(0, 12)} before`)];
    const { seq: end } = this.#place.end();
    return [this.#older(`the log ends at entry ${end}, and entry ${seq} was read before: its end was cut off`)];
  }

  #older(what: string): Problem {
    const { directory, memoryFile } = this.#place;
    return problem('codex-untrusted', `${directory}: ${what} (remembered in ${memoryFile})`, { mend: MEND_OLDER });
  }

  #compareHead(): readonly Problem[] {
    const trust = this.#place.chain.trust();
    if (trust === null) return [];
    const read = readHeadFile(this.#place.directory);
    if (read.kind === 'failed') return [read.problem];
    if (read.kind === 'none')
      return trust.head === null
        ? []
        : [this.#older(`the head ${trust.head.version} of the log was there before, and is gone`)];
    const believed = this.#lookAgain(trust, read.file.text);
    if (believed.kind === 'believed') this.#place.chain.believe(believed.trust);
    if (believed.kind === 'unreadable') return believed.problems;
    // A root whose people are all new forgets the head of the old ones (TUF 5.3.11): theirs is none.
    if (believed.kind === 'refused' && trust.head === null && believed.reasons.every(isUnsigned)) return [];
    if (believed.kind === 'refused') {
      const told = distrustProblem(read.file.path, believed.reasons);
      return [{ ...told, mend: MEND_OLDER }];
    }
    return [];
  }

  /** The log may have grown between the two looks: a head over an entry that is not there yet is looked at once more. */
  #lookAgain(trust: Trust, text: string): ReturnType<typeof trustHead> {
    const believed = this.#look(trust, text, instant(0));
    const isAhead = believed.kind === 'refused' && believed.reasons.some(({ kind }) => kind === 'entry-missing');
    return isAhead && this.#place.catchUp() === null ? this.#look(trust, text, instant(0)) : believed;
  }

  /** At the beginning of time nothing has expired: then only what it says is looked at. */
  #look(trust: Trust, text: string, now: Instant): ReturnType<typeof trustHead> {
    return trustHead(trust, text, { now, verify, entryDigest: this.#place.hashOf });
  }

  #tryToSign(now: Instant): 'done' | 'taken' {
    const { chain, directory } = this.#place;
    const trust = chain.trust();
    const { seq, hash } = this.#place.end();
    if (trust === null || seq === 0) return 'done';
    if (isSealed(trust.head, { seq, hash }, now) && this.#isListed()) return 'done';
    this.#trouble = this.#lent === null ? this.stale(now) : null;
    if (this.#trouble !== null) return 'done';
    const signers = this.#signersFor(trust.root, this.stale(now) !== null);
    const lying = readHeadFile(directory);
    const version = Math.max(trust.head?.version ?? 0, lying.kind === 'read' ? lying.file.version : 0) + 1;
    const head = { ...followHead(trust.head, { seq, digest: hash }, now), version };
    const text = signedText(head, signers, { why: this.#why, listing: sha256(this.#place.listing()) });
    const believed = this.#look(trust, text, now);
    if (believed.kind !== 'believed') {
      const reasons = believed.kind === 'refused' ? believed.reasons : [];
      const mend = 'a blesser signs it: sereno codex head --key <file>';
      this.#trouble = { ...distrustProblem('the head of the log is not signed', reasons), mend };
      return 'done';
    }
    const written = writeHeadFile(directory, { version: head.version, text });
    if (written.kind === 'failed') this.#trouble = written.problem;
    if (written.kind === 'written') chain.believe(believed.trust);
    return written.kind === 'taken' ? this.#takeTheirs(trust) : 'done';
  }

  /** False for a head of an older release, which says nothing of items, when somebody is here who may sign another one. */
  #isListed(): boolean {
    const head = this.head();
    const trust = this.#place.chain.trust();
    if (head === null || trust === null || this.#listed === head.version) return true;
    const read = readHeadFile(this.#place.directory);
    const isNamed = read.kind === 'read' && namedIn(read.file.text) !== null;
    if (isNamed) this.#listed = head.version;
    return isNamed || this.#signersFor(trust.root, false).length === 0;
  }

  #takeTheirs(trust: Trust): 'done' | 'taken' {
    const read = readHeadFile(this.#place.directory);
    const believed = read.kind === 'read' ? this.#lookAgain(trust, read.file.text) : null;
    if (believed?.kind === 'believed') this.#place.chain.believe(believed.trust);
    return believed?.kind === 'believed' ? 'taken' : 'done';
  }

  /** The machine's key alone never makes an expired head fresh: a person's, who may, must be among them. */
  #signersFor(root: Root, isStale: boolean): readonly Signer[] {
    const may = new Set(keysOf(root, root.roles.head).map(({ point }) => point));
    if (isStale && (this.#lent === null || !may.has(this.#lent.key.point))) return [];
    const path = headKeyPath(this.#place.stateDirectory);
    const opening = existsSync(path) ? openKeyFile(path) : null;
    const own = opening?.kind === 'opened' ? [opening.signer] : [];
    return [...own, ...(this.#lent === null ? [] : [this.#lent])].filter(({ key }) => may.has(key.point));
  }
}

const isUnsigned = ({ kind }: DistrustReason): boolean => kind === 'too-few-signatures';

const isNewer = (theirs: Memory, ours: Memory): boolean =>
  theirs.log.seq > ours.log.seq || (theirs.head?.version ?? 0) > (ours.head?.version ?? 0);

/** Nothing is to be signed: this very end was, and the head lives for at least half its time. */
const isSealed = (head: Head | null, end: CodexHead, now: Instant): boolean =>
  head !== null &&
  head.seq === end.seq &&
  head.digest === end.hash &&
  head.expires > now &&
  elapsedMs(now, head.expires) > HEAD_LIFE_MS / 2;

/** A head as it was signed, and the listing that it names; null: the items stand otherwise now than when it was signed. */
export type SignedHead = { readonly head: string; readonly listing: string | null };

const sha256 = (text: string): Digest => digest(createHash('sha256').update(text).digest('hex'));

/** The SHA-256 of the listing that the text of a head names. */
const namedIn = (text: string): Digest | null => {
  const opened = readMetadata(text);
  return opened.kind === 'refused' ? null : listingIn(opened.value.signed);
};

type Besides = { readonly why: string | null; readonly listing: Digest };

const signedText = (head: Head, signers: readonly Signer[], { why, listing }: Besides): string => {
  const signed = { ...headSigned(head, listing), ...(why === null ? {} : { 'x-sereno-why': why }) };
  const message = messageOf(signed);
  return writeMetadata(
    signed,
    signers.map((signer) => ({ keyId: keyIdOf(signer.key), signature: signer.sign(message) })),
  );
};
