// Evaluations that were kept: the statement that an object holds, and what follows from all of them about a revision.
//
// The object is an in-toto Statement with the predicate test-result v0.1; all numbers stand in it under a name of our own,
// which readers that do not know it leave alone. It is named by the log, and signed by nobody unless somebody signs it too;
// where the root of trust names testers, only what they signed counts.

import { canonical } from '#kernel/canonical.ts';
import type { CodexDeed, CodexRecord, Digest, RevisionRef } from '#kernel/codex.ts';
import type { EvaluationReport } from '#kernel/evaluation.ts';
import type { Json } from '#kernel/evidence.ts';
import { fromUtf8, toUtf8 } from './trust/encoding.ts';
import { draftEnvelope, isAbout, PAYLOAD_TYPE, readStatement, type Saying } from './trust/statement.ts';
import type { EvaluationOutcome } from './qa.ts';
import { isBlock } from './source.ts';
import type { Item } from './revision.ts';

/** The field of the predicate that holds the report. */
export const REPORT_FIELD = 'urn:sereno:codex:evaluation:v1';

const RESULTS = { passed: 'PASSED', blocked: 'FAILED', 'not-enough-data': 'WARNED' } as const;

/** What the report says in the words of in-toto. `suite`: the digest of the suites that were run. */
export const sayingOf = (report: EvaluationReport, suite: Digest): Saying & { readonly predicate: 'test-result' } => ({
  predicate: 'test-result',
  result: RESULTS[report.verdict.kind],
  configuration: [
    { name: report.suite, sha256: suite },
    ...(report.against === null
      ? []
      : [{ name: `against version ${report.against.version}`, sha256: report.against.digest }]),
  ],
  passed: report.always,
  warned: report.sometimes,
  failed: report.never,
});

/** The text of the object that is kept. The same report gives the same bytes. */
export const statementText = (revision: RevisionRef, report: EvaluationReport, suite: Digest): string => {
  const statement: Json = JSON.parse(fromUtf8(draftEnvelope(revision, sayingOf(report, suite)).payload) ?? 'null');
  if (!isBlock(statement) || !isBlock(statement['predicate'])) throw new TypeError('a statement without a predicate');
  const predicate = { ...statement['predicate'], [REPORT_FIELD]: jsonOf(report) };
  return canonical({ ...statement, predicate });
};

const jsonOf = (report: EvaluationReport): Json => JSON.parse(JSON.stringify(report));

/** The report in a kept statement; null: it has none that this release can read. What was kept is hashed by whoever reads it. */
export const reportIn = (text: string): EvaluationReport | null => {
  const statement = parsed(text);
  const predicate = isBlock(statement) ? statement['predicate'] : undefined;
  const report = isBlock(predicate) ? predicate[REPORT_FIELD] : undefined;
  if (!isBlock(report) || !isBlock(report['verdict']) || !isBlock(report['goal'])) return null;
  const isWhole = ['everyOf', 'anyOf', 'always', 'sometimes', 'never'].every((key) => Array.isArray(report[key]));
  return isWhole ? (report as unknown as EvaluationReport) : null; // decoder: only we write this field, and its digest was looked at
};

const parsed = (text: string): Json | undefined => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** One evaluation as the log has it, with its report; `report` null: it cannot be read. */
export type KeptEvaluation = {
  readonly record: CodexRecord;
  readonly deed: CodexDeed & { readonly kind: 'evaluated' };
  readonly report: EvaluationReport | null;
  /** Why the root of trust does not let it count; left out: it counts. */
  readonly uncounted?: string;
};

/**
 * All evaluations of the very same content, oldest first: another version with the same bytes is the same to a model.
 * `content` null: those of every version.
 */
export const evaluationsOf = (
  item: Pick<Item, 'records'>,
  content: Digest | null,
  read: (statement: Digest) => string | null,
): readonly KeptEvaluation[] =>
  item.records.flatMap((record) => {
    const { deed } = record;
    if (deed.kind !== 'evaluated' || (content !== null && deed.revision.digest !== content)) return [];
    const text = read(deed.statement);
    return [{ record, deed, report: text === null ? null : reportFor(deed, text) }];
  });

/** Null too for a statement that is about something else, or says something else than the entry that names it. */
const reportFor = ({ revision, verdict }: CodexDeed & { readonly kind: 'evaluated' }, text: string) => {
  const read = readStatement({ payloadType: PAYLOAD_TYPE, payload: toUtf8(text), signatures: [] });
  const report = reportIn(text);
  if (read.kind === 'refused' || report === null) return null;
  return isAbout(read.value, revision) && report.verdict.kind === verdict ? report : null;
};

/** What counts now: the suites as they are, beside what production reads. */
export type Sought = { readonly suite: Digest | null; readonly against: Digest | null };

/**
 * What the gate is told. Null: never evaluated. A block stands, whatever came of running the same again: a twentieth of all
 * bad ones would pass the third time. Only a change of the content, of the suites or of what is active asks anew. It stands
 * also when nobody has signed it: to stop is easier than to allow.
 */
export const outcomeOf = (kept: readonly KeptEvaluation[], sought: Sought): EvaluationOutcome | null => {
  const last = kept.at(-1);
  if (last === undefined) return null;
  const fitting = kept.filter(
    ({ deed, report }) =>
      report !== null && deed.suite === sought.suite && (report.against?.digest ?? null) === sought.against,
  );
  const counted =
    fitting.find(({ deed }) => deed.verdict === 'blocked') ??
    fitting.findLast(({ deed, uncounted }) => deed.verdict === 'passed' && uncounted === undefined) ??
    fitting.findLast(({ deed }) => deed.verdict === 'passed') ??
    fitting.at(-1);
  if (counted === undefined) return { kind: 'unfit', why: sayUnfit(last, sought) };
  if (counted.deed.verdict === 'passed' && counted.uncounted !== undefined)
    return { kind: 'unsigned', why: counted.uncounted };
  return { kind: counted.deed.verdict, why: counted.report?.verdict.why ?? '' };
};

const sayUnfit = ({ deed, report }: KeptEvaluation, sought: Sought): string => {
  if (report === null) return 'its report cannot be read';
  if (sought.suite === null) return 'the suites that it was evaluated with are gone';
  if (deed.suite !== sought.suite) return 'its suites have changed since';
  const { against } = report;
  const was = against === null ? 'nothing' : `version ${against.version}`;
  return `it was held against ${was}, and that is not what is active`;
};
