// Lasting: findings that are computed again and again, as those that begin and those that are over.
//
// What is declared and what is differ for a moment at every restart, and a source misses a beat; nobody is told of that.
// Told is what has lasted for its grace, once, and that it is over, once. The memory is small and of one run; what an
// earlier run told is taken over from whom it was told to.

import type { Finding, FindingKind } from '#kernel/finding.ts';
import { elapsedMs, minutes, type DurationMs, type Instant } from '#kernel/time.ts';
import { TOLERATED_MS } from './streak.ts';

/** A deployment or a restart is over by then, and somebody else has told people of what is down. */
const GRACE_MS: DurationMs = minutes(15);

const graceOf = (kind: FindingKind): DurationMs => (kind === 'stale-source' ? TOLERATED_MS : GRACE_MS);

/** What the keys of these findings name: `<kind>:<scope>/<what>`, the scope being a service, or `site`. */
export const scopeOf = (key: string): string => key.slice(key.indexOf(':') + 1).split('/')[0] ?? '';

type Seen = { readonly finding: Finding; readonly isTold: boolean };

export type Turned = { readonly begun: readonly Finding[]; readonly over: readonly string[] };

export class Lasting {
  readonly #seen = new Map<string, Map<string, Seen>>();
  /** Told in an earlier run and not yet looked at in this one. */
  readonly #earlier: Set<string>;

  constructor(earlier: Iterable<string>) {
    this.#earlier = new Set(earlier);
  }

  /** All that is found of one scope now. What was found before and is not among it is over. */
  turn(scope: string, found: readonly Finding[], at: Instant): Turned {
    const before = this.#seen.get(scope) ?? new Map<string, Seen>();
    const now = new Map(
      found.map((finding): [string, Seen] => {
        // When it began is known best by who saw it first: a finding without a time of its own says now, each time.
        const known = before.get(finding.key) ?? { finding, isTold: this.#earlier.has(finding.key) };
        const isTold = known.isTold || elapsedMs(known.finding.since, at) >= graceOf(finding.kind);
        return [finding.key, { finding: { ...finding, since: known.finding.since }, isTold }];
      }),
    );
    const earlier = [...this.#earlier].filter((key) => scopeOf(key) === scope);
    const told = [...before].filter(([, seen]) => seen.isTold).map(([key]) => key);
    // What an earlier run told is handed over once more: who is told knows it, and lists it again.
    const begun = [...now.values()].filter(({ finding, isTold }) => isTold && before.get(finding.key)?.isTold !== true);
    for (const key of earlier) this.#earlier.delete(key);
    if (now.size === 0) this.#seen.delete(scope);
    else this.#seen.set(scope, now);
    return {
      begun: begun.map(({ finding }) => finding),
      over: [...new Set([...told, ...earlier])].filter((key) => !now.has(key)),
    };
  }

  /** Where something was found, or told in an earlier run: to be turned although nobody declares it any more. */
  scopes(): ReadonlySet<string> {
    return new Set([...this.#seen.keys(), ...[...this.#earlier].map(scopeOf)]);
  }
}
