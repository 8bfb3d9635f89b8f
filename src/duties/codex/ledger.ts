// The ledger: what follows from the codex's log. It takes the entries in order and refuses what cannot be.
//
//   exported ──▶ candidate ──submitted──▶ in-review ──attested: blessing──▶ blessed ──activated──▶ active ──▶ superseded
//                    └──────rejected──────────┘                 (the next activated one of the item)────┘
//   any of them but a rejected one ──revoked──▶ revoked, and all that are rollbacks of the same one with it
//   exported with `restores` of a blessed one ──▶ blessed
//
// Versions only rise and never have gaps; what is active only rises too: going back is a new version with old content.
// There is no cryptography here. The ledger believes what was claimed, and `isBlessed` says how many claims are enough;
// whoever reads for production verifies the signatures besides.

import {
  objectsOf,
  type CodexDeed,
  type CodexEntry,
  type CodexRecord,
  type Digest,
  type RevisionRef,
} from '#kernel/codex.ts';
import { unreachable } from '#kernel/unreachable.ts';
import { sayRefusal } from './ledgerRefusal.ts';
import {
  isEnded,
  originOf,
  wasBlessed,
  type Item,
  type LedgerView,
  type RegisteredSchema,
  type Revision,
} from './revision.ts';
import { refuse } from './rules.ts';
import { splitSchemaId } from './schemas/registry.ts';

/** Whether what was attested of a revision is enough to call it blessed. It must give the same answer every time. */
export type IsBlessed = (revision: Revision) => boolean;

/** The weakest rule: somebody attested a blessing. Signatures, roles and thresholds are for whoever hands in a better one. */
export const claimsBlessing: IsBlessed = ({ attestations }) =>
  attestations.some(({ predicate }) => predicate === 'blessing');

type Page = Omit<Item, 'revisions' | 'tags' | 'records'> & {
  readonly revisions: Revision[];
  readonly tags: Map<string, number>;
  readonly records: CodexRecord[];
};

/**
 * The fold of the log, in memory. Items that it hands out are views: they change with the next entry that is taken.
 */
export class Ledger implements LedgerView {
  readonly #pages = new Map<string, Page>();
  readonly #named = new Set<string>();
  readonly #schemas: RegisteredSchema[] = [];
  readonly #byDigest = new Map<string, RevisionRef[]>();
  readonly #isBlessed: IsBlessed;
  #root: { readonly version: number; readonly digest: Digest } | null = null;

  constructor(isBlessed: IsBlessed = claimsBlessing) {
    this.#isBlessed = isBlessed;
  }

  item(name: string): Item | null {
    return this.#pages.get(name) ?? null;
  }

  items(): readonly Item[] {
    return [...this.#pages.values()].toSorted((a, b) => (a.item < b.item ? -1 : 1));
  }

  withDigest(digest: string): readonly Revision[] {
    return (this.#byDigest.get(digest) ?? []).flatMap(({ item, version }) => {
      const revision = this.#pages.get(item)?.revisions[version - 1];
      return revision === undefined ? [] : [revision];
    });
  }

  isNamed(digest: string): boolean {
    return this.#named.has(digest);
  }

  rootVersion(): number | null {
    return this.#root?.version ?? null;
  }

  /** Every schema that was registered, oldest first. */
  schemas(): readonly RegisteredSchema[] {
    return this.#schemas;
  }

  /** The digest of the root document in force; null before the first. */
  root(): Digest | null {
    return this.#root?.digest ?? null;
  }

  refusal({ deed }: Pick<CodexEntry, 'deed'>): string | null {
    const refused = refuse(this, deed);
    return refused === null ? null : sayRefusal(refused);
  }

