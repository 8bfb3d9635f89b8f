// Evaluating a candidate: its suites are put to it and to what production reads, through the configured endpoint, and what
// came of it is kept: an in-toto test result with all numbers, and the suites that were run. The log names both.

import { makeClock } from '#adapters/clock/clock.ts';
import { makeChatModel } from '#adapters/model/chat.ts';
import { outcomeOf, reportIn, sayingOf, statementText } from '#duties/codex/evaluated.ts';
import { refusalProblem } from '#duties/codex/ledgerRefusal.ts';
import { isEnded, type Revision } from '#duties/codex/revision.ts';
import { readSchema } from '#duties/codex/schemas/read.ts';
import { misfits } from '#duties/codex/schemas/fit.ts';
import { calibrationOf, type Calibration, type Marked } from '#judge/evaluation/agreement.ts';
import { planPairs, withPairs } from '#judge/evaluation/plan.ts';
import type { Repeats } from '#judge/evaluation/repeats.ts';
import type { CodexRecord, RevisionRef } from '#kernel/codex.ts';
import type { EvaluationReport, EvaluationVerdict, RepeatsTold } from '#kernel/evaluation.ts';
import type { Json } from '#kernel/evidence.ts';
import { problem, ProblemError } from '#kernel/problem.ts';
import { makeRedact } from '#kernel/secret.ts';
import type { ModelSite } from '#kernel/site.ts';
import { instant } from '#kernel/time.ts';
import type { Model, Reply } from '#ports/model.ts';
import type { Signer } from '#ports/signing.ts';
import {
  evaluate,
  markOf,
  type Evaluated,
  type Evaluation,
  type EvaluationOrder,
  type EvaluationParts,
} from '../evaluating.ts';
import { put, record, type Doer } from './deeds.ts';
import { contentWith, itemOf, type CodexDesk } from './desk.ts';
import { activeBeside, evaluationsWith } from './gate.ts';
import { sha256, suiteOf, suitePath, type HeldSuite } from './suites.ts';
import { signStatement } from './trust.ts';

export type Evaluating = {
  readonly revision: Revision;
  /** Null: what production reads. */
  readonly against: Revision | null;
  /** Null: as many as the suites say, or else as are proposed. */
  readonly pairs: number | null;
  /** Signs the result; null: the log has it unsigned. */
  readonly signer: Signer | null;
  /** Told after every pair. */
  readonly tell: (verdict: EvaluationVerdict) => void;
  /** Whoever aborts it breaks the run off, with the reason as a word: what was counted until then is kept, and proves nothing. */
  readonly ending: AbortSignal;
};

export type EvaluationKept = { readonly report: EvaluationReport; readonly record: CodexRecord };

/** The endpoint, ready to be asked. Throws ProblemError: `codex-model` when none is declared, or it lacks its key. */
const openModel = (model: ModelSite | null, ending: AbortSignal): Model => {
  if (model === null) {
    const mend = 'declare `model: { base_url: http://127.0.0.1:4000/v1, api_key: "${env:NAME}" }`';
    throw new ProblemError([problem('codex-model', 'no model endpoint is declared', { mend })]);
  }
  const { baseUrl, apiKey, timeoutMs, cannotAsk } = model;
  if (cannotAsk !== null)
    throw new ProblemError([problem('codex-model', `the model endpoint cannot be asked: ${cannotAsk}`)]);
  return makeChatModel({ clock: makeClock(), baseUrl, apiKey, withinMs: timeoutMs, tryMs: timeoutMs, ending });
};

type Heard = { readonly model: Model; readonly answers: () => number; readonly lastWhy: () => string };

/** Counts what is answered: an endpoint that never says anything was not evaluated. */
const listen = (model: Model): Heard => {
  let answers = 0;
  let why = '';
  const note = (reply: Reply): Reply => {
    if (reply.kind === 'unanswered') why = reply.why;
    else answers += 1;
    return reply;
  };
  return {
    model: { ask: async (question) => note(await model.ask(question)), embed: model.embed.bind(model) },
    answers: () => answers,
    lastWhy: () => why,
  };
};

