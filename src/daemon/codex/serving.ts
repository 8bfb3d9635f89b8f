// Serving: what the codex of a running Sereno answers. Nothing is kept from one answer to the next: the object is hashed
// again, the content made again from its closure, and the blessing judged by its signatures, whenever somebody asks.

import { setTimeout as pause } from 'node:timers/promises';
import { originOf, type Item, type Revision } from '#duties/codex/revision.ts';
import { refusalProblem } from '#duties/codex/ledgerRefusal.ts';
import { resolve } from '#duties/codex/resolve.ts';
import { closureText } from '#duties/codex/closure.ts';
import { diffLines } from '#duties/codex/diff.ts';
import { verdictProblem } from '#duties/codex/trust/problem.ts';
import { isItemId, type Digest } from '#kernel/codex.ts';
import type {
  CodexDiffView,
  CodexFound,
  CodexItemBrief,
  CodexItemView,
  CodexListView,
  CodexProof,
  CodexSignedHead,
  LineView,
  ServedContent,
} from '#kernel/codexView.ts';
import type { Json } from '#kernel/evidence.ts';
import { problem, ProblemError } from '#kernel/problem.ts';
import type { Instant } from '#kernel/time.ts';
import type { CodexServing, ContentDemand, VersionPage } from '#ports/codexServing.ts';
import { inTurns } from '../inTurns.ts';
import { blessersIn, envelopeOf, isContentDisputed } from './attested.ts';
import { BriefBook } from './briefBook.ts';
import { briefOf, deedView, itemBrief, revisionView, rootView, troubled, type CopiesOf } from './briefs.ts';
import { verdictOn } from './deeds.ts';
import { closureWith, contentDigest, contentWith, itemOf, type CodexDesk } from './desk.ts';
import type { CodexFollower } from './following.ts';
import { disputedProblem } from './get.ts';
import { diffRevisions } from './looks.ts';

/** A version, a tag, `active` or a digest, as it stands in an address; what it means is for the resolver. */
const selectorOf = (desk: CodexDesk, item: string, ref: string): string => {
  const bare = ref.replace(/^sha256:/, '');
  if (!/^[0-9a-f]{64}$/.test(bare)) return `${item}@${ref}`;
  // The digest may be that of several versions, and of several items: here only the newest of this one counts.
  const found = itemOf(desk, item).revisions.filter((it) => it.ref.digest === bare);
  const newest = found.findLast(({ state }) => state !== 'revoked' && state !== 'rejected') ?? found.at(-1);
  return newest === undefined ? bare : `${item}@${newest.ref.version}`;
};

/** Why there is no active version: the last one was revoked, or there never was one. */
const noneActive = (desk: CodexDesk, name: string): ProblemError => {
  const item = itemOf(desk, name);
  const last = item.records.findLast(({ deed }) => deed.kind === 'activated');
  const version = last?.deed.kind === 'activated' ? last.deed.revision.version : 0;
  const revision = item.revisions[version - 1];
  const refusal =
    revision === undefined
      ? ({ kind: 'none-active', item: item.item } as const)
      : ({ kind: 'ended', revision: revision.ref, state: revision.state, why: revision.why } as const);
  return new ProblemError([refusalProblem(refusal)]);
};

/** Throws ProblemError with what the resolver refuses. */
const revisionFor = (desk: CodexDesk, item: string, ref: string, demand: ContentDemand): Revision => {
  if (!isItemId(item)) throw new ProblemError([refusalProblem({ kind: 'unknown-item', item })]);
  const resolved = resolve(desk.ledger, selectorOf(desk, item, ref), demand);
  if (resolved.kind === 'resolved') return resolved.revision;
  if (resolved.refusal.kind === 'none-active') throw noneActive(desk, item);
  throw new ProblemError([refusalProblem(resolved.refusal)]);
};

const serve = (desk: CodexDesk, revision: Revision, demand: ContentDemand, now: Instant): ServedContent => {
  const { ref, state } = revision;
  const { content } = contentWith(desk, ref.digest);
  const root = desk.chain.root();
  const plain = {
    content,
    version: ref.version,
    digest: ref.digest,
    state,
    root: root?.version ?? null,
    head: root === null ? null : desk.heads.newest(),
  };
  if (demand === 'any') return { ...plain, blessedBy: briefOf(desk, revision, now).blessedBy };
  const verdict = verdictOn(desk, ref, now);
  const distrust = verdictProblem(`${ref.item}@${ref.version}`, verdict);
  if (distrust !== null) throw new ProblemError([distrust]);
  const origin = originOf(itemOf(desk, ref.item), revision);
  if (root !== null && isContentDisputed(desk, root, { origin, content: contentDigest(content) }))
    throw new ProblemError([disputedProblem(`${ref.item}@${ref.version}`)]);
  return { ...plain, blessedBy: blessersIn(verdict) };
};

