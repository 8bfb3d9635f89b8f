// What the tests of the judge share: a target in few words.

import { serviceId } from '#kernel/id.ts';
import { targetId, type Target } from '#kernel/target.ts';
import { durationMs, hours, instant, minutes } from '#kernel/time.ts';
import type { Sample } from './judge.ts';

/** A Sunday, on the hour of every zone in use. */
export const START = instant(Date.UTC(2026, 2, 1));
export const EVERY = minutes(1);

export const makeTarget = (part: Partial<Target> = {}): Target => ({
  id: targetId(serviceId('api'), 'availability'),
  service: serviceId('api'),
  name: 'availability',
  indicator: { kind: 'availability' },
  objectivePercent: 99.9,
  window: { kind: 'rolling', lengthMs: hours(30 * 24) },
  budgeting: { method: 'occurrences' },
  burn: [],
  said: '99.9% over 30d',
  ...part,
});

export const sampleAt = (at: number, good: number, bad: number, part: Partial<Sample> = {}): Sample => ({
  at: instant(at),
  good,
  bad,
  share: 'own',
  isExtra: false,
  ...part,
});

export const ms = durationMs;
