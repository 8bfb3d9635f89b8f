// Agreement: how far a model that judges answers may be believed, measured on answers that people judged too.

import { clopperPearson } from './interval.ts';

/** One answer, marked by both. */
export type Marked = { readonly isPassedByPerson: boolean; readonly isPassedByJudge: boolean };

export type Agreement = {
  readonly labels: number;
  /** Cohen's kappa (1960): agreement beyond chance; 1 is perfect, 0 is chance. Null: one of both always says the same. */
  readonly kappa: number | null;
  /** 95 %: Clopper and Pearson's for the share of agreement, with the chance agreement that was seen. */
  readonly low: number;
  readonly high: number;
  /** Of what people passed, the part that the judge passed; of what they failed, the part that it failed. */
  readonly sensitivity: number | null;
  readonly specificity: number | null;
};

/** "Substantial" begins above 0.6 (Landis and Koch 1977); the whole interval has to be there. */
const KAPPA_LEAST = 0.6;

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

/** Compares a judge with people. */
export const agreementOf = (marks: readonly Marked[]): Agreement => {
  const count = (person: boolean, judge: boolean): number =>
    marks.filter((it) => it.isPassedByPerson === person && it.isPassedByJudge === judge).length;
  const [both, missed, wrongly, neither] = [
    count(true, true),
    count(true, false),
    count(false, true),
    count(false, false),
  ];
  const labels = marks.length;
  const sensitivity = share(both, both + missed);
  const specificity = share(neither, neither + wrongly);
  const person = share(both + missed, labels) ?? 0;
  const judge = share(both + wrongly, labels) ?? 0;
  const byChance = person * judge + (1 - person) * (1 - judge);
  if (labels === 0 || byChance >= 1) return { labels, kappa: null, low: -1, high: 1, sensitivity, specificity };
  const kappaOf = (agreed: number): number => Math.max(-1, (agreed - byChance) / (1 - byChance));
  const agreed = clopperPearson(both + neither, labels);
  const kappa = kappaOf((both + neither) / labels);
  return { labels, kappa, low: kappaOf(agreed.low), high: kappaOf(agreed.high), sensitivity, specificity };
};

export type Calibration =
  | { readonly kind: 'believed'; readonly agreement: Agreement }
  | { readonly kind: 'not-believed'; readonly agreement: Agreement; readonly why: string };

/** May this judge decide? Only when it is certain to agree substantially with people. */
export const calibrationOf = (marks: readonly Marked[]): Calibration => {
  const agreement = agreementOf(marks);
  const { kappa, low, high, labels } = agreement;
  if (kappa === null) {
    const why = `${labels} labels, and people or judge say always the same: both kinds of answers are needed`;
    return { kind: 'not-believed', agreement, why };
  }
  if (low >= KAPPA_LEAST) return { kind: 'believed', agreement };
  const range = `kappa ${kappa.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)}) of ${labels} labels`;
  const why =
    high < KAPPA_LEAST
      ? `it disagrees with people: ${range}, at least ${KAPPA_LEAST} is needed`
      : `not certain that it agrees with people: ${range}; more labels are needed`;
  return { kind: 'not-believed', agreement, why };
};
