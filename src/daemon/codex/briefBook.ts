// The book of briefs: how each item stood when it was looked at last. A list of a thousand items is asked for by every open
// page every few seconds, and looking at one item takes a millisecond or two; so a brief is kept for a moment, and until
// something has happened to its item or to the root. Nothing that a program reads comes out of this book.

import type { Item } from '#duties/codex/revision.ts';
import type { CodexItemBrief } from '#kernel/codexView.ts';
import { seconds, type Instant } from '#kernel/time.ts';

/** So long a damaged object, or a root that has expired, may not be seen in a list. */
const KEPT_MS = seconds(10);

type Page = { readonly about: string; readonly at: Instant; readonly brief: CodexItemBrief | null };

export class BriefBook {
  readonly #pages = new Map<string, Page>();

  /** The brief of an item, made anew when it must be. */
  of(item: Item, root: number | null, look: { readonly now: Instant; readonly make: () => CodexItemBrief | null }) {
    const about = `${item.records.length}/${root ?? 'none'}`;
    const kept = this.#pages.get(item.item);
    const isFresh = kept !== undefined && kept.about === about && look.now - kept.at < KEPT_MS && look.now >= kept.at;
    if (isFresh) return kept.brief;
    const brief = look.make();
    this.#pages.set(item.item, { about, at: look.now, brief });
    return brief;
  }
}
