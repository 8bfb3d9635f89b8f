// Sereno's own configuration against what was blessed: at the start, at a reload, and for whoever asks.
//
// What is demanded is what the new configuration asks for itself and what the blessed one asked for, the stricter of both. A
// start is refused only for what is new: where the root has expired meanwhile, what was blessed under it goes on, with a
// warning, because a watchman that does not start watches nothing.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  joinDemands,
  ownClosure,
  ownDemand,
  ownIdentity,
  ownTree,
  plainSecrets,
  type OwnDemand,
  type OwnTree,
} from '#duties/codex/own.ts';
import { closureText } from '#duties/codex/closure.ts';
import { proposeDeed, proposeExport } from '#duties/codex/propose.ts';
import { isEnded, type Item, type Revision } from '#duties/codex/revision.ts';
import { uncanonical } from '#kernel/canonical.ts';
import { digest, itemId, type Closure, type Digest, type RevisionRef } from '#kernel/codex.ts';
import { OWN_ITEMS, OWN_KINDS, type OwnKind, type OwnView } from '#kernel/own.ts';
import { problem, ProblemError, type Problem } from '#kernel/problem.ts';
import { sayInstant } from '#kernel/reason.ts';
import type { CodexSite } from '#kernel/site.ts';
import { earliest, instant, later, type Instant } from '#kernel/time.ts';
import { sayVerdict, type Root, type TrustVerdict } from '#kernel/trust.ts';
import type { Signer } from '#ports/signing.ts';
import { add, type Doer } from './deeds.ts';
import { closureWith, codexDirectory, openCodexDesk, type CodexDesk } from './desk.ts';
import { ownFilePath } from './ownFile.ts';
import { emergencyIn, judge, signStatement } from './trust.ts';

/** A configuration as it was read. */
export type OwnRead = {
  readonly file: string;
  readonly tree: OwnTree;
  readonly isProduction: boolean;
  readonly codex: CodexSite | null;
};

export type OwnJudgement = {
  readonly views: readonly OwnView[];
  /** Why Sereno must not run with it; empty: it may. */
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
};

/** Where nothing is declared, the codex of the state directory is still looked at: what was blessed may demand it. */
const UNDECLARED: CodexSite = {
  sources: '',
  templates: '',
  blessed: '',
  suites: '',
  schemas: '',
  blessers: [],
  threshold: 1,
  copies: [],
  own: [],
};

export const ownDigest = (kind: OwnKind, tree: OwnTree): Digest =>
  digest(createHash('sha256').update(ownIdentity(kind, tree)).digest('hex'));

const activeOf = (item: Item | null): Revision | null =>
  item === null || item.active === null ? null : (item.revisions[item.active - 1] ?? null);

/** What the blessed configurations ask for. */
const blessedDemands = (desk: CodexDesk): readonly OwnDemand[] =>
  OWN_KINDS.flatMap((kind) => {
    const active = activeOf(desk.ledger.item(OWN_ITEMS[kind]));
    const tree = active === null ? null : ownTree(closureWith(desk, active.ref.digest));
    return tree === null ? [] : [ownDemand(tree)];
  });

/** Opens the codex of a state directory, if there is one. Throws ProblemError. */
export const openOwnDesk = (codex: CodexSite | null, stateDirectory: string): CodexDesk | null =>
  existsSync(join(codexDirectory(stateDirectory), 'format'))
    ? openCodexDesk(codex ?? UNDECLARED, stateDirectory)
    : null;

/**
 * Judges a configuration. `desk`: null where there is no codex. Problems (`codex-unblessed`) only in production; elsewhere the
 * same is a warning. Throws ProblemError: `codex-damaged`, `store-unusable`.
 */
export const judgeOwn = (desk: CodexDesk | null, read: OwnRead, now: Instant): OwnJudgement => {
  const blessed = desk === null ? [] : blessedDemands(desk);
  const asked: OwnDemand = { ...ownDemand(read.tree), isProduction: read.isProduction };
  const { kinds, isProduction } = joinDemands([asked, ...blessed]);
  const standings = kinds.map((kind) => standingOf(desk, kind, { read, now }));
  const unblessed = standings.flatMap(({ trouble }) => (trouble === null ? [] : [trouble]));
  const warned = standings.flatMap(({ warning }) => (warning === null ? [] : [warning]));
  return {
    views: standings.map(({ view }) => view),
    problems: isProduction ? unblessed : [],
    warnings: isProduction ? warned : [...unblessed, ...warned],
  };
};

