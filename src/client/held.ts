// What is held: for each item the last good revision with its proof, the newest root that was believed, and the newest head of
// the log. Every time it is given it is judged anew: by the root of now, at the time of now.

import { canonical } from '#kernel/canonical.ts';
import type { Content } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import { readCached, writeCached } from './cache.ts';
import {
  agedBehind,
  besideOrder,
  endedBy,
  isHeadSigned,
  readHead,
  staleTrouble,
  type ClientHead,
  type Trouble,
} from './order.ts';
import { judge, readProof, type Judgement, type Proof } from './proof.ts';
import { Distrust, distrust, fieldsIn, own, textIn, textsIn } from './reading.ts';
import { firstRoot, nextRoot, type ClientRoot } from './root.ts';

export type Verified = {
  readonly item: string;
  readonly version: number;
  /** The version that was signed. */
  readonly origin: number;
  readonly digest: string;
  readonly content: Content;
  readonly by: readonly string[];
  readonly root: number;
  /** The head of the log that names it; null: none was ever shown. */
  readonly head: number | null;
};

export type HeldParts = { readonly root: string; readonly folder: string | null; readonly now: () => number };

type Entry = { readonly proof: Proof; readonly raw: unknown; readonly confirmedAt: number };

export class Held {
  readonly #parts: HeldParts;
  readonly #entries = new Map<string, Entry | null>();
  #root: ClientRoot;
  /** The documents from the first root to the one that is believed. */
  #chain: readonly string[] = [];
  #head: ClientHead | null = null;

  /** Throws when the root is none. */
  constructor(parts: HeldParts) {
    this.#parts = parts;
    this.#root = pinned(parts.root);
    this.#recallHead();
  }

  rootVersion(): number {
    return this.#root.version;
  }

  /** Null: no head of the log was ever seen. */
  headVersion(): number | null {
    return this.#head?.version ?? null;
  }

  isHeadFresh(): boolean {
    return this.#head !== null && this.#headTrouble() === null;
  }

  /** Takes the head of the log that the server shows. Null: it is believed and fresh. */
  takeHead(value: unknown): Trouble | null {
    try {
      const fields = fieldsIn(value, 'the head');
      this.#follow(textsIn(fields, 'roots'));
      const listing = own(fields, 'listing');
      if (typeof listing !== 'string') return distrust('the server does not show the listing that its head names');
      const head = readHead(textIn(fields, 'head'), listing, this.#root);
      const aged = agedBehind(this.#head, head);
      if (aged !== null) return aged;
      // Also an expired one is kept: nothing older may follow it (TUF).
      if (head.version !== this.#head?.version) this.#keepHead(head);
      return this.#headTrouble();
    } catch (error) {
      if (error instanceof Distrust) return { code: 'unverified', why: error.message };
      throw error;
    }
  }

  /** Why what is held is not what the head of the log names; null: it is, or no head was ever seen. */
  outOfOrder(item: string, ref: string): Trouble | null {
    const entry = this.#entry(item, ref);
    return entry === null ? null : this.#beside(ref, entry.proof);
  }

  /** The revision that may be used; null: there is none, or it is not believed any more. */
  good(item: string, ref: string): Verified | null {
    const entry = this.#entry(item, ref);
    const judgement = entry === null ? null : this.#judge(entry.proof, ref);
    if (entry === null || judgement?.kind !== 'blessed') return null;
    const { version, digest, origin } = entry.proof;
    const { content, by } = judgement;
    return {
      item,
      version,
      origin: origin.version,
      digest,
      content,
      by,
      root: this.#root.version,
      head: this.headVersion(),
    };
  }

  /** Why what is held may not be used; null: nothing is held, or it may. */
  ended(item: string, ref: string): Exclude<Judgement, { readonly kind: 'blessed' }> | null {
    const entry = this.#entry(item, ref);
    const judgement = entry === null ? null : this.#judge(entry.proof, ref);
    return judgement === null || judgement.kind === 'blessed' ? null : judgement;
  }

  confirmedAt(item: string, ref: string): number {
    return this.#entry(item, ref)?.confirmedAt ?? 0;
  }

  /** The server has just said that it is still this one. */
  confirm(item: string, ref: string): Verified | null {
    const entry = this.#entry(item, ref);
    const good = this.good(item, ref);
    if (entry !== null && good !== null)
      this.#entries.set(nameOf(item, ref), { ...entry, confirmedAt: this.#parts.now() });
    return good;
  }

  /**
   * Takes a proof when it is believed, or when it proves that what is held was revoked. Null: taken; otherwise why not. `body`:
   * the content as it was served, which must be the one that is proven.
   */
  take(item: string, ref: string, came: { readonly value: unknown; readonly body: string | null }): Trouble | null {
    try {
      const proof = readProof(came.value);
      this.#follow(proof.roots);
      const judgement = this.#judge(proof, ref);
      const before = this.#entry(item, ref);
      if (proof.item !== item) return distrust('the proof is of another item');
      if (judgement.kind === 'refused') return distrust(judgement.why);
      if (judgement.kind === 'revoked' && before?.proof.version !== proof.version) return distrust(judgement.why);
      if (judgement.kind === 'blessed') {
        const parts = { ref, proof, judgement, body: came.body, before: before?.proof ?? null };
        const trouble = misfit(parts) ?? this.#beside(ref, proof);
        if (trouble !== null) return trouble;
      }
      this.#keep(item, ref, { proof, raw: came.value, confirmedAt: this.#parts.now() });
      return null;
    } catch (error) {
      if (error instanceof Distrust) return { code: 'unverified', why: error.message };
      throw error;
    }
  }

  /** A head that says that something is over is believed for good, also when it is old. */
  #judge(proof: Proof, ref: string): Judgement {
    const judgement = judge(proof, this.#root, this.#parts.now());
    const why = judgement.kind === 'blessed' && this.#head !== null ? this.#ended(this.#head, ref, proof) : null;
    return why === null ? judgement : { kind: 'revoked', why };
  }

  #ended(head: ClientHead, ref: string, proof: Proof): string | null {
    try {
      return endedBy(head, ref, proof);
    } catch (error) {
      if (error instanceof Distrust) return null;
      throw error;
    }
  }

  #beside(ref: string, proof: Proof): Trouble | null {
    try {
      const why = this.#head === null ? null : besideOrder(this.#head, ref, proof);
      return why === null ? null : { code: 'rolled-back', why };
    } catch (error) {
      if (error instanceof Distrust) return { code: 'unverified', why: error.message };
      throw error;
    }
  }

  #headTrouble(): Trouble | null {
    return this.#head === null ? null : staleTrouble(this.#head, this.#parts.now());
  }

