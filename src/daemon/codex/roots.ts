// Roots of trust, made by people: the first, and each that follows. Signed by several, one after the other, when they are not
// at one machine: until enough have signed, the document travels as a file, and nothing changes.

import { makeVerify } from '#adapters/signing/verify.ts';
import { countersign, messageOf, readMetadata, writeMetadata } from '#duties/codex/trust/metadata.ts';
import { dropped, nextRootOf, type Testers } from '#duties/codex/trust/nextRoot.ts';
import { undeclared } from '#duties/codex/trust/declared.ts';
import { distrustProblem } from '#duties/codex/trust/problem.ts';
import { readRoot, rootSigned } from '#duties/codex/trust/root.ts';
import { keysOf, personOf } from '#duties/codex/trust/signers.ts';
import { trustFirst, trustNext } from '#duties/codex/trust/trust.ts';
import type { RootEnding } from '#kernel/codex.ts';
import { problem, ProblemError, type Problem } from '#kernel/problem.ts';
import { sayInstant } from '#kernel/reason.ts';
import type { CodexSite } from '#kernel/site.ts';
import { elapsedMs, hours, later, type Instant } from '#kernel/time.ts';
import { sayDistrust, sayVerdict, type PublicKey, type Root, type TrustedKey } from '#kernel/trust.ts';
import type { Signer } from '#ports/signing.ts';
import { trustRoot, type Doer } from './deeds.ts';
import type { CodexDesk } from './desk.ts';
import { judge, keyIdOf } from './trust.ts';

/** A root lives for a year unless told otherwise: whoever holds back a newer one can do so no longer. */
export const ROOT_LIFE_MS = hours(24 * 365);
/** A month is enough to bring people together for the next one. */
const WARN_MS = hours(24 * 30);

const verify = makeVerify();

export type Owned = { readonly owner: string; readonly key: PublicKey };

export type RootWish = {
  readonly people: readonly Owned[];
  readonly threshold: number;
  readonly lifeMs: number;
  readonly retire: readonly string[];
  /** Who signs test results; `kept`: as before. */
  readonly testers: { readonly people: readonly Owned[]; readonly threshold: number } | 'kept' | 'none';
};

const trusted = ({ owner, key }: { readonly owner: string | null; readonly key: PublicKey }): TrustedKey => ({
  ...key,
  id: keyIdOf(key),
  owner,
});

/** The unsigned document: the first root, or the next one. `machine`: the key of the codex, `ensureHeadKey`. */
export const draftRoot = (desk: CodexDesk, machine: PublicKey | null, wish: RootWish, now: Instant): Root =>
  nextRootOf(desk.chain.root(), {
    people: wish.people.map(trusted),
    threshold: wish.threshold,
    expires: later(now, wish.lifeMs),
    machine: machine === null ? null : trusted({ owner: null, key: machine }),
    retire: wish.retire,
    testers: typeof wish.testers === 'string' ? wish.testers : testersOf(wish.testers),
    beforeSeq: desk.store.head().seq + 1,
  });

const testersOf = ({ people, threshold }: Exclude<RootWish['testers'], string>): Testers => ({
  keys: people.map(trusted),
  threshold,
});

const signatureOf = (signer: Signer, message: Uint8Array) => ({
  keyId: keyIdOf(signer.key),
  signature: signer.sign(message),
});

export const signRoot = (root: Root, signers: readonly Signer[]): string => {
  const signed = rootSigned(root);
  const message = messageOf(signed);
  return writeMetadata(
    signed,
    signers.map((signer) => signatureOf(signer, message)),
  );
};

/** The same document with one more signature. Throws ProblemError: `bad-input`, `codex-untrusted` when that key has no say. */
export const addSignature = (desk: CodexDesk, text: string, signer: Signer): string => {
  const read = readMetadata(text);
  if (read.kind === 'refused') throw new ProblemError(read.problems);
  const root = rootIn(text);
  const before = desk.chain.root();
  const sayers = [root, ...(before === null ? [] : [before])].flatMap((it) => keysOf(it, it.roles.root));
  if (!sayers.some(({ point }) => point === signer.key.point)) {
    const mend = 'sign with a key that the old or the new root names';
    throw new ProblemError([problem('codex-untrusted', 'this key has no say in that root', { mend })]);
  }
  return countersign(read.value, signatureOf(signer, read.value.message));
};

/** What the document says, believed by nobody yet. Throws ProblemError: `bad-input`. */
export const rootIn = (text: string): Root => {
  const outside = readMetadata(text);
  if (outside.kind === 'refused') throw new ProblemError(outside.problems);
  const read = readRoot(outside.value.signed);
  if (read.kind === 'refused') throw new ProblemError(read.problems);
  return read.value;
};

