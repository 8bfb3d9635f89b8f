// The trust of a codex: the chain of roots that its log names, and the verdict on each revision by signatures alone.

import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { readBounded } from '#adapters/codex/disk.ts';
import { makeVerify } from '#adapters/signing/verify.ts';
import { makeKeyFile, openKeyFile } from '#adapters/signing/keyFile.ts';
import { readSshPublicKey } from '#adapters/signing/sshKey.ts';
import type { IsBlessed } from '#duties/codex/ledger.ts';
import { originOf, type Item, type Revision } from '#duties/codex/revision.ts';
import { draftEnvelope, type Saying } from '#duties/codex/trust/statement.ts';
import { preAuthEncoding, readEnvelope, withSignature, writeEnvelope } from '#duties/codex/trust/envelope.ts';
import { pemOf, publicKeyIn } from '#duties/codex/trust/key.ts';
import { distrustProblem } from '#duties/codex/trust/problem.ts';
import { keyIdText } from '#duties/codex/trust/root.ts';
import { trustFirst, trustNext } from '#duties/codex/trust/trust.ts';
import { emergencyOf, verdictOf, type Emergency, type Logged } from '#duties/codex/trust/verdict.ts';
import type { Digest, RevisionRef } from '#kernel/codex.ts';
import { problem, ProblemError, type Problem } from '#kernel/problem.ts';
import type { Instant } from '#kernel/time.ts';
import type { Head, PublicKey, Root, Trust, TrustVerdict } from '#kernel/trust.ts';
import type { CodexStore } from '#ports/codex.ts';
import type { Signer } from '#ports/signing.ts';

type Reader = Pick<CodexStore, 'read'>;

/** A line with a comment; more is something else. */
const PUBLIC_LENGTH_MAX = 4_096;

const verify = makeVerify();

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export const keyIdOf = (key: PublicKey): string => sha256(keyIdText(key));

/** Opens a private key. Throws ProblemError: `codex-key`. */
export const openSigner = (path: string, passphrase: string | null): Signer => {
  const opening = openKeyFile(path, passphrase);
  if (opening.kind === 'refused') throw new ProblemError([opening.problem]);
  return opening.signer;
};

/** What has been believed of the roots that the log names. A root that is not believed changes nothing, and is told. */
export class RootChain {
  readonly #store: Reader;
  #trust: Trust | null = null;
  #at = 0;
  #first: Digest | null = null;
  #seed: { readonly rootVersion: number; readonly head: Head | null } | null = null;
  readonly #documents: { readonly version: number; readonly digest: Digest }[] = [];

  constructor(store: Reader) {
    this.#store = store;
  }

  /** The root in force; null: nobody is trusted yet. */
  root(): Root | null {
    return this.#trust?.root ?? null;
  }

  /** The root and the head that are believed. */
  trust(): Trust | null {
    return this.#trust;
  }

  /** The digest of the root that all began with. */
  first(): Digest | null {
    return this.#first;
  }

  /** What was believed in an earlier run: the head comes with its root, so that a rotation of keys can end it (TUF 5.3.11). */
  seed(rootVersion: number, head: Head | null): void {
    this.#seed = { rootVersion, head };
  }

  /** A head that was looked at, in the place of the one before. */
  believe(trust: Trust): void {
    this.#trust = trust;
  }

  /** The documents that were believed, from the first one on. */
  documents(): readonly { readonly version: number; readonly digest: Digest }[] {
    return this.#documents;
  }

