// Targets as they travel.

import * as z from 'zod';
import type { TargetId } from '#kernel/target.ts';
import type { BudgetView, BurndownView, BurnView, EpisodeView, TargetView } from '#kernel/targetView.ts';
import { durationMsSchema, instantSchema, reasonSchema, serviceIdSchema, severitySchema } from './noun.ts';
import { branded, mirrors, named } from './schema.ts';

const count = z.number();
const when = instantSchema.nullable();
const shareSchema = z.enum(['own', 'upstream', 'watchman', 'maintenance', 'no-data', 'stopped']);

const budgetSchema = mirrors<BudgetView>()(
  'Budget',
  z.object({
    allowed: count,
    used: count,
    remainingPercent: count,
    remainingMs: durationMsSchema,
    shares: z.object({
      own: count,
      upstream: count,
      watchman: count,
      maintenance: count,
      'no-data': count,
      stopped: count,
    }),
    withoutDataMs: durationMsSchema,
    exhaustedAt: when,
    exhaustedEarliest: when,
    exhaustedLatest: when,
  }),
);

const burnSchema = mirrors<BurnView>()(
  'Burn',
  z.object({
    severity: severitySchema,
    longMs: durationMsSchema,
    shortMs: durationMsSchema,
    factor: count,
    longRate: count,
    shortRate: count,
    isHolding: z.boolean(),
  }),
);

const episodeSchema = mirrors<EpisodeView>()(
  'Episode',
  z.object({ from: instantSchema, to: instantSchema, share: shareSchema, bad: count }),
);

export const targetSchema = mirrors<TargetView>()(
  'Target',
  z.object({
    id: branded<TargetId>(z.string()),
    service: serviceIdSchema,
    name: z.string(),
    said: z.string(),
    indicator: z.enum(['availability', 'latency', 'ratio', 'value']),
    objectivePercent: count,
    state: z.enum(['no-data', 'meeting', 'burning', 'breached', 'exhausted']),
    budget: budgetSchema.nullable(),
    burns: z.array(burnSchema),
    episodes: z.array(episodeSchema),
    reasons: z.array(reasonSchema),
    events: z.object({ good: count, bad: count, excused: count }),
    lastAt: when,
    staleSince: when,
  }),
);

export const burndownSchema = mirrors<BurndownView>()(
  'Burndown',
  z.object({
    target: branded<TargetId>(z.string()),
    from: instantSchema,
    at: instantSchema,
    endsAt: instantSchema,
    allowed: count,
    steps: z.array(z.object({ at: instantSchema, used: count })),
  }),
);

export const targetsQuerySchema = z.object({ service: z.string().max(200).optional() });
export const targetsSchema = named('Targets', z.object({ targets: z.array(targetSchema) }));