export type Begun =
  | { readonly kind: 'in-force'; readonly root: Root }
  /** Enough have not signed; `missing` says whose rule is not met yet. */
  | { readonly kind: 'waits'; readonly root: Root; readonly missing: readonly string[] };

/** Whether this root can follow now. Throws ProblemError: `bad-input`, `codex-untrusted`. */
export const judgeRoot = (desk: CodexDesk, text: string): Begun => {
  const trust = desk.chain.trust();
  const believed = trust === null ? trustFirst(text, verify) : trustNext(trust, text, verify);
  if (believed.kind === 'believed') return { kind: 'in-force', root: believed.trust.root };
  if (believed.kind === 'unreadable') throw new ProblemError(believed.problems);
  const root = rootIn(text);
  if (believed.reasons.every(({ kind }) => kind === 'too-few-signatures'))
    return { kind: 'waits', root, missing: believed.reasons.map(sayDistrust) };
  throw new ProblemError([distrustProblem(`root ${root.version}`, believed.reasons)]);
};

/** The root enters the log, and the head is signed under it. */
export const beginRoot = (desk: CodexDesk, doer: Doer, text: string, root: Root): void => {
  trustRoot(desk, doer, text, root.version);
};

/** What a root would change: whose signatures end, and which active versions would stand without enough of them. */
export const consequences = (desk: CodexDesk, next: Root, now: Instant): readonly string[] => {
  const gone = dropped(desk.chain.root(), next).map(
    (owner) =>
      `what a key of ${owner} signed counts for nothing any more (--retire ${owner} keeps what it signed until now)`,
  );
  const active = desk.ledger.items().flatMap((item) => {
    const revision = item.active === null ? undefined : item.revisions[item.active - 1];
    if (revision === undefined) return [];
    const verdict = judge(desk.store, next, { item, revision, now });
    const name = `${item.item}@${revision.ref.version}`;
    if (verdict.kind === 'blessed') return [];
    return [`${name}, which is active, is not blessed under it: ${verdict.reasons.map(sayVerdict).join('; ')}`];
  });
  return [...gone, ...active];
};

/** The people who may bless. */
export const blessersOf = (root: Root): readonly string[] => [
  ...new Set(keysOf(root, root.roles.blessing).map(personOf)),
];

/** What a root says, line by line. */
export const sayRoot = (root: Root): readonly string[] => {
  const { blessing, head, 'test-result': testing } = root.roles;
  const names = (ids: readonly string[]): string =>
    root.keys
      .filter(({ id }) => ids.includes(id))
      .map((key) => `${personOf(key)}${key.owner === null ? '' : ` (key ${key.id.slice(0, 12)})`}`)
      .join(', ');
  return [
    `root ${root.version}, until ${sayInstant(root.expires)}`,
    `  ${blessing.threshold} of these may bless, and make the next root: ${names(blessing.keyIds)}`,
    `  the head of the log is signed by one of: ${names(head.keyIds)}`,
    ...(testing === null
      ? []
      : [`  a test result counts when ${testing.threshold} of these have signed it: ${names(testing.keyIds)}`]),
    ...root.retired.map(
      ({ keyId, role, beforeSeq }) =>
        `  key ${keyId.slice(0, 12)} counts for ${role} before entry ${beforeSeq} of the log`,
    ),
  ];
};

/** A root that ends soon, or has ended. Null: there is time, or nobody is trusted yet. */
export const rootEnding = (root: Root | null, now: Instant): RootEnding | null => {
  if (root === null || elapsedMs(now, root.expires) > WARN_MS) return null;
  const isOver = now >= root.expires;
  const days = Math.floor(elapsedMs(now, root.expires) / hours(24));
  const mend = 'sereno codex trust --next <person=key …> --key <file>: the next root, signed by the people of this one';
  const day = new Date(root.expires).toISOString().slice(0, 10);
  const ended = `has expired on ${day}: nothing new can be blessed, and nothing is given to production`;
  const says = `root ${root.version} of trust ${isOver ? ended : `expires in ${days} days, on ${day}`}`;
  return { version: root.version, isOver, says, mend };
};

/** The same as a warning of the command line. */
export const rootNotice = (root: Root | null, now: Instant): Problem | null => {
  const ending = rootEnding(root, now);
  return ending === null ? null : problem('codex-stale', ending.says, { mend: ending.mend });
};

/** What a person should know of the root, before anything is done. */
export const rootNotices = (root: Root | null, site: CodexSite, now: Instant): readonly Problem[] => {
  if (root === null) return [];
  const ending = rootNotice(root, now);
  return [...(ending === null ? [] : [ending]), ...undeclared(root, site)];
};