  #keepHead(head: ClientHead): void {
    this.#head = head;
    const { folder } = this.#parts;
    const { text, listing } = head;
    if (folder !== null) writeCached(folder, HEAD, { format: 1, roots: this.#chain, head: text, listing });
  }

  /** From the disk, once: nothing older is believed than what was seen before this start. */
  #recallHead(): void {
    const value = this.#parts.folder === null ? null : readCached(this.#parts.folder, HEAD);
    if (value === null) return;
    try {
      const fields = fieldsIn(value, 'the cache');
      this.#follow(textsIn(fields, 'roots'));
      this.#head = readHead(textIn(fields, 'head'), textIn(fields, 'listing'), this.#root);
    } catch (error) {
      if (!(error instanceof Distrust)) throw error;
    }
  }

  /** Each root is believed for good before the next one is looked at; the first that is not believed ends it. */
  #follow(documents: readonly string[]): void {
    for (const text of documents) {
      const next = nextRoot(this.#root, text);
      if (next.version === this.#root.version) continue;
      this.#root = next;
      if (this.#head !== null && !isHeadSigned(this.#head.text, next)) this.#head = null;
      this.#chain = [...this.#chain, text];
    }
  }

  #keep(item: string, ref: string, entry: Entry): void {
    this.#entries.set(nameOf(item, ref), entry);
    const { folder } = this.#parts;
    if (folder === null) return;
    const { raw, confirmedAt } = entry;
    // That it cannot be written is no reason to withhold it; the next start asks the server.
    writeCached(folder, nameOf(item, ref), { format: 1, roots: this.#chain, proof: raw, confirmedAt });
  }

  /** From memory, or once from the disk. */
  #entry(item: string, ref: string): Entry | null {
    const name = nameOf(item, ref);
    const found = this.#entries.get(name);
    if (found !== undefined) return found;
    const loaded = this.#load(item, name);
    this.#entries.set(name, loaded);
    return loaded;
  }

  #load(item: string, name: string): Entry | null {
    const value = this.#parts.folder === null ? null : readCached(this.#parts.folder, name);
    if (value === null) return null;
    try {
      const fields = fieldsIn(value, 'the cache');
      this.#follow(textsIn(fields, 'roots'));
      const raw = own(fields, 'proof');
      const at = own(fields, 'confirmedAt');
      const proof = readProof(raw);
      return proof.item === item ? { proof, raw, confirmedAt: typeof at === 'number' ? at : 0 } : null;
    } catch (error) {
      if (error instanceof Distrust) return null;
      throw error;
    }
  }
}

const pinned = (text: string): ClientRoot => {
  try {
    return firstRoot(text);
  } catch (error) {
    if (error instanceof Distrust)
      throw new Error(`the root of trust cannot be used: ${error.message}`, { cause: error });
    throw error;
  }
};

/** No item has such a name: those of items have an `@`. */
const HEAD = 'head';

const nameOf = (item: string, ref: string): string => `${item}@${ref.replace(':', '-')}`;

type Fit = {
  readonly ref: string;
  readonly proof: Proof;
  readonly judgement: Extract<Judgement, { readonly kind: 'blessed' }>;
  readonly body: string | null;
  readonly before: Proof | null;
};

const asJson = (value: unknown): Json => value as Json; // decoder: it came out of JSON.parse

/** Why a blessed revision is not the one that was asked for. What is active only rises: an older one is a rollback attack. */
const misfit = ({ ref, proof, judgement, body, before }: Fit): Trouble | null => {
  if (body !== null && canonical(asJson(judgement.content)) !== body)
    return distrust('the content is not the one that is proven');
  if (ref === 'active' && before !== null && proof.version < before.version)
    return {
      code: 'rolled-back',
      why: `version ${proof.version} was given, and version ${before.version} was active already`,
    };
  const version = /^v?([1-9]\d*)$/.exec(ref)?.[1];
  if (version !== undefined && Number(version) !== proof.version) return distrust(`version ${version} was asked for`);
  const digest = /^(?:sha256:)?([0-9a-f]{64})$/.exec(ref)?.[1];
  if (digest !== undefined && digest !== proof.digest) return distrust('another digest was asked for');
  return null;
};