type Standing = { readonly view: OwnView; readonly trouble: Problem | null; readonly warning: Problem | null };
type Asked = { readonly read: OwnRead; readonly now: Instant };

const standingOf = (desk: CodexDesk | null, kind: OwnKind, { read, now }: Asked): Standing => {
  const is = ownDigest(kind, read.tree);
  const item = desk?.ledger.item(OWN_ITEMS[kind]) ?? null;
  const active = activeOf(item);
  // The active one before a later export of the same content: that one says nothing new.
  const same = active?.ref.digest === is ? active : item?.revisions.findLast(({ ref }) => ref.digest === is);
  const newest = same ?? null;
  const bare = { kind, item: OWN_ITEMS[kind], digest: is, version: newest?.ref.version ?? null, until: null };
  const root = desk?.chain.root() ?? null;
  if (desk === null || item === null || root === null)
    return unblessed({ ...bare, by: [] }, { read, item, newest, verdict: null }, desk);
  const verdict = newest === null ? null : verdictThen(desk, root, { item, revision: newest, now });
  if (active !== null && active === newest && verdict?.kind === 'blessed') {
    const by = verdict.reasons.flatMap((it) => (it.kind === 'signed' && it.role === 'blessing' ? it.by : []));
    const headline = `${item.item}@${active.ref.version}, blessed by ${by.join(', ')}`;
    const view: OwnView = { ...bare, version: active.ref.version, state: 'blessed', by, headline };
    return { view, trouble: null, warning: staleWarning(root, now) };
  }
  const allowed = item.revisions
    .filter((revision) => revision.ref.digest === is && !isEnded(revision))
    .flatMap((revision) => emergencyIn(desk.store, root, { item, revision, now }) ?? [])[0];
  if (allowed === undefined) return unblessed({ ...bare, by: [] }, { read, item, newest, verdict }, desk);
  const until = sayInstant(allowed.until);
  const headline = `${item.item}@${bare.version ?? 0} is not blessed; ${allowed.by} allows it until ${until}: ${allowed.why}`;
  const view: OwnView = { ...bare, until: allowed.until, by: [allowed.by], state: 'emergency', headline };
  return { view, trouble: null, warning: problem('codex-unblessed', headline, { mend: mendOf(kind, read.file) }) };
};

/** What was blessed under a root that has expired meanwhile is judged as it was in its last second. */
const verdictThen = (
  desk: CodexDesk,
  root: Root,
  asked: { readonly item: Item; readonly revision: Revision; readonly now: Instant },
): TrustVerdict => judge(desk.store, root, { ...asked, now: earliest(asked.now, instant(root.expires - 1)) });

const staleWarning = (root: Root, now: Instant): Problem | null =>
  now < root.expires
    ? null
    : problem(
        'codex-stale',
        `the root of trust has expired at ${sayInstant(root.expires)}; what was blessed under it goes on`,
      );

const short = (text: string): string => text.slice(0, 12);

const mendOf = (kind: OwnKind, file: string): string =>
  `sereno codex export ${file} --kind ${kind}; sereno codex submit ${OWN_ITEMS[kind]}; ` +
  `sereno codex bless ${OWN_ITEMS[kind]} --key <file>\n` +
  `              in an emergency: sereno codex emergency ${kind} --key <file> --why <reason>`;

type Known = {
  readonly read: OwnRead;
  readonly item: Item | null;
  readonly newest: Revision | null;
  readonly verdict: TrustVerdict | null;
};