/** Null: the value fits. A schema that cannot be read fits nothing. */
const fitsSchema = (schema: Json, value: Json): string | null => {
  const reading = readSchema(schema);
  if (reading.kind === 'refused') return `the schema of the case: ${reading.problems[0]?.says ?? 'cannot be read'}`;
  const [first] = misfits(reading.schema, value);
  return first === undefined ? null : `${first.keyword} at ${first.at === '' ? 'its root' : first.at}`;
};

/** From here on a mark counts as passed, when people only said yes or no. */
const PASSED_FROM = 0.5;

/** Asks the judge about every answer that people have judged; those that it does not mark are no labels. */
const calibrate = async (
  model: Model,
  { file }: HeldSuite,
): Promise<{ model: string; calibration: Calibration } | null> => {
  if (file.judge === null) return null;
  const { labels, model: name } = file.judge;
  const marks: Marked[] = [];
  const waiting = [...labels];
  const work = async (): Promise<void> => {
    for (let label = waiting.pop(); label !== undefined; label = waiting.pop()) {
      const mark = await markOf(model, { judge: name, rubric: label.criterion, answer: label.answer, hash: sha256 });
      if (typeof mark === 'string') continue;
      marks.push({ isPassedByPerson: label.isPassed, isPassedByJudge: mark.score >= PASSED_FROM });
    }
  };
  await Promise.all(Array.from({ length: file.atOnce }, work));
  return { model: name, calibration: calibrationOf(marks) };
};

const refOf = (revision: Revision | null): RevisionRef | null => revision?.ref ?? null;

const evaluatedOf = (desk: CodexDesk, ref: RevisionRef): Evaluated => ({
  digest: ref.digest,
  content: contentWith(desk, ref.digest).content,
});

/** What the last evaluation of the blessed one by these suites has counted. */
const knownOf = (desk: CodexDesk, blessed: RevisionRef | null, suite: HeldSuite) => {
  if (blessed === null) return null;
  const kept = evaluationsWith(desk, blessed).findLast(({ deed }) => deed.suite === suite.digest);
  const { passed = 0, total = 0 } = kept?.report?.verdict.compared?.candidate ?? {};
  return total === 0 ? null : { passed, total };
};

/** Fewer pairs than the goal needs show too little: not to have seen a fall is then no proof. */
const weighed = (
  { verdict, pairsPlanned, pairsProposed, power }: Evaluation,
  ending: AbortSignal,
): EvaluationReport['verdict'] => {
  if (verdict.kind === 'running') {
    const by = ending.aborted ? `broken off (${String(ending.reason)})` : 'not asked to its end';
    const why = `it was ${by} after ${verdict.compared.pairs} of ${pairsPlanned} pairs`;
    return { kind: 'not-enough-data', compared: verdict.compared, why };
  }
  if (verdict.kind !== 'passed' || verdict.by === 'excluded' || pairsPlanned >= pairsProposed) return verdict;
  const seen = Math.round(power * 100);
  const why = `${verdict.why}; with ${pairsPlanned} pairs such a fall is seen in ${seen} % of runs: ${pairsProposed} are needed`;
  return { kind: 'not-enough-data', compared: verdict.compared, why };
};

const repeatsTold = (of: Evaluation['everyOf']): readonly RepeatsTold[] => [...of].map(([k, it]) => ({ k, ...it }));

const namesWhere = (cases: ReadonlyMap<string, Repeats>, is: (repeats: Repeats) => boolean): readonly string[] =>
  [...cases].flatMap(([name, repeats]) => (is(repeats) ? [name] : [])).toSorted();

const every = (repeats: Repeats): boolean => repeats.every(Boolean);
const none = (repeats: Repeats): boolean => !repeats.some(Boolean);

