// What the ranking of causes scores on outages with known truth, and how long it takes: node bench/causes.ts [--verbose]
//
// The odd half of the scenarios was looked at while the numbers were chosen; the even half is the score.

import { serviceId, type ServiceId } from '#kernel/id.ts';
import { durationMs, instant } from '#kernel/time.ts';
import { rankCauses } from '#judge/causes/rank.ts';
import type { CauseScene } from '#judge/causes/scene.ts';
import { readScenarios, type Scenario } from './causes/read.ts';

const isVerbose = process.argv.includes('--verbose');
const scenarios = readScenarios();

/** Which place the true cause has among the suspects of the first group; 0: it is not among them. */
const placeOf = ({ scene, truth }: Scenario): number => {
  const suspects = rankCauses(scene)[0]?.suspects ?? [];
  return suspects.findIndex(({ kind, subject }) => `${kind} ${subject ?? '*'}` === truth) + 1;
};

const percent = (count: number, of: number): string => `${((100 * count) / of).toFixed(1)} %`;

const score = (name: string, some: readonly Scenario[]): void => {
  const places = some.map(placeOf);
  const first = places.filter((place) => place === 1).length;
  const three = places.filter((place) => place >= 1 && place <= 3).length;
  console.log(
    `${name.padEnd(28)} ${some.length} scenarios   first ${percent(first, some.length)}   among three ${percent(three, some.length)}`,
  );
};

score(
  'tuned on (odd)',
  scenarios.filter((_, index) => index % 2 === 0),
);
score(
  'held out (even)',
  scenarios.filter((_, index) => index % 2 === 1),
);
console.log('goal                                        first 80 %     among three 95 %');
for (const [index, scenario] of scenarios.entries()) {
  const place = placeOf(scenario);
  if (place === 1 || !isVerbose) continue;
  const got = rankCauses(scenario.scene)[0]?.suspects.slice(0, 3) ?? [];
  console.log(`\n${index % 2 === 0 ? 'tuned' : 'held '} ${scenario.title}: ${scenario.truth} is at ${place}`);
  if (index % 2 === 1) continue;
  for (const { kind, subject, probability, clues } of got) {
    const why = clues.map((clue) => `${clue.says} ×${clue.ratio.toPrecision(2)}`).join('; ');
    console.log(`   ${kind} ${subject ?? '*'} ${probability.toFixed(3)}: ${why}`);
  }
}

/** Five hundred that need one that is down, among a thousand services, with two hundred changes in the last hour. */
const crowd = (): CauseScene => {
  const ids = Array.from({ length: 1_000 }, (_, index) => serviceId(`s${index}`));
  const needs = new Map(ids.map((id, index) => [id, index === 0 ? [] : [ids[Math.floor((index - 1) / 2)] ?? id]]));
  const dependants = new Map<ServiceId, ServiceId[]>(ids.map((id) => [id, []]));
  for (const [who, whom] of needs) for (const need of whom) dependants.get(need)?.push(who);
  const start = Date.UTC(2026, 0, 15, 3);
  const down = new Set(ids.slice(0, 500));
  return {
    troubles: ids.slice(0, 500).map((service, index) => ({
      service,
      since: instant(start + index * 10),
      symptom: 'timeout',
      isFirstHand: false,
      causeClass: null,
    })),
    changes: Array.from({ length: 200 }, (_, index) => ({
      kind: 'deployment' as const,
      subject: ids[index * 5] ?? null,
      what: `deployment ${index}`,
      at: instant(start - index * 18_000),
      perDay: null,
    })),
    needsOf: (id) => needs.get(id) ?? [],
    dependantsOf: (id) => dependants.get(id) ?? [],
    healthOf: (id) => (down.has(id) ? 'unhealthy' : 'healthy'),
    silentPaths: [],
    blindSince: null,
    atOnceMs: durationMs(60_000),
  };
};

const timed = (name: string, rounds: number, work: () => void): void => {
  for (let round = 0; round < rounds / 5; round += 1) work();
  const took = Array.from({ length: rounds }, () => {
    const from = process.hrtime.bigint();
    work();
    return Number(process.hrtime.bigint() - from) / 1e6;
  }).toSorted((a, b) => a - b);
  const at = (share: number): string => (took[Math.floor(share * (rounds - 1))] ?? 0).toFixed(3);
  console.log(`${name.padEnd(56)} p50 ${at(0.5)} ms   p99 ${at(0.99)} ms`);
};

console.log();
const scene = crowd();
timed('one scenario of the list (goal: p99 20 ms)', 2_000, () => {
  for (const scenario of scenarios.slice(0, 1)) rankCauses(scenario.scene);
});
timed('500 of 1,000 services down, 200 changes (goal: 20 ms)', 200, () => void rankCauses(scene));
