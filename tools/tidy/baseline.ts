// The ratchet: what is already too big may stay as it is, may shrink, and may never grow.
//
// tidy.baseline.json holds `"rule path": size`. An entry that is larger than what was found must be lowered or deleted, so
// that ground once won is never given back.

import type { Finding } from './source.ts';

export type Baseline = Readonly<Record<string, number>>;

/** Takes out the findings that the baseline pardons, and adds one for every entry that could be tightened. */
export const ratchet = (findings: readonly Finding[], baseline: Baseline): readonly Finding[] => {
  const largest = new Map<string, number>();
  for (const it of findings) {
    if (it.size !== undefined) largest.set(keyOf(it), Math.max(it.size, largest.get(keyOf(it)) ?? 0));
  }
  const loose = Object.entries(baseline).filter(([key, size]) => (largest.get(key) ?? 0) < size);
  return [
    ...findings.filter((it) => it.size === undefined || it.size > (baseline[keyOf(it)] ?? 0)),
    ...loose.map(([key, size]) => ({
      path: 'tools/tidy.baseline.json',
      line: 1,
      rule: 'ratchet',
      message: `"${key}" is better than ${size} now: write ${largest.get(key) ?? 'nothing'}`,
    })),
  ];
};

const keyOf = (it: Finding): string => `${it.rule} ${it.path}`;
