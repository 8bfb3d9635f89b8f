// The codex of a site, opened: what was exported and blessed, where sources and templates lie, and who looks.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { openCodex } from '#adapters/codex/store.ts';
import { makeLiquid } from '#adapters/liquid/templates.ts';
import { decodeClosure } from '#duties/codex/closure.ts';
import { contentOf, type Made } from '#duties/codex/content.ts';
import { Ledger } from '#duties/codex/ledger.ts';
import { resolve, type Demand } from '#duties/codex/resolve.ts';
import { refusalProblem } from '#duties/codex/ledgerRefusal.ts';
import type { Item, Revision } from '#duties/codex/revision.ts';
import { Standings } from '#duties/codex/standing.ts';
import { canonical } from '#kernel/canonical.ts';
import { digest, GENESIS_DIGEST, type Closure, type CodexRecord, type Content, type Digest } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import { isOwnItem } from '#kernel/own.ts';
import { problem, ProblemError } from '#kernel/problem.ts';
import type { CodexSite } from '#kernel/site.ts';
import type { CodexFold, CodexStore } from '#ports/codex.ts';
import type { Templates } from '#ports/templates.ts';
import { HeadKeeper } from './heads.ts';
import { blessedBy, RootChain } from './trust.ts';

export type CodexDesk = {
  readonly site: CodexSite;
  /** Where the log and the objects lie. */
  readonly directory: string;
  readonly store: CodexStore;
  readonly ledger: Ledger;
  readonly templates: Templates;
  /** Who may bless, as the log has it. */
  readonly chain: RootChain;
  /** All entries that were read, the first at 0. */
  readonly records: readonly CodexRecord[];
  /** The signed end of the log, and what was believed of it before. */
  readonly heads: HeadKeeper;
};

export const codexDirectory = (stateDirectory: string): string => join(stateDirectory, 'codex');

/** Beside the codex, so that a copy of the codex that is put back does not bring an old memory with it. */
export const memoryFileOf = (site: CodexSite, stateDirectory: string): string =>
  site.memory ?? join(stateDirectory, 'codex-memory.json');

/** `unchecked`: what was believed before is not looked at; for whoever takes up a log whose end is lost. */
export type Opening = 'checked' | 'unchecked';

/** The codex, its log not read yet: whoever has little time reads it in slices. Nothing is made before something is written. */
export const makeCodexDesk = (site: CodexSite, stateDirectory: string): CodexDesk => {
  const directory = codexDirectory(stateDirectory);
  // The fold asks the chain, which reads the store, which tells the fold: the store is there before it tells anything.
  const parts: { store?: CodexStore } = {};
  const reader: Pick<CodexStore, 'read'> = {
    read: (name) => parts.store?.read(name) ?? { kind: 'missing' },
  };
  const chain = new RootChain(reader);
  const ledger = new Ledger(blessedBy(reader, chain));
  const records: CodexRecord[] = [];
  const standings = new Standings();
  const heads = new HeadKeeper({
    directory,
    stateDirectory,
    memoryFile: memoryFileOf(site, stateDirectory),
    chain,
    end: () => parts.store?.head() ?? { seq: 0, hash: GENESIS_DIGEST },
    hashOf: (seq) => records[seq - 1]?.hash ?? null,
    listing: () => standings.text(ledger.items()),
    catchUp: () => parts.store?.catchUp() ?? null,
  });
  const fold: CodexFold = {
    refusal: (entry) => ledger.refusal(entry),
    take: (record) => {
      ledger.take(record);
      records.push(record);
      if (record.deed.kind === 'trusted') chain.follow(record.deed.root, record.deed.version);
    },
  };
  const store = openCodex({ directory, fold });
  parts.store = store;
  return { site, directory, store, ledger, chain, records, heads, templates: makeLiquid() };
};

/**
 * Opens the codex and reads its log; nothing is made before something is written. A log or a head older than what was
 * believed here is refused. Throws ProblemError: `codex-untrusted`, `codex-damaged`, `store-newer`, `store-unusable`.
 */
export const openCodexDesk = (site: CodexSite, stateDirectory: string, opening: Opening = 'checked'): CodexDesk => {
  const desk = makeCodexDesk(site, stateDirectory);
  desk.heads.recall();
  const trouble = desk.store.catchUp();
  if (trouble !== null) throw new ProblemError([trouble]);
  if (opening === 'checked') desk.heads.compare();
  return desk;
};

/** The revision that a selector means. Throws ProblemError: `bad-request`, `not-found`, `codex-revoked`, `codex-refused`. */
export const revisionOf = (desk: CodexDesk, selector: string, demand: Demand): Revision => {
  const resolved = resolve(desk.ledger, selector, demand);
  if (resolved.kind === 'refused') throw new ProblemError([refusalProblem(resolved.refusal)]);
  return resolved.revision;
};

/** The items that programs read. Sereno's own configuration is none: no copy of it lies anywhere, and no model answers to it. */
export const tasksOf = (desk: CodexDesk): readonly Item[] => desk.ledger.items().filter(({ item }) => !isOwnItem(item));

/** An item of the codex. Throws ProblemError: `not-found`. */
export const itemOf = (desk: CodexDesk, name: string): Item => {
  const item = desk.ledger.item(name);
  if (item === null) throw new ProblemError([refusalProblem({ kind: 'unknown-item', item: name })]);
  return item;
};

/** Everything that a revision was made of, its bytes looked at again. Throws ProblemError: `codex-damaged`, `store-unusable`. */
export const closureWith = ({ store, directory }: CodexDesk, name: Digest): Closure => {
  const read = store.read(name);
  if (read.kind === 'failed') throw new ProblemError([read.problem]);
  if (read.kind === 'missing')
    throw new ProblemError([problem('codex-damaged', `the object ${name} is missing from ${directory}`)]);
  const value: Json = JSON.parse(read.text);
  const closure = decodeClosure(value);
  if (closure === null) throw new ProblemError([problem('codex-damaged', `the object ${name} is no closure`)]);
  return closure;
};

/** What a blessing names besides the revision: SHA-256 over the canonical form of what production reads. */
export const contentDigest = (content: Content): Digest =>
  digest(createHash('sha256').update(canonical(content)).digest('hex'));

/** What a revision says, made again from its closure alone. Throws ProblemError as `closureWith`, and `codex-template`. */
export const contentWith = (desk: CodexDesk, name: Digest): Made => {
  const made = contentOf(closureWith(desk, name), desk.templates.render);
  if (made.kind === 'refused') throw new ProblemError(made.problems);
  return made;
};

/** The revision that a person means who works on an item: a bare name is its newest version, whatever became of that. */
export const workedOn = (desk: CodexDesk, selector: string): Revision => {
  const item = desk.ledger.item(selector);
  return item === null
    ? revisionOf(desk, selector, 'any')
    : revisionOf(desk, `${selector}@${item.revisions.length}`, 'any');
};
