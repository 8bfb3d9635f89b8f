// Serving: what the codex answers to those who ask over the network. Everything is looked at again when it is asked for.

import type { Digest } from '#kernel/codex.ts';
import type {
  CodexDiffView,
  CodexFound,
  CodexItemView,
  CodexListView,
  CodexProof,
  CodexSignedHead,
  ServedContent,
} from '#kernel/codexView.ts';

/** Which versions of an item are shown: at most so many, those before a version. */
export type VersionPage = { readonly before: number | null; readonly limit: number };

/** `blessed`: what production may read. `any`: also candidates, for people who look. What was revoked is given to nobody. */
export type ContentDemand = 'blessed' | 'any';

/**
 * Refusals: `not-found`, `bad-request`, `codex-revoked`, `codex-refused`, `codex-untrusted`, `codex-stale`, and for a codex
 * that is damaged or cannot be read `codex-damaged`, `store-newer`, `store-unusable`. `ref` is a version (`3`, `v3`), a tag,
 * `active`, or a digest.
 */
export interface CodexServing {
  list(): Promise<CodexFound<CodexListView>>;
  item(name: string, page: VersionPage): Promise<CodexFound<CodexItemView>>;
  content(item: string, ref: string, demand: ContentDemand): Promise<CodexFound<ServedContent>>;
  /** Also of a revoked revision: then without what it says. `afterRoot`: only later roots are given. */
  proof(item: string, ref: string, afterRoot: number): Promise<CodexFound<CodexProof>>;
  /** The newest head of the log that was signed. `not-found`: nobody has signed one. `afterRoot`: only later roots are given. */
  head(afterRoot: number): Promise<CodexFound<CodexSignedHead>>;
  diff(item: string, from: string, to: string): Promise<CodexFound<CodexDiffView>>;
  /** What `ref` leads to, by the log alone; null: nothing that may be read, or the codex is damaged. */
  digestOf(item: string, ref: string): Digest | null;
  /** Calls back when the log has grown, or when the codex became damaged or whole again. */
  onChange(listener: () => void): () => void;
}
