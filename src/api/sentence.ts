// Sentences for people, for those who see only the wire: the dashboard says reasons and durations as the evidence does.

import type { Reason } from '#kernel/reason.ts';
import { sayInstant, sayReason } from '#kernel/reason.ts';
import { sayDuration, type Instant } from '#kernel/time.ts';

/** One reason in one sentence, without the full stop. */
export const reasonSentence = (reason: Reason): string => sayReason(reason);

/** An instant as `2026-11-21 05:03:11Z`. */
export const instantSentence = (at: Instant): string => sayInstant(at);

/** A length of time in milliseconds as `2.5 s` or `1 h 20 min`. */
export const durationSentence = (ms: number): string => sayDuration(ms);
