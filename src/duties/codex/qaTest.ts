// The test of a blessed configuration that quality assurance runs: its parts, where it came from, and how good is good enough.

import type { Loaded } from './content.ts';

/**
 * A share of 1, as every score of the assessor is. Systems around the codex wrote 8.0 here, against scores of at most 1:
 * nothing could ever pass.
 */
export const QUALITY_THRESHOLD = 0.8;

/** Where a blessed configuration came from. */
export type Lineage = { readonly source_log_id: string | null; readonly blessed_on: string | null };

export type QaTest = {
  readonly test_id: string;
  readonly qa_schema_id: string;
  readonly model_id: string;
  readonly prompt: string;
  readonly temperature: number;
  readonly max_tokens: number;
  readonly expected_format: string;
  readonly baseline_behavior: string;
  readonly quality_threshold: number;
  readonly metadata: { readonly source_config: string; readonly blessed_version: number; readonly test_type: string };
};

export const lineageOf = ({ source_log_id, blessed_on }: Loaded): Lineage => ({ source_log_id, blessed_on });

/** The test of one configuration; `prompt` takes the place of its own, with the values of one case filled in. */
export const qaTestOf = (config: Loaded, prompt: string = config.prompt): QaTest => ({
  test_id: `qa_test_${config.task_id}`,
  qa_schema_id: config.qa_schema_id,
  model_id: config.model_id,
  prompt,
  temperature: config.temperature,
  max_tokens: config.max_tokens,
  expected_format: config.format ?? 'markdown',
  baseline_behavior: config.expected_behavior ?? '',
  quality_threshold: QUALITY_THRESHOLD,
  metadata: { source_config: config.task_id, blessed_version: config.version, test_type: 'blessed-config' },
});

/** Whether a score passes. A threshold or a score that is no share of 1 is a bug of the caller: RangeError. */
export const isGoodEnough = (score: number, threshold: number = QUALITY_THRESHOLD): boolean => {
  for (const share of [score, threshold])
    if (!(share >= 0 && share <= 1)) throw new RangeError(`${share} is no share of 1`);
  return score >= threshold;
};