type Terms = {
  readonly suite: HeldSuite;
  readonly against: RevisionRef | null;
  readonly endpoint: string;
  readonly ending: AbortSignal;
};

const reportOf = (evaluation: Evaluation, { suite, against, endpoint, ending }: Terms): EvaluationReport => ({
  verdict: weighed(evaluation, ending),
  goal: suite.file.goal,
  pairsProposed: evaluation.pairsProposed,
  pairsAsked: evaluation.pairsPlanned,
  power: evaluation.power,
  least: suite.file.least,
  against: against === null ? null : { version: against.version, digest: against.digest },
  suite: suite.file.suite.name,
  everyOf: repeatsTold(evaluation.everyOf),
  anyOf: repeatsTold(evaluation.anyOf),
  always: namesWhere(evaluation.cases, every),
  sometimes: namesWhere(evaluation.cases, (it) => !every(it) && !none(it)),
  never: namesWhere(evaluation.cases, none),
  endpoint,
});

const demandSuite = (desk: CodexDesk, { item }: RevisionRef): HeldSuite => {
  const suite = suiteOf(desk.site, item);
  if (suite !== null) return suite;
  const mend = `write ${suitePath(desk.site, item)}, or make it with \`sereno codex import\`: docs/evaluation.md`;
  throw new ProblemError([problem('not-found', `${item} has no suites`, { mend })]);
};

/** A block stands: whoever runs the same again until it passes has proven nothing. */
const refuseAgain = (
  desk: CodexDesk,
  revision: RevisionRef,
  { suite, against }: Omit<Terms, 'endpoint' | 'ending'>,
): void => {
  const sought = { suite: suite.digest, against: against?.digest ?? null };
  const outcome = outcomeOf(evaluationsWith(desk, revision), sought);
  if (outcome?.kind !== 'blocked') return;
  const message = `${revision.item}@${revision.version} was evaluated with these suites and is blocked: ${outcome.why}`;
  const mend = 'mend the source and export it again; in an emergency: sereno codex waive';
  throw new ProblemError([problem('codex-gate', message, { mend })]);
};

/** What is evaluated, beside what, by which suites. */
type Prepared = Omit<Terms, 'endpoint' | 'ending'> & { readonly order: EvaluationOrder };

const prepare = (
  desk: CodexDesk,
  { revision, against: asked, pairs }: Omit<Evaluating, 'signer' | 'tell' | 'ending'>,
): Prepared => {
  const { ref } = revision;
  if (isEnded(revision)) {
    const { state, why } = revision;
    throw new ProblemError([refusalProblem({ kind: 'ended', revision: ref, state, why })]);
  }
  if (asked !== null && asked.ref.item !== ref.item)
    throw new ProblemError([problem('bad-request', `${asked.ref.item} is another item than ${ref.item}`)]);
  const suite = demandSuite(desk, ref);
  const against = refOf(asked ?? activeBeside(itemOf(desk, ref.item), ref));
  const order: EvaluationOrder = {
    suites: [suite.file.suite],
    candidate: evaluatedOf(desk, ref),
    blessed: against === null ? null : evaluatedOf(desk, against),
    goal: suite.file.goal,
    known: knownOf(desk, against, suite),
    least: suite.file.least,
    pairs: pairs ?? suite.file.pairs,
  };
  return { suite, against, order };
};

export type EvaluationPlan = {
  readonly cases: number;
  readonly against: number | null;
  readonly pairsProposed: number;
  readonly pairsAsked: number;
  readonly power: number;
};

/** What an evaluation would ask; nobody is asked, and nothing is written. Throws ProblemError as `evaluateRevision`. */
export const planEvaluation = (
  desk: CodexDesk,
  asked: Omit<Evaluating, 'signer' | 'tell' | 'ending'>,
): EvaluationPlan => {
  const { suite, against, order } = prepare(desk, asked);
  const proposed = planPairs(order.goal, order.known);
  const plan = order.pairs === null ? proposed : withPairs(proposed, order.pairs);
  return {
    cases: suite.file.suite.cases.length,
    against: against?.version ?? null,
    pairsProposed: proposed.pairs,
    pairsAsked: plan.pairs,
    power: plan.power,
  };
};

