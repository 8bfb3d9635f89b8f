// Evaluating: asks the model for the pairs of a run, has the answers graded, and hands them back until there is a verdict.

import type { Calibration } from '#judge/evaluation/agreement.ts';
import { Alone } from '#judge/evaluation/alone.ts';
import { Comparison, type PairJudge } from '#judge/evaluation/comparison.ts';
import { scored, undecided, type Found } from '#judge/evaluation/expect/found.ts';
import { askedRules, gradeAnswer, type AskedRule } from '#judge/evaluation/expect/grade.ts';
import type { FitsSchema } from '#judge/evaluation/expect/json.ts';
import { cosine } from '#judge/evaluation/expect/overlap.ts';
import { askCase, askJudge, readMark, type Mark } from '#judge/evaluation/messages.ts';
import { planPairs, withPairs, type Goal, type Plan } from '#judge/evaluation/plan.ts';
import { passAnyOf, passEveryOf, type OfRepeats, type Repeats } from '#judge/evaluation/repeats.ts';
import { EvaluationRun, type PairOutcome, type PairToAsk, type SideOutcome } from '#judge/evaluation/run.ts';
import type { Content, Digest } from '#kernel/codex.ts';
import type {
  Answer,
  EvaluationCase,
  EvaluationSuite,
  EvaluationVerdict,
  Expectation,
  Side,
} from '#kernel/evaluation.ts';
import type { Model, Question } from '#ports/model.ts';

/** What of a revision is asked. */
export type Evaluated = {
  readonly digest: Digest;
  readonly content: Pick<Content, 'model_id' | 'prompt' | 'temperature' | 'max_tokens' | 'format'>;
};

export type EvaluationOrder = {
  /** All suites of the item: they are judged as one. */
  readonly suites: readonly EvaluationSuite[];
  readonly candidate: Evaluated;
  /** Null: it is the first revision. */
  readonly blessed: Evaluated | null;
  readonly goal: Goal;
  /** What the blessed one's last evaluation counted; null: nothing is known. */
  readonly known: { readonly passed: number; readonly total: number } | null;
  /** The pass rate that a first revision has to have, 0..1. */
  readonly least: number;
  /** So many pairs instead of those that the plan proposes; null: those. */
  readonly pairs: number | null;
};

export type EvaluationParts = {
  readonly model: Model;
  readonly fitsSchema: FitsSchema;
  /** SHA-256 in hexadecimal digits. */
  readonly hash: (text: string) => string;
  /** Models for what only a model can tell; null: such expectations stay undecided. */
  readonly embeddings: string | null;
  readonly judge: { readonly model: string; readonly calibration: Calibration } | null;
  /** Pairs that are asked at the same time. */
  readonly atOnce: number;
  /** Told after every pair; for progress, and to see that it is alive. */
  readonly tell: (verdict: EvaluationVerdict) => void;
  /** When it is aborted nothing more is asked or counted, and the verdict is that of what was counted until then. */
  readonly ending?: AbortSignal;
};

export type Evaluation = {
  readonly verdict: EvaluationVerdict;
  /** The pairs that the goal needs, and those that were asked for, with the chance that they show the regression. */
  readonly pairsProposed: number;
  readonly pairsPlanned: number;
  readonly power: number;
  /** Of the candidate, by case: whether it passed each time that it was asked. */
  readonly cases: ReadonlyMap<string, Repeats>;
  /** Of the candidate: does a case pass each of so many times, or at least once. By k; absent where nothing was asked k times. */
  readonly everyOf: ReadonlyMap<number, OfRepeats>;
  readonly anyOf: ReadonlyMap<number, OfRepeats>;
};

/** How often a case is supposed to be asked where people want to know whether it always passes. */
const REPEATS_TOLD = [1, 2, 3, 5, 10] as const;

/** A judge says the same of the same answer as far as it can. */
const JUDGE_TEMPERATURE = 0;
const JUDGE_TOKENS = 400;

/** Evaluates a candidate. Never throws for what the far side does; asks no more than the plan. */
export const evaluate = async (order: EvaluationOrder, parts: EvaluationParts): Promise<Evaluation> => {
  const { run, plan, pairsProposed } = openRun(order, parts);
  const ask = async (): Promise<void> => {
    for (let [pair] = run.next(1); pair !== undefined; [pair] = run.next(1)) {
      const outcome = await askPair(order, parts, pair);
      // What was under way when it was broken off has no answer for that reason alone.
      if (parts.ending?.aborted === true) return;
      run.take(pair.index, outcome);
      parts.tell(run.verdict());
    }
  };
  await Promise.all(Array.from({ length: parts.atOnce }, ask));
  const repeats = run.repeatsOf('candidate');
  const told = (of: typeof passAnyOf): ReadonlyMap<number, OfRepeats> =>
    new Map(
      REPEATS_TOLD.flatMap((k) => {
        const it = of(repeats, k);
        return it === null ? [] : [[k, it] as const];
      }),
    );
  return {
    verdict: run.verdict(),
    pairsProposed,
    pairsPlanned: plan.pairs,
    power: plan.power,
    cases: run.passesOf('candidate'),
    everyOf: told(passEveryOf),
    anyOf: told(passAnyOf),
  };
};

type Opened = { readonly run: EvaluationRun; readonly plan: Plan; readonly pairsProposed: number };

