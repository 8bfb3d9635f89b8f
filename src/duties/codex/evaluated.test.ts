// Evaluations that were kept: the statement is in-toto's and holds all numbers, a block stands, and what was run elsewhere
// does not count.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digest, GENESIS_DIGEST, itemId, type CodexRecord, type Digest } from '#kernel/codex.ts';
import type { EvaluationReport } from '#kernel/evaluation.ts';
import { instant } from '#kernel/time.ts';
import {
  evaluationsOf,
  outcomeOf,
  reportIn,
  REPORT_FIELD,
  statementText,
  type KeptEvaluation,
  type Sought,
} from './evaluated.ts';
import { toUtf8 } from './trust/encoding.ts';
import { PAYLOAD_TYPE, readStatement } from './trust/statement.ts';

const d = (number: number): Digest => digest(number.toString(16).padStart(64, '0'));
const [CONTENT, ACTIVE, SUITE] = [d(1), d(2), d(3)];
const REVISION = { item: itemId('concise'), version: 2, digest: CONTENT };

const report = (kind: 'passed' | 'blocked' | 'not-enough-data', against: Digest | null = ACTIVE): EvaluationReport => ({
  verdict:
    kind === 'passed'
      ? { kind, by: 'excluded', compared: COMPARED, why: 'a fall is excluded' }
      : { kind, compared: COMPARED, why: `it is ${kind}` },
  goal: { falseBlocks: 0.05, regression: 0.1, power: 0.9 },
  pairsProposed: 480,
  pairsAsked: 480,
  power: 0.9,
  least: 0.8,
  against: against === null ? null : { version: 1, digest: against },
  suite: 'concise',
  everyOf: [{ k: 1, estimate: 0.9, low: 0.8, high: 0.95, cases: 10 }],
  anyOf: [],
  always: ['concise/a'],
  sometimes: ['concise/b'],
  never: ['concise/c'],
  endpoint: 'http://127.0.0.1:4000/v1',
});

const RATE = { passed: 9, total: 10, low: 0.6, high: 0.98 };
const COMPARED = {
  pairs: 10,
  losses: 1,
  wins: 0,
  blessed: RATE,
  candidate: RATE,
  evidence: 1.2,
  clearance: 3,
  worst: [],
} as const;

test('the statement is an in-toto test result that others can read, and gives the report back', () => {
  const text = statementText(REVISION, report('blocked'), SUITE);
  assert.deepEqual(reportIn(text), report('blocked'));
  assert.equal(text, statementText(REVISION, report('blocked'), SUITE));
  const read = readStatement({ payloadType: PAYLOAD_TYPE, payload: toUtf8(text), signatures: [] });
  assert.ok(read.kind === 'read' && read.value.saying?.predicate === 'test-result');
  assert.deepEqual(read.value.subjects, [{ name: 'codex:concise@2', sha256: CONTENT }]);
  const { result, passed, warned, failed, configuration } = read.value.saying;
  assert.deepEqual([result, passed, warned, failed], ['FAILED', ['concise/a'], ['concise/b'], ['concise/c']]);
  assert.deepEqual(configuration, [
    { name: 'concise', sha256: SUITE },
    { name: 'against version 1', sha256: ACTIVE },
  ]);
});

test('what has no report, or half of one, has none', () => {
  assert.equal(reportIn('no json'), null);
  assert.equal(reportIn('{}'), null);
  assert.equal(reportIn(JSON.stringify({ predicate: { [REPORT_FIELD]: { verdict: {}, goal: {} } } })), null);
});

type Told = { readonly kind?: 'passed' | 'blocked' | 'not-enough-data'; suite?: Digest; against?: Digest | null };

const kept = ({ kind = 'passed', suite = SUITE, against = ACTIVE }: Told): KeptEvaluation => {
  const deed = { kind: 'evaluated', revision: REVISION, verdict: kind, statement: d(9), suite } as const;
  const record: CodexRecord = {
    format: 1,
    seq: 1,
    prev: GENESIS_DIGEST,
    at: instant(0),
    by: { name: 'ann', kind: 'person' },
    deed,
    hash: d(8),
  };
  return { record, deed, report: report(kind, against) };
};

const outcome = (...all: readonly Told[]): string | null =>
  outcomeOf(all.map(kept), { suite: SUITE, against: ACTIVE })?.kind ?? null;

test('the last word counts, except that a block stands', () => {
  assert.equal(outcome(), null);
  assert.equal(outcome({ kind: 'passed' }), 'passed');
  assert.equal(outcome({ kind: 'not-enough-data' }), 'not-enough-data');
  assert.equal(outcome({ kind: 'not-enough-data' }, { kind: 'passed' }), 'passed');
  assert.equal(outcome({ kind: 'passed' }, { kind: 'not-enough-data' }), 'passed');
  assert.equal(outcome({ kind: 'blocked' }, { kind: 'passed' }, { kind: 'passed' }), 'blocked');
});

test('other suites, or another version beside it, are no evaluation; and it says which', () => {
  const why = (told: Told, sought: Sought = { suite: SUITE, against: ACTIVE }) => {
    const found = outcomeOf([kept(told)], sought);
    return found?.kind === 'unfit' ? found.why : found?.kind;
  };
  assert.match(why({ suite: d(7) }) ?? '', /suites have changed/);
  assert.match(why({ against: d(7) }) ?? '', /held against version 1, and that is not what is active/);
  assert.match(why({ against: null }) ?? '', /held against nothing/);
  assert.match(why({}, { suite: null, against: ACTIVE }) ?? '', /are gone/);
  assert.equal(outcome({ kind: 'blocked', suite: d(7) }, { kind: 'passed' }), 'passed');
});

test('a statement that is about something else, or says something else than its entry, is none', () => {
  const { record } = kept({});
  const found = (text: string) => evaluationsOf({ records: [record] }, CONTENT, () => text)[0]?.report?.verdict.kind;
  assert.equal(found(statementText(REVISION, report('passed'), SUITE)), 'passed');
  assert.equal(found(statementText(REVISION, report('blocked'), SUITE)), undefined);
  assert.equal(found(statementText({ ...REVISION, digest: d(5) }, report('passed'), SUITE)), undefined);
  assert.equal(found(statementText({ ...REVISION, version: 3 }, report('passed'), SUITE)), undefined);
  const unreadable = { ...kept({}), report: null };
  const told = outcomeOf([unreadable], { suite: SUITE, against: null });
  assert.deepEqual(told, { kind: 'unfit', why: 'its report cannot be read' });
});

test('evaluations are those of the very same content, whatever version it had', () => {
  const { record, deed: named } = kept({});
  const other: CodexRecord = { ...record, deed: { ...named, revision: { ...REVISION, digest: d(5) } } };
  const again: CodexRecord = { ...record, deed: { ...named, revision: { ...REVISION, version: 7 } } };
  const found = evaluationsOf({ records: [record, other, again] }, CONTENT, () => null);
  assert.deepEqual(
    found.map(({ deed, report: it }) => [deed.revision.version, it]),
    [
      [2, null],
      [7, null],
    ],
  );
});
