// Decodes agreed work: when, on what, and why.

import { serviceId } from '#kernel/id.ts';
import type { Maintenance, Weekday } from '#kernel/maintenance.ts';
import { durationMs } from '#kernel/time.ts';
import type { Decoding } from './decoding.ts';
import { about } from './finding.ts';
import { WEEKDAYS, type WorkText } from './grammarTarget.ts';
import { readMoment } from './moment.ts';

const EVERY_DAY: readonly Weekday[] = [0, 1, 2, 3, 4, 5, 6];

const daysOf = (names: readonly string[]): readonly Weekday[] =>
  EVERY_DAY.filter((day) => names.includes('day') || names.includes(WEEKDAYS[day]));

/** `02:30` in ms since midnight. */
const readClock = (text: string): number => {
  const [hour, minute] = text.split(':').map(Number);
  return ((hour ?? 0) * 60 + (minute ?? 0)) * 60_000;
};

const onceOf = (decoding: Decoding, text: WorkText, index: number, zone: string): Maintenance['when'] | null => {
  const path = ['maintenance', index];
  const from = readMoment(text.from ?? '', zone, false);
  const to = readMoment(text.to ?? '', zone, true);
  const wrong = (key: string, expected: string) => about(decoding.ground, [...path, key], 'config-bad-value', expected);
  if (from === null) decoding.problems.push(wrong('from', 'a day of the calendar'));
  if (to === null) decoding.problems.push(wrong('to', 'a day of the calendar'));
  if (from === null || to === null) return null;
  if (to <= from) decoding.problems.push(wrong('to', 'an end after the beginning'));
  return { kind: 'once', from, to };
};

/** The agreed work of a site. Work that is over stays: the budgets still remember what failed then. */
export const decodeMaintenance = (
  decoding: Decoding,
  texts: readonly WorkText[],
  zone: string,
): readonly Maintenance[] =>
  texts.flatMap((text, index): readonly Maintenance[] => {
    const when: Maintenance['when'] | null =
      text.every === undefined
        ? onceOf(decoding, text, index, zone)
        : {
            kind: 'weekly',
            days: daysOf(text.every),
            startsMs: durationMs(readClock(text.at ?? '')),
            lengthMs: text.for ?? durationMs(0),
            timezone: zone,
          };
    return when === null ? [] : [{ services: (text.services ?? []).map(serviceId), why: text.why, when }];
  });