  /** Follows the log to the root with this digest. Throws ProblemError: `codex-untrusted`, `codex-damaged`. */
  follow(digest: Digest | null, version: number): void {
    if (digest === null || version === this.#at) return;
    const read = this.#store.read(digest);
    if (read.kind === 'failed') throw new ProblemError([read.problem]);
    if (read.kind === 'missing')
      throw new ProblemError([problem('codex-damaged', `the root ${digest} is missing from the codex`)]);
    const believed = this.#trust === null ? trustFirst(read.text, verify) : trustNext(this.#trust, read.text, verify);
    if (believed.kind === 'unreadable') throw new ProblemError(believed.problems);
    if (believed.kind === 'refused') throw new ProblemError([distrustProblem(`root ${version}`, believed.reasons)]);
    const isSeeded = this.#seed?.rootVersion === version;
    this.#trust = isSeeded ? { ...believed.trust, head: this.#seed?.head ?? null } : believed.trust;
    this.#first ??= digest;
    this.#at = version;
    this.#documents.push({ version, digest });
  }
}

/** An envelope that is damaged is no missing signature: it is told. Throws ProblemError: `codex-damaged`, `store-unusable`. */
const envelopeText = (store: Reader, envelope: Digest): string => {
  const read = store.read(envelope);
  if (read.kind === 'read') return read.text;
  const missing = (): Problem => problem('codex-damaged', `the envelope ${envelope} is missing from the codex`);
  throw new ProblemError([read.kind === 'failed' ? read.problem : missing()]);
};

const loggedIn = (store: Reader, item: Pick<Item, 'records'> | null, revision: Revision): readonly Logged[] =>
  revision.attestations.flatMap(({ envelope }) => {
    const opened = readEnvelope(envelopeText(store, envelope));
    const record = item?.records.find(({ deed }) => deed.kind === 'attested' && deed.envelope === envelope);
    return opened.kind === 'read' ? [{ envelope: opened.value, seq: record?.seq ?? null }] : [];
  });

/** The verdict by the signatures, the root and the time. */
export const judge = (
  store: Reader,
  root: Root,
  asked: { readonly item: Item | null; readonly revision: Revision; readonly now: Instant },
): TrustVerdict => {
  const { item, revision, now } = asked;
  const origin = item === null ? revision : originOf(item, revision);
  const envelopes = loggedIn(store, item, origin);
  return verdictOf({ revision: origin.ref, authors: [origin.by.name], envelopes, now }, root, verify);
};

/** What a blesser signed to keep Sereno running with a revision of its own that is not blessed; null: nobody did, or it is over. */
export const emergencyIn = (
  store: Reader,
  root: Root,
  asked: { readonly item: Item; readonly revision: Revision; readonly now: Instant },
): Emergency | null => {
  const { item, revision, now } = asked;
  const said = {
    ...revision,
    attestations: revision.attestations.filter(({ predicate }) => predicate === 'emergency'),
  };
  return emergencyOf({ revision: revision.ref, envelopes: loggedIn(store, item, said), now }, root, verify);
};

/** For the ledger: a revision is blessed when the root in force says so at the time of its last attestation. */
export const blessedBy =
  (store: Reader, chain: RootChain): IsBlessed =>
  (revision) => {
    const root = chain.root();
    const last = revision.attestations.at(-1);
    if (root === null || last === undefined) return false;
    return judge(store, root, { item: null, revision, now: last.at }).kind === 'blessed';
  };

/** Signs a statement about a revision, and about its content where that is given; the text of its envelope. */
export const signStatement = (
  signer: Signer,
  revision: RevisionRef,
  saying: Saying,
  content: Digest | null = null,
): string => {
  const draft = draftEnvelope(revision, saying, content);
  const message = preAuthEncoding(draft.payloadType, draft.payload);
  const signed = { keyId: keyIdOf(signer.key), signature: signer.sign(message) };
  return writeEnvelope(withSignature(draft, signed));
};

/** Where the public half of a key lies: what its owner gives to others. */
export const publicPath = (path: string): string => `${path.replace(/\.pem$/, '')}.pub`;

/** Makes a new Ed25519 key, its private half at `path` and the public one beside it. Throws ProblemError: `codex-key`. */
export const makeSigner = (path: string, passphrase: string | null): Signer => {
  if (existsSync(publicPath(path))) {
    const mend = 'name a new file';
    throw new ProblemError([
      problem('codex-key', `${publicPath(path)} is there already, and a key is never written over`, { mend }),
    ]);
  }
  const opening = makeKeyFile(path, 'ed25519', passphrase);
  if (opening.kind === 'refused') throw new ProblemError([opening.problem]);
  writeFileSync(publicPath(path), pemOf(opening.signer.key), { flag: 'wx' });
  return opening.signer;
};

/** What somebody gives for a person: their public key, and their signer where it is a private one. Throws ProblemError: `codex-key`. */
export const keyIn = (
  path: string,
  passphrase: string | null,
): { readonly key: PublicKey; readonly signer: Signer | null } => {
  const text = textAt(path);
  const key = publicKeyIn(text) ?? readSshPublicKey(text);
  if (key !== null) return { key, signer: null };
  // Else it would be refused as a private key that others may read.
  if (PUBLIC_OF_ANOTHER_KIND.test(text)) {
    const mend = 'use an Ed25519 or P-256 key: sereno codex key <file>, or ssh-keygen -t ed25519';
    throw new ProblemError([problem('codex-key', `${path}: a public key of this kind is not supported`, { mend })]);
  }
  const signer = openSigner(path, passphrase);
  return { key: signer.key, signer };
};

/** A line of OpenSSH, or a public key in PEM. */
const PUBLIC_OF_ANOTHER_KIND = /^(?:(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-\S+ AAAA|-----BEGIN (?:[A-Z]+ )?PUBLIC KEY-----)/;

/** Empty when it cannot be read, which opening it as a private key then says. */
const textAt = (path: string): string => {
  const read = readBounded(path, PUBLIC_LENGTH_MAX);
  return read.kind === 'read' ? new TextDecoder().decode(read.bytes) : '';
};
