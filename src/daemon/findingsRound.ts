// The round of findings: what is declared and not so, and what brings no data, told past the alert desk when it lasts.
//
// A few services each second, all of them within a minute, so that a town of ten thousand costs the loop milliseconds.

import type { Finding } from '#kernel/finding.ts';
import type { Message } from '#kernel/message.ts';
import type { Service } from '#kernel/service.ts';
import { ALERTS } from '#kernel/site.ts';
import { seconds } from '#kernel/time.ts';
import { Lasting, type Turned } from '#judge/lasting.ts';
import { gapsOf } from '#judge/reality.ts';
import { silentSources, silentTargets } from '#judge/silence.ts';
import type { Engine } from '#loop/engine.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import type { Desk } from '#ports/desk.ts';
import { every } from './every.ts';
import { alertsOf, watchOf } from './states.ts';

const TURN_MS = seconds(1);
/** All services come round in so many turns; a small town in one. */
const TURNS = 60;
const SERVICES_LEAST = 20;
/** What concerns no service: sources. */
const SITE = 'site';

const OURS = /^(reality-gap|stale-source):/;

export type FindingsParts = {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly sources: Desk['sources'];
  /** What is declared of one service beside what is measured. */
  readonly claims: (service: Service) => Parameters<typeof gapsOf>[0];
};

/** A target that is not kept is told by its burn alert; here it would be told twice. */
const isOthers = (finding: Finding): boolean => finding.key.includes('/target ');

const foundOf = ({ engine, clock, claims }: FindingsParts, service: Service): readonly Finding[] => {
  // What a person stopped has no data and is not as declared, and that is as it is wanted.
  if (watchOf(engine, service.id)?.wanted === 'stopped') return [];
  const gaps = gapsOf(claims(service), clock.now()).filter((finding) => !isOthers(finding));
  return [...gaps, ...silentTargets(engine.judging.views(service.id))];
};

const tell = ({ engine }: FindingsParts, { begun, over }: Turned): void => {
  const put = (message: Message): void => engine.crank.put(ALERTS, { kind: 'told', from: ALERTS, message });
  for (const finding of begun) put({ kind: 'found', finding });
  for (const key of over) {
    const isSilence = key.startsWith('stale-source:');
    put({ kind: 'found-over', key, how: isSilence ? 'its values come again' : 'it is as it is declared' });
  }
};

/** Begins the round; what an earlier run told is taken over from the alert desk. */
export const startFindings = (parts: FindingsParts): Cancel => {
  const { engine, clock } = parts;
  const known = Object.keys(alertsOf(engine)?.findings ?? {}).filter((key) => OURS.test(key));
  const lasting = new Lasting(known);
  let next = 0;
  const turn = (scope: string, found: readonly Finding[]): void => tell(parts, lasting.turn(scope, found, clock.now()));
  return every(clock, TURN_MS, () => {
    const { services } = engine.site();
    const count = Math.max(SERVICES_LEAST, Math.ceil(services.length / TURNS));
    for (const service of services.slice(next, next + count)) turn(service.id, foundOf(parts, service));
    next += count;
    if (next < services.length) return;
    next = 0;
    turn(SITE, silentSources(parts.sources()));
    const declared = new Set<string>([SITE, ...services.map(({ id }) => id)]);
    for (const scope of lasting.scopes()) if (!declared.has(scope)) turn(scope, []);
  });
};