const prove = (desk: CodexDesk, revision: Revision, afterRoot: number): CodexProof => {
  const { ref, state } = revision;
  const origin = originOf(itemOf(desk, ref.item), revision);
  const isOpen = state !== 'revoked' && state !== 'rejected';
  return {
    format: 1,
    item: ref.item,
    version: ref.version,
    digest: ref.digest,
    state,
    origin: { version: origin.ref.version, authors: [origin.by.name] },
    closure: isOpen ? closureText(closureWith(desk, ref.digest)) : null,
    content: isOpen ? contentWith(desk, ref.digest).content : null,
    attestations: provenBy(desk, origin, revision),
    roots: rootsAfter(desk, afterRoot),
  };
};

const rootsAfter = (desk: CodexDesk, afterRoot: number): readonly string[] => {
  const roots = desk.chain.documents().filter(({ version }) => version > afterRoot);
  return roots.map(({ digest }) => envelopeOf(desk, digest));
};

const UNSIGNED = problem('not-found', 'nobody has signed the head of the log yet', {
  mend: 'sereno codex trust <person>=<key> … names who may',
});

const signedHead = (desk: CodexDesk, afterRoot: number): CodexSignedHead => {
  const signed = desk.heads.signed();
  if (signed === null) throw new ProblemError([UNSIGNED]);
  return { format: 1, ...signed, roots: rootsAfter(desk, afterRoot) };
};

/** A deed enters the log first, and its head is signed right after: so often it is looked whether that has come. */
const HEAD_LOOKS = 10;
const HEAD_LOOK_MS = 100;

/** The head, waited for while it is being signed: an older one would name as active what is so no more. */
const settledHead = async (look: () => Promise<CodexFound<CodexSignedHead>>): Promise<CodexFound<CodexSignedHead>> => {
  for (let left = HEAD_LOOKS; ; left -= 1) {
    const found = await look();
    if (left === 0 || (found.kind === 'found' && found.value.listing !== null)) return found;
    if (found.kind === 'refused' && found.problem !== UNSIGNED) return found;
    await pause(HEAD_LOOK_MS);
  }
};

/** Blessings and reviews are of the origin; a revocation may be of either. */
const provenBy = (desk: CodexDesk, origin: Revision, revision: Revision): CodexProof['attestations'] => {
  const item = itemOf(desk, revision.ref.item);
  const own = origin.attestations.map(({ seq, envelope }) => ({ seq, envelope }));
  const revoked = item.records.flatMap(({ seq, deed }) =>
    deed.kind === 'revoked' && deed.envelope !== null && isFamily(item, deed.revision.version, origin)
      ? [{ seq, envelope: deed.envelope }]
      : [],
  );
  return [...own, ...revoked].map(({ seq, envelope }) => ({ seq, envelope: envelopeOf(desk, envelope) }));
};

const isFamily = (item: Item, version: number, origin: Revision): boolean => {
  const revision = item.revisions[version - 1];
  return revision !== undefined && originOf(item, revision).ref.version === origin.ref.version;
};

/** Line by line where one of both has several. */
const linesOf = (before: Json, after: Json): readonly LineView[] | null => {
  if (typeof before !== 'string' || typeof after !== 'string') return null;
  return before.includes('\n') || after.includes('\n') ? diffLines(before, after) : null;
};

const compare = (desk: CodexDesk, pair: readonly [Revision, Revision], now: Instant): CodexDiffView => {
  const [from, to] = pair;
  const name = ({ ref }: Revision): string => `${ref.item}@${ref.version}`;
  const fields = diffRevisions(desk, name(from), name(to));
  return {
    item: from.ref.item,
    from: briefOf(desk, from, now),
    to: briefOf(desk, to, now),
    fields: fields.map((it) => ({ ...it, lines: linesOf(it.before, it.after) })),
  };
};

/** Many items, or many versions, are looked at in turns, between which the watch goes on. */
function* eachInTurn<One, Other>(all: readonly One[], look: (one: One) => Other): Generator<undefined, Other[]> {
  const found: Other[] = [];
  for (const one of all) {
    found.push(look(one));
    yield;
  }
  return found;
}