const unblessed = (
  view: Omit<OwnView, 'state' | 'headline'>,
  { read, item, newest, verdict }: Known,
  desk: CodexDesk | null,
): Standing => {
  const active = activeOf(item);
  const is =
    newest === null
      ? `this is ${short(view.digest)}, which was never exported`
      : `this is ${view.item}@${newest.ref.version}, which is ${newest.state}${reasonsOf(verdict)}`;
  const wanted =
    active === null
      ? `no version of ${view.item} is active`
      : `${view.item}@${active.ref.version} is blessed and active`;
  const restored = active === null || desk === null ? '' : `; the blessed one: ${ownFilePath(desk, view.item)}`;
  const headline = `${wanted}, and ${is}`;
  const trouble = problem('codex-unblessed', `${headline}${restored}`, {
    place: { file: read.file, line: 1, column: 1 },
    mend: mendOf(view.kind, read.file),
  });
  return { view: { ...view, state: 'unblessed', headline }, trouble, warning: null };
};

const reasonsOf = (verdict: TrustVerdict | null): string => {
  const said = (verdict?.reasons ?? []).map(sayVerdict).join('; ');
  return said === '' ? '' : ` (${said})`;
};

export type OwnExport = {
  readonly kind: OwnKind;
  readonly read: OwnRead;
  /** Values that the configuration refers to, and that must not stand in it. */
  readonly secrets: readonly string[];
  readonly why: string | null;
};

const plainSecret = (file: string, path: string): Problem =>
  problem('codex-source', `${path} holds a secret in plain text`, {
    place: { file, line: 1, column: 1 },
    expected: 'a reference: ${env:NAME} or ${file:path}',
    mend: 'what enters the codex stays there for ever: write a reference, and change the secret',
  });

/** The configuration as the next version of its item. Throws ProblemError: `codex-source`, and what writing gives. */
export const exportOwn = (desk: CodexDesk, { by, now }: Doer, { kind, read, secrets, why }: OwnExport): RevisionRef => {
  const closure = ownClosureOf(kind, read);
  const plain = plainSecrets(read.tree, secrets).map((path) => plainSecret(read.file, path));
  if (plain.length > 0) throw new ProblemError(plain);
  const kept = desk.store.put(closureText(closure));
  if (kept.kind === 'failed') throw new ProblemError([kept.problem]);
  const { deed } = add(desk, { by, now }, () =>
    proposeExport(desk.ledger, { item: itemId(OWN_ITEMS[kind]), digest: kept.digest, why }),
  );
  if (deed.kind !== 'exported') throw new TypeError(`an export was recorded as ${deed.kind}`);
  return deed.revision;
};

const ownClosureOf = (kind: OwnKind, read: OwnRead): Closure => {
  const closure = ownClosure(kind, read.tree);
  const flaw = uncanonical(closure);
  if (flaw === null) return closure;
  throw new ProblemError([
    problem('codex-source', `${flaw.path} ${flaw.why}`, { place: { file: read.file, line: 1, column: 1 } }),
  ]);
};

/** Until when an emergency lasts that is declared now. */
export const emergencyUntil = (now: Instant, lastsMs: number): Instant => later(now, lastsMs);

/** The newest version with this very content that is not ended; null: it must be exported first. */
export const revisionWith = (desk: CodexDesk, kind: OwnKind, tree: OwnTree): Revision | null => {
  const is = ownDigest(kind, tree);
  const revisions = desk.ledger.item(OWN_ITEMS[kind])?.revisions ?? [];
  return revisions.findLast((revision) => revision.ref.digest === is && !isEnded(revision)) ?? null;
};

/** Signs that Sereno may run with this revision of its own until then, although it is not blessed. Throws ProblemError as `add`. */
export const declareEmergency = (
  desk: CodexDesk,
  { by, now }: Doer,
  emergency: { readonly revision: RevisionRef; readonly signer: Signer; readonly why: string; readonly until: Instant },
): void => {
  const { revision, signer, why, until } = emergency;
  const kept = desk.store.put(signStatement(signer, revision, { predicate: 'emergency', why, at: now, until }));
  if (kept.kind === 'failed') throw new ProblemError([kept.problem]);
  desk.heads.lend(signer);
  const deed = { kind: 'attested', revision, predicate: 'emergency', envelope: kept.digest } as const;
  add(desk, { by, now }, () => proposeDeed(desk.ledger, deed));
};
