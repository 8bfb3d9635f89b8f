// Quality as it is shown: what evaluations found of a revision, what stands against it, and who let it pass all the same.

import { sayQaReason } from '#duties/codex/qa.ts';
import type { Revision } from '#duties/codex/revision.ts';
import type { EvaluationReport } from '#kernel/evaluation.ts';
import { ProblemError } from '#kernel/problem.ts';
import type { Instant } from '#kernel/time.ts';
import { itemOf, type CodexDesk } from './desk.ts';
import { activeBeside, evaluationsWith, gateOf, waiversOf } from './gate.ts';

export type EvaluationLook = {
  /** The entry of the log. */
  readonly seq: number;
  readonly at: Instant;
  readonly by: string;
  /** The version that was evaluated: the very same content, perhaps under another number. */
  readonly version: number;
  /** Null: written by a release that this one cannot read. */
  readonly report: EvaluationReport | null;
};

export type QualityLook = {
  readonly evaluations: readonly EvaluationLook[];
  /** The suites are others than those that the active version was evaluated with: whoever blesses should look at them too. */
  readonly areSuitesNew: boolean;
  /** Of what waits for people, and of what was blessed and is not active: it would not become active. */
  readonly standing: readonly string[];
  readonly waivers: readonly { readonly who: string; readonly why: string; readonly waives: readonly string[] }[];
};

/** What is known of the quality of a revision. Throws ProblemError only for a codex that is damaged. */
export const lookAtQuality = (desk: CodexDesk, revision: Revision, now: Instant): QualityLook => {
  const { ref, state } = revision;
  const isBefore = state === 'candidate' || state === 'in-review';
  const mayBeActive = state === 'blessed' || state === 'superseded';
  return {
    evaluations: evaluationsWith(desk, ref).map(({ record, deed, report }) => ({
      seq: record.seq,
      at: record.at,
      by: record.by.name,
      version: deed.revision.version,
      report,
    })),
    areSuitesNew: isBefore && haveSuitesChanged(desk, revision),
    standing: isBefore || mayBeActive ? standingOf(desk, revision, now) : [],
    waivers: waiversOf(desk, ref, now).map(({ who, waiver }) => ({ who, why: waiver.why, waives: waiver.waives })),
  };
};

/** Suites that cannot be read stand against it as well. */
const standingOf = (desk: CodexDesk, { ref }: Revision, now: Instant): readonly string[] => {
  try {
    return gateOf(desk, ref, now).standing.map(sayQaReason);
  } catch (error) {
    if (error instanceof ProblemError) return error.problems.map(({ message }) => message);
    throw error;
  }
};

const haveSuitesChanged = (desk: CodexDesk, { ref }: Revision): boolean => {
  const active = activeBeside(itemOf(desk, ref.item), ref);
  const before = active === null ? undefined : evaluationsWith(desk, active.ref).at(-1);
  const now = evaluationsWith(desk, ref).at(-1);
  return before !== undefined && now !== undefined && before.deed.suite !== now.deed.suite;
};
