// Reads the scenarios: outages with known truth, as plain text. Their grammar stands at the head of scenarios.txt.
// decoder: the words of a text of our own are read as what its grammar promises

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CauseClass } from '#kernel/cause.ts';
import { serviceId, type ServiceId } from '#kernel/id.ts';
import type { Symptom } from '#kernel/observation.ts';
import { durationMs, instant, type Instant } from '#kernel/time.ts';
import type { CauseScene, Change, ChangeKind, Trouble } from '#judge/causes/scene.ts';

export type Scenario = {
  readonly title: string;
  readonly scene: CauseScene;
  /** `kind subject`, `*` for the whole site. */
  readonly truth: string;
};

const START_MS = Date.UTC(2026, 0, 15, 3);
const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

const whenOf = (text: string): Instant => {
  const found = /^(-?\d+)([smh])$/.exec(text);
  if (found === null) throw new Error(`not a time: ${text}`);
  return instant(START_MS + Number(found[1]) * (UNIT_MS[found[2] ?? ''] ?? 0));
};

const optionOf = (words: readonly string[], name: string): string | null =>
  words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1) ?? null;

const subjectOf = (word: string): ServiceId | null => (word === '*' ? null : serviceId(word));

const troubleOf = (words: readonly string[]): Trouble => ({
  service: serviceId(words[0] ?? ''),
  since: whenOf(words[1] ?? ''),
  symptom: words[2] as Symptom,
  isFirstHand: words.includes('seen'),
  causeClass: optionOf(words, 'box') as CauseClass | null,
});

const changeOf = (words: readonly string[]): Change => {
  const perDay = optionOf(words, 'perday');
  return {
    kind: words[0] as ChangeKind,
    subject: subjectOf(words[1] ?? '*'),
    what: words.slice(0, 3).join(' '),
    at: whenOf(words[2] ?? ''),
    perDay: perDay === null ? null : Number(perDay),
  };
};

const needsIn = (lines: readonly (readonly string[])[]): ReadonlyMap<ServiceId, readonly ServiceId[]> =>
  new Map(
    lines.flat().map((word) => {
      const [who = '', whom = ''] = word.split('>');
      return [serviceId(who), whom.split(',').map(serviceId)];
    }),
  );

const scenarioOf = (block: string): Scenario => {
  const [title = '', ...rest] = block.trim().split('\n');
  const lines = rest.map((line) => line.split(' '));
  const of = (head: string): readonly (readonly string[])[] =>
    lines.filter((line) => line[0] === head).map((line) => line.slice(1));
  const needs = needsIn(of('needs'));
  const troubles = of('down').map(troubleOf);
  const down = new Set(troubles.map((trouble) => trouble.service));
  const unknown = new Set(of('unknown').map(([id = '']) => serviceId(id)));
  const stopped = new Set(of('stopped').map(([id = '']) => serviceId(id)));
  const blind = of('blind')[0]?.[0];
  return {
    title,
    truth: of('truth')[0]?.join(' ') ?? '',
    scene: {
      troubles,
      changes: of('change').map(changeOf),
      needsOf: (id) => needs.get(id) ?? [],
      dependantsOf: (id) => [...needs].filter(([, whom]) => whom.includes(id)).map(([who]) => who),
      healthOf: (id) => (down.has(id) || stopped.has(id) ? 'unhealthy' : unknown.has(id) ? 'unknown' : 'healthy'),
      silentPaths: of('path').map(([name = '', who = '']) => ({ name, services: who.split(',').map(serviceId) })),
      blindSince: blind === undefined ? null : whenOf(blind),
      atOnceMs: durationMs(Number(of('every')[0]?.[0] ?? 60) * 1_000),
    },
  };
};

/** All scenarios, in the order of the file. */
export const readScenarios = (): readonly Scenario[] =>
  readFileSync(join(import.meta.dirname, 'scenarios.txt'), 'utf8')
    .split(/^= /m)
    .slice(1)
    .map(scenarioOf);