const openRun = (order: EvaluationOrder, parts: EvaluationParts): Opened => {
  const { candidate, blessed, goal, known, least, suites } = order;
  const proposed = planPairs(goal, known);
  const plan = order.pairs === null ? proposed : withPairs(proposed, order.pairs);
  const judge: PairJudge = blessed === null ? new Alone({ goal, least, questions: plan.pairs }) : new Comparison(plan);
  const sides = blessed === null ? [candidate] : [candidate, blessed];
  const run = new EvaluationRun({
    cases: suites.flatMap((suite) => suite.cases.map((it) => ({ ...it, name: `${suite.name}/${it.name}` }))),
    judge,
    pairs: plan.pairs,
    isFirstRevision: blessed === null,
    seed: `${blessed?.digest ?? ''}/${candidate.digest}`,
    hash: parts.hash,
    canRepeat: sides.every(({ content }) => content.temperature > 0),
  });
  return { run, plan, pairsProposed: proposed.pairs };
};

const askPair = async (order: EvaluationOrder, parts: EvaluationParts, pair: PairToAsk): Promise<PairOutcome> => {
  const ask = async (side: Side): Promise<readonly [Side, SideOutcome]> => {
    const revision = order[side];
    if (revision === null) throw new Error('a first revision has no blessed one to be asked');
    return [side, await askSide(revision, parts, pair.case)];
  };
  // Both are under way at once, and the first one of the draw is sent first.
  return Object.fromEntries(await Promise.all(pair.sides.map(ask)));
};

const askSide = async (revision: Evaluated, parts: EvaluationParts, it: EvaluationCase): Promise<SideOutcome> => {
  const { content } = revision;
  const asked = askCase(content.prompt, it.input);
  if (asked.kind === 'missing') return { kind: 'refused', why: `the case does not fill ${asked.names.join(', ')}` };
  const reply = await parts.model.ask({
    model: content.model_id,
    messages: asked.messages,
    temperature: content.temperature,
    maxTokens: content.max_tokens,
    format: content.format === 'json' ? 'json' : 'text',
    wantsLogProbabilities: needsLogProbabilities(it.expectations),
  });
  return reply.kind === 'answered' ? gradeReply(reply.answer, it, parts) : { kind: reply.kind, why: reply.why };
};

const needsLogProbabilities = (expectations: readonly Expectation[]): boolean =>
  expectations.some(({ rule }) =>
    rule.kind === 'set' ? needsLogProbabilities(rule.expectations) : rule.kind.startsWith('perplexity'),
  );

const gradeReply = async (answer: Answer, it: EvaluationCase, parts: EvaluationParts): Promise<SideOutcome> => {
  const found = new Map<AskedRule, Found>();
  for (const rule of askedRules(it.expectations)) found.set(rule, await askRule(rule, answer, parts));
  const told = (rule: AskedRule): Found => found.get(rule) ?? undecided('it was not asked');
  const grade = gradeAnswer(answer, it, { fitsSchema: parts.fitsSchema, told });
  const [why] = grade.undecided;
  if (why !== undefined) return { kind: 'unanswered', why };
  return { kind: 'graded', answerId: answer.id, isPassed: grade.isPassed };
};

const askRule = (rule: AskedRule, answer: Answer, parts: EvaluationParts): Promise<Found> =>
  rule.kind === 'similar' ? askNearness(rule, answer, parts) : askMark(rule, answer, parts);

type Similar = Extract<AskedRule, { readonly kind: 'similar' }>;
type Judged = Extract<AskedRule, { readonly kind: 'judge' }>;

const askNearness = async (rule: Similar, answer: Answer, { model, embeddings }: EvaluationParts): Promise<Found> => {
  if (embeddings === null) return undecided('no model of embeddings is configured');
  const reply = await model.embed(embeddings, [answer.text, ...rule.references]);
  if (reply.kind === 'unanswered') return undecided(`nearness could not be asked: ${reply.why}`);
  const [own = [], ...others] = reply.vectors;
  const nearest = Math.max(0, ...others.map((other) => cosine(own, other)));
  return scored(Math.min(1, nearest), rule.least, 'nearness');
};

const askMark = async (rule: Judged, answer: Answer, parts: EvaluationParts): Promise<Found> => {
  const { judge, hash, model } = parts;
  if (judge === null) return undecided('no judge is configured');
  if (judge.calibration.kind === 'not-believed')
    return undecided(`the judge is not believed: ${judge.calibration.why}`);
  const asked = { judge: judge.model, rubric: rule.rubric, answer: answer.text, hash };
  const mark = await markOf(model, asked);
  if (typeof mark === 'string') return undecided(mark);
  return scored(mark.score, rule.least, `judged "${mark.reason.slice(0, 120)}"`);
};

export type JudgeAsk = Pick<EvaluationParts, 'hash'> & {
  /** The name of the model that judges. */
  readonly judge: string;
  readonly rubric: string;
  readonly answer: string;
};

/** What a judge says of one answer; a text: why it says nothing. */
export const markOf = async (model: Model, { judge, rubric, answer, hash }: JudgeAsk): Promise<Mark | string> => {
  const question: Question = {
    model: judge,
    messages: askJudge(rubric, answer, `--- ${hash(`${rubric}\n${answer}`)} ---`),
    temperature: JUDGE_TEMPERATURE,
    maxTokens: JUDGE_TOKENS,
    format: 'json',
    wantsLogProbabilities: false,
  };
  const reply = await model.ask(question);
  if (reply.kind !== 'answered') return `the judge could not be asked: ${reply.why}`;
  return readMark(reply.answer.text) ?? 'what the judge said is no mark';
};
