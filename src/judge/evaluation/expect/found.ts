// What a rule found of an answer: a score 0..1 and whether it holds; or that it could not be told.

export type Found =
  | { readonly kind: 'told'; readonly holds: boolean; readonly score: number; readonly why: string }
  | { readonly kind: 'undecided'; readonly why: string };

export const yesOrNo = (holds: boolean, why: string): Found => ({ kind: 'told', holds, score: holds ? 1 : 0, why });

/** A score that has to reach `least`. */
export const scored = (score: number, least: number, what: string): Found => ({
  kind: 'told',
  holds: score >= least,
  score,
  why: `${what} ${Number(score.toFixed(4))}, at least ${least}`,
});

export const undecided = (why: string): Found => ({ kind: 'undecided', why });
