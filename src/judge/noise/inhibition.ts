// Inhibition: while a cause fires, its symptoms are not told. Two ways to know a cause: a rule between labels, as in
// Alertmanager, and the declared needs of the services.

import type { Instant } from '#kernel/time.ts';
import { isResolved, type Alert } from './alert.ts';
import { matchAll, type Labels, type Matcher } from './matcher.ts';

/** A firing alert that matches `source` inhibits those that match `target` and have equal values in the labels `equal`. */
export type InhibitRule = {
  readonly source: readonly Matcher[];
  readonly target: readonly Matcher[];
  readonly equal: readonly string[];
};

/** What a service needs directly. */
export type NeedsOf = (service: string) => readonly string[];

/** How far causes are followed along the needs: no site is deeper, and a circle is refused when it is declared. */
const DEPTH_MAX = 64;

const valuesOf = (names: readonly string[], labels: Labels): string =>
  names.map((name) => labels[name] ?? '').join('\u0002');

const put = (shelves: Map<string, Map<string, Alert>>, shelf: string, alert: Alert): void => {
  const known = shelves.get(shelf) ?? new Map<string, Alert>();
  known.set(alert.fingerprint, alert);
  shelves.set(shelf, known);
};

const remove = (shelves: Map<string, Map<string, Alert>>, shelf: string, alert: Alert): void => {
  const known = shelves.get(shelf);
  known?.delete(alert.fingerprint);
  if (known?.size === 0) shelves.delete(shelf);
};

/** Knows the alerts that may be a cause, and asks them. */
export class Inhibitor {
  readonly #rules: readonly InhibitRule[];
  readonly #needsOf: NeedsOf | null;
  /** For each rule, the causes by their values in the labels that must be equal. */
  readonly #sources: readonly Map<string, Map<string, Alert>>[];
  readonly #byService = new Map<string, Map<string, Alert>>();

  constructor(rules: readonly InhibitRule[], needsOf: NeedsOf | null) {
    this.#rules = rules;
    this.#needsOf = needsOf;
    this.#sources = rules.map(() => new Map());
  }

  /** An alert is new, or has changed. */
  take(alert: Alert): void {
    this.#rules.forEach((rule, index) => {
      const sources = this.#sources[index];
      if (sources !== undefined && matchAll(rule.source, alert.labels))
        put(sources, valuesOf(rule.equal, alert.labels), alert);
    });
    const service = alert.labels['service'];
    if (this.#needsOf !== null && service !== undefined) put(this.#byService, service, alert);
  }

  /** An alert is over and told: it causes nothing any more. */
  forget(alert: Alert): void {
    this.#rules.forEach((rule, index) => {
      const sources = this.#sources[index];
      if (sources !== undefined) remove(sources, valuesOf(rule.equal, alert.labels), alert);
    });
    remove(this.#byService, alert.labels['service'] ?? '', alert);
  }

  /** The name of what inhibits it; null: nothing does. */
  causeOf(alert: Alert, at: Instant): string | null {
    return this.#byRule(alert, at) ?? this.#byNeed(alert, at);
  }

  #byRule(alert: Alert, at: Instant): string | null {
    for (const [index, rule] of this.#rules.entries()) {
      if (!matchAll(rule.target, alert.labels)) continue;
      // What is both cannot inhibit itself or its like, or all of them would be silent.
      const isBoth = matchAll(rule.source, alert.labels);
      for (const source of this.#sources[index]?.get(valuesOf(rule.equal, alert.labels))?.values() ?? []) {
        const isItsLike = isBoth && matchAll(rule.target, source.labels);
        if (!isResolved(source, at) && !isItsLike) return source.fingerprint;
      }
    }
    return null;
  }

  /** The farthest need that fires: the root, not the neighbour. */
  #byNeed(alert: Alert, at: Instant): string | null {
    const service = alert.labels['service'];
    if (this.#needsOf === null || service === undefined) return null;
    const seen = new Set([service]);
    let line: readonly string[] = [service];
    let root: string | null = null;
    for (let depth = 0; depth < DEPTH_MAX && line.length > 0; depth += 1) {
      const next: string[] = [];
      for (const need of line.flatMap((it) => this.#needsOf?.(it) ?? [])) {
        if (seen.has(need)) continue;
        seen.add(need);
        next.push(need);
        if (this.#isFiring(need, at)) root = need;
      }
      line = next;
    }
    return root;
  }

  #isFiring(service: string, at: Instant): boolean {
    for (const alert of this.#byService.get(service)?.values() ?? []) if (!isResolved(alert, at)) return true;
    return false;
  }
}
