// What can be asked, and what comes back: answers and problems.

import * as z from 'zod';
import type { Answer } from '#kernel/message.ts';
import { PROBLEMS, type Problem, type ProblemCode } from '#kernel/problem.ts';
import { effectKeySchema, instantSchema, reasonSchema } from './noun.ts';
import { mirrors, named } from './schema.ts';

/** Longest reason that a person may give: it goes into the evidence and is kept for years. */
export const WHY_LENGTH_MAX = 500;

/** The body of every change: why it is wanted. A body may be left out altogether. */
export const whySchema = named('Why', z.strictObject({ why: z.string().max(WHY_LENGTH_MAX).optional() }));

export const dryRunSchema = z.object({ dryRun: z.enum(['true', 'false']).default('false') });

/** Longest list of matchers that a suppression may have. */
const WHAT_LENGTH_MAX = 500;

/** What nobody is to be told about, and until when: an instant of RFC 3339, such as `2026-11-21T18:00:00Z`. */
export const suppressSchema = dryRunSchema.extend({
  what: z.string().min(1).max(WHAT_LENGTH_MAX),
  until: z.iso.datetime({ offset: true }),
});

export const answerSchema = mirrors<Answer>()(
  'Answer',
  z.object({
    askKey: z.string(),
    status: z.enum(['pending', 'accepted', 'denied', 'needs-approval', 'failed', 'completed']),
    reasons: z.array(reasonSchema),
    detail: z.string(),
    approval: z.string().nullable(),
    actionKey: effectKeySchema.nullable(),
    at: instantSchema,
  }),
);

const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(PROBLEMS, code);

const problemCodes = Object.keys(PROBLEMS).filter(isProblemCode);

export const problemSchema = mirrors<Problem>()(
  'Problem',
  z.object({
    code: z.enum(problemCodes),
    message: z.string(),
    place: z.object({ file: z.string(), line: z.number(), column: z.number() }).nullable(),
    expected: z.string().nullable(),
    mend: z.string().nullable(),
  }),
);

/** Every refusal. `answer` is there when a machine refused (denied, needs-approval, failed): it holds the reasons. */
export const refusalSchema = named(
  'Refusal',
  z.object({ problems: z.array(problemSchema), answer: answerSchema.nullable() }),
);
export type Refusal = z.output<typeof refusalSchema>;