  /** Folds one entry. Only what `refusal` let pass may be handed in. */
  take(record: CodexRecord): void {
    const { deed } = record;
    for (const digest of objectsOf(deed)) this.#named.add(digest);
    if (deed.kind === 'trusted') this.#root = { version: deed.version, digest: deed.root };
    if (deed.kind === 'schema-registered') this.#schemas.push(registeredBy(deed, record));
    if (deed.kind === 'trusted' || deed.kind === 'collected' || deed.kind === 'schema-registered') return;
    const name = deed.kind === 'untagged' ? deed.item : deed.revision.item;
    const page: Page = this.#pages.get(name) ?? {
      item: name,
      revisions: [],
      active: null,
      tags: new Map(),
      records: [],
    };
    page.records.push(record);
    this.#pages.set(name, this.#turn(page, record));
  }

  #turn(page: Page, record: CodexRecord): Page {
    const { deed } = record;
    switch (deed.kind) {
      case 'exported':
        return this.#addRevision(page, record, deed);
      case 'submitted':
        return change(page, deed.revision, { state: 'in-review' });
      case 'rejected':
        return change(page, deed.revision, { state: 'rejected', why: deed.why });
      case 'attested':
        return this.#attest(page, record, deed);
      case 'activated':
        return activate(page, deed.revision);
      case 'revoked':
        return revoke(page, deed.revision, deed.why);
      case 'tagged':
        page.tags.set(deed.tag, deed.revision.version);
        return page;
      case 'untagged':
        page.tags.delete(deed.tag);
        return page;
      case 'evaluated':
      case 'waived':
      case 'schema-registered':
      case 'trusted':
      case 'collected':
        return page;
      default:
        return unreachable(deed);
    }
  }

  #addRevision(page: Page, { at, by }: CodexRecord, deed: CodexDeed & { readonly kind: 'exported' }): Page {
    const { revision: ref, parent, restores, why } = deed;
    const restored = restores === null ? undefined : page.revisions[restores - 1];
    const state = restored !== undefined && wasBlessed(restored) ? 'blessed' : 'candidate';
    page.revisions.push({ ref, state, at, by, parent, restores, why, attestations: [] });
    const same = this.#byDigest.get(ref.digest);
    if (same === undefined) this.#byDigest.set(ref.digest, [ref]);
    else same.push(ref);
    return page;
  }

  #attest(page: Page, { seq, at, by }: CodexRecord, deed: CodexDeed & { readonly kind: 'attested' }): Page {
    const before = page.revisions[deed.revision.version - 1];
    if (before === undefined) return page;
    const { predicate, envelope } = deed;
    const attested = { ...before, attestations: [...before.attestations, { seq, predicate, envelope, at, by }] };
    const isBlessed = before.state === 'in-review' && this.#isBlessed(attested);
    page.revisions[deed.revision.version - 1] = isBlessed ? { ...attested, state: 'blessed' } : attested;
    return page;
  }
}

const registeredBy = (
  { id, compatibility, schema }: CodexDeed & { readonly kind: 'schema-registered' },
  { at, by }: CodexRecord,
): RegisteredSchema => {
  const split = splitSchemaId(id);
  if (split === null) throw new RangeError(`${id} was taken under no name of a schema`);
  return { ...split, compatibility, digest: schema, at, by };
};

const change = (page: Page, { version }: RevisionRef, changed: Partial<Revision>): Page => {
  const before = page.revisions[version - 1];
  if (before !== undefined) page.revisions[version - 1] = { ...before, ...changed };
  return page;
};

const activate = (page: Page, ref: RevisionRef): Page => {
  const before = page.active === null ? undefined : page.revisions[page.active - 1];
  if (before !== undefined) change(page, before.ref, { state: 'superseded' });
  return { ...change(page, ref, { state: 'active' }), active: ref.version };
};

/** Rollbacks stand on the blessing of what they restore, and have its bytes: they are revoked with it, and it with them. */
const revoke = (page: Page, { version }: RevisionRef, why: string): Page => {
  const named = page.revisions[version - 1];
  if (named === undefined) return page;
  const origin = originOf(page, named).ref.version;
  const family = page.revisions.filter((it) => !isEnded(it) && originOf(page, it).ref.version === origin);
  for (const { ref } of family) change(page, ref, { state: 'revoked', why });
  return family.some(({ ref }) => ref.version === page.active) ? { ...page, active: null } : page;
};