/**
 * Evaluates a revision and keeps what came of it. Throws ProblemError, and has then written nothing: `codex-model` (none is
 * declared, or it never answered), `not-found` (no suites), `bad-input` (suites that cannot be read), `codex-gate` (blocked
 * by the same suites already), `codex-revoked`, `codex-refused` (also: broken off before anything was counted).
 */
export const evaluateRevision = async (
  desk: CodexDesk,
  doer: Doer,
  { site, asked }: { readonly site: ModelSite | null; readonly asked: Evaluating },
): Promise<EvaluationKept> => {
  const { ref } = asked.revision;
  const { ending } = asked;
  const { suite, against, order } = prepare(desk, asked);
  refuseAgain(desk, ref, { suite, against });
  const { model, answers, lastWhy } = listen(openModel(site, ending));
  const judge = await calibrate(model, suite);
  const evaluation = await evaluate(order, partsOf(model, { suite, judge, tell: asked.tell, ending }));
  if (ending.aborted && pairsIn(evaluation) === 0) throw new ProblemError([brokenOff(ending)]);
  if (answers() === 0) throw new ProblemError([silent(site, lastWhy())]);
  const report = reportOf(evaluation, { suite, against, ending, endpoint: site === null ? '' : placeOf(site) });
  // It took its time: the log has when it ended.
  const ended = { by: doer.by, now: instant(Date.now()) };
  return keep(desk, ended, { ref, report, suite, signer: asked.signer });
};

const partsOf = (
  model: Model,
  { suite, judge, tell, ending }: { suite: HeldSuite; ending: AbortSignal } & Pick<EvaluationParts, 'judge' | 'tell'>,
): EvaluationParts => ({
  model,
  fitsSchema,
  hash: sha256,
  embeddings: suite.file.similarity,
  judge,
  atOnce: suite.file.atOnce,
  tell,
  ending,
});

/** Without credentials and whatever stands behind a question mark. */
const placeOf = ({ baseUrl, apiKey }: ModelSite): string => {
  const url = URL.parse(baseUrl);
  return url === null ? '' : makeRedact(apiKey === null ? [] : [apiKey])(`${url.origin}${url.pathname}`);
};

const pairsIn = ({ verdict }: Evaluation): number => verdict.compared?.pairs ?? 0;

const brokenOff = (ending: AbortSignal) =>
  problem('codex-refused', `the evaluation was broken off (${String(ending.reason)}) before a pair was counted`, {
    mend: 'nothing was written; evaluate it again',
  });

const silent = (site: ModelSite | null, why: string) =>
  problem('codex-model', `the model endpoint${site === null ? '' : ` ${placeOf(site)}`} did not answer: ${why}`, {
    mend: 'see that it runs and that the key is right; nothing was written',
  });

type Keeping = {
  readonly ref: RevisionRef;
  readonly report: EvaluationReport;
  readonly suite: HeldSuite;
  readonly signer: Signer | null;
};

const keep = (desk: CodexDesk, doer: Doer, { ref, report, suite, signer }: Keeping): EvaluationKept => {
  const suiteDigest = put(desk, suite.text);
  const text = statementText(ref, report, suiteDigest);
  if (reportIn(text) === null) throw new TypeError('a report that cannot be read again');
  const statement = put(desk, text);
  const verdict = report.verdict.kind;
  const kept = record(desk, doer, { kind: 'evaluated', revision: ref, verdict, statement, suite: suiteDigest });
  if (signer !== null) {
    const envelope = put(desk, signStatement(signer, ref, sayingOf(report, suiteDigest)));
    record(desk, doer, { kind: 'attested', revision: ref, predicate: 'test-result', envelope });
  }
  return { report, record: kept };
};