type Looking = { readonly now: Instant; readonly copiesOf: CopiesOf };

const listAll = async (desk: CodexDesk, book: BriefBook, { now, copiesOf }: Looking): Promise<CodexListView> => {
  const root = desk.chain.root()?.version ?? null;
  const look = (item: Item): CodexItemBrief | null => {
    const brief = book.of(item, root, { now, make: () => itemBrief(desk, item, now) });
    return brief === null ? null : { ...brief, copies: copiesOf(item.item) };
  };
  const items = await inTurns(eachInTurn(desk.ledger.items(), look));
  return {
    isDeclared: true,
    items: items.filter((it) => it !== null),
    root: rootView(desk),
    entries: desk.store.head().seq,
  };
};

const showItem = async (
  desk: CodexDesk,
  name: string,
  page: VersionPage,
  { now, copiesOf }: Looking,
): Promise<CodexItemView> => {
  const item = itemOf(desk, name);
  const total = item.revisions.length;
  const shown = item.revisions
    .slice(0, page.before === null ? total : Math.max(0, page.before - 1))
    .slice(-page.limit)
    .toReversed();
  const versions = await inTurns(eachInTurn(shown, (revision) => revisionView(desk, item, revision, now)));
  const from = item.records.findIndex(
    ({ deed }) => deed.kind === 'exported' && deed.revision.version === shown.at(-1)?.ref.version,
  );
  const newest = item.revisions[(item.active ?? total) - 1];
  const title = troubled(() => (newest === undefined ? null : contentWith(desk, newest.ref.digest).content.title));
  return {
    item: item.item,
    title: title.kind === 'told' ? title.value : null,
    active: item.active,
    tags: Object.fromEntries(item.tags),
    total,
    versions,
    history: item.records.slice(Math.max(0, from)).map(deedView).toReversed(),
    copies: copiesOf(item.item),
    trouble: title.kind === 'trouble' ? title.why : null,
  };
};

/** Serves the codex that is followed. `now`: when a signature is judged. */
export const serveCodex = (follower: CodexFollower, now: () => Instant, copiesOf: CopiesOf): CodexServing => {
  const book = new BriefBook();
  const answer = async <Value>(work: (desk: CodexDesk) => Value | Promise<Value>): Promise<CodexFound<Value>> => {
    const opened = await follower.opened();
    if (opened.kind === 'trouble') return { kind: 'refused', problem: opened.problem };
    try {
      return { kind: 'found', value: await work(opened.desk) };
    } catch (error) {
      const [first] = error instanceof ProblemError ? error.problems : [];
      if (first === undefined) throw error;
      return { kind: 'refused', problem: first };
    }
  };
  const digestOf = (item: string, ref: string): Digest | null => {
    const opened = follower.now();
    if (opened.kind === 'trouble') return null;
    try {
      return revisionFor(opened.desk, item, ref, 'blessed').ref.digest;
    } catch (error) {
      if (error instanceof ProblemError) return null;
      throw error;
    }
  };
  return {
    list: () => answer((desk) => listAll(desk, book, { now: now(), copiesOf })),
    item: (name, page) => answer((desk) => showItem(desk, name, page, { now: now(), copiesOf })),
    content: (item, ref, demand) => answer((desk) => serve(desk, revisionFor(desk, item, ref, demand), demand, now())),
    proof: (item, ref, afterRoot) => answer((desk) => prove(desk, provenRevision(desk, item, ref), afterRoot)),
    head: (afterRoot) => settledHead(() => answer((desk) => signedHead(desk, afterRoot))),
    diff: (item, from, to) =>
      answer((desk) => {
        const pair = [revisionFor(desk, item, from, 'any'), revisionFor(desk, item, to, 'any')] as const;
        return compare(desk, pair, now());
      }),
    digestOf,
    onChange: (listener) => follower.onChange(listener),
  };
};

/** A version is proven whatever became of it: also that it was revoked. */
const provenRevision = (desk: CodexDesk, name: string, ref: string): Revision => {
  const version = /^v?([1-9]\d{0,14})$/.exec(ref)?.[1];
  if (version === undefined || !isItemId(name)) return revisionFor(desk, name, ref, 'blessed');
  const revision = itemOf(desk, name).revisions[Number(version) - 1];
  return revision ?? revisionFor(desk, name, ref, 'blessed');
};
