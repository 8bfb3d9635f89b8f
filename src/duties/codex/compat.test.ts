// The rules of compatibility at their edges, the test for quality assurance, and the first look at an answer.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { assess, WEIGHTS, type Wanted } from './assessor.ts';
import { incompatibilities, sayIncompatibility, type Judged } from './compat.ts';
import type { Loaded } from './content.ts';
import { isGoodEnough, lineageOf, QUALITY_THRESHOLD, qaTestOf } from './qaTest.ts';

const GOOD: Judged = {
  task_id: 'extract',
  prompt: '0123456789',
  temperature: 0,
  max_tokens: 100,
  qa_schema_id: 'qa_extract_v1',
};

test('each rule at its edge', () => {
  const cases: readonly (readonly [Partial<Judged>, readonly string[]])[] = [
    [{}, []],
    [{ temperature: 2, qa_schema_id: 'qa_extract_v22' }, []],
    [{ prompt: '012345678' }, ['prompt-short']],
    [{ prompt: ' '.repeat(20) }, ['prompt-short']],
    [{ prompt: '\u{1f600}'.repeat(9) }, ['prompt-short']],
    [{ temperature: -0.01 }, ['temperature-range']],
    [{ temperature: 2.01 }, ['temperature-range']],
    [{ temperature: Number.NaN }, ['temperature-range']],
    [{ max_tokens: 99 }, ['max-tokens-few']],
    [{ max_tokens: Number.NaN }, ['max-tokens-few']],
    [{ qa_schema_id: 'qa_extract' }, ['schema-id']],
    [{ qa_schema_id: 'qa_extractor_v1' }, ['schema-id']],
    [
      { temperature: 5, max_tokens: 1, prompt: '', qa_schema_id: '' },
      ['schema-id', 'prompt-short', 'temperature-range', 'max-tokens-few'],
    ],
  ];
  for (const [change, kinds] of cases) {
    const found = incompatibilities({ ...GOOD, ...change });
    assert.deepEqual(
      found.map((it) => it.kind),
      kinds,
    );
    for (const it of found) assert.match(sayIncompatibility(it), /should|needs/);
  }
});

const LOADED: Loaded = {
  ...GOOD,
  title: 't',
  model_id: 'm',
  blessed_by: 'cleo',
  version: 9,
  format: null,
  expected_behavior: 'short',
  source_log_id: 'extract_v3',
  blessed_on: '2026-11-21',
  digest: null,
};

test('the test of a configuration, and where it came from', () => {
  assert.deepEqual(qaTestOf(LOADED, 'with a case'), {
    test_id: 'qa_test_extract',
    qa_schema_id: 'qa_extract_v1',
    model_id: 'm',
    prompt: 'with a case',
    temperature: 0,
    max_tokens: 100,
    expected_format: 'markdown',
    baseline_behavior: 'short',
    quality_threshold: 0.8,
    metadata: { source_config: 'extract', blessed_version: 9, test_type: 'blessed-config' },
  });
  assert.deepEqual(lineageOf(LOADED), { source_log_id: 'extract_v3', blessed_on: '2026-11-21' });
});

test('the threshold lies on the scale of the scores: a good answer passes, a bad one does not', () => {
  const baseline = '# Skills\n\n- Baking bread, with patience.\n- Cleaning ovens carefully.\n';
  const wanted: Wanted = { format: 'markdown', baseline, requiredKeys: [] };
  assert.ok(isGoodEnough(assess(baseline, wanted).score));
  assert.ok(!isGoodEnough(assess('No idea', wanted).score));
  assert.ok(isGoodEnough(1) && !isGoodEnough(0));
  assert.ok(QUALITY_THRESHOLD > 0 && QUALITY_THRESHOLD < 1);
  for (const wrong of [8, -0.1, Number.NaN]) {
    assert.throws(() => isGoodEnough(0.9, wrong), RangeError);
    assert.throws(() => isGoodEnough(wrong), RangeError);
  }
});

test('each part of an answer counts by its weight', () => {
  assert.equal(
    Object.values(WEIGHTS).reduce((sum, it) => sum + it, 0),
    1,
  );
  const json: Wanted = { format: 'json', baseline: '{"skills":["baking","cleaning"]}', requiredKeys: ['skills'] };
  const text: Wanted = {
    format: 'markdown',
    baseline: '# Skills\n\n- Baking bread daily\n- Cleaning ovens',
    requiredKeys: [],
  };
  const cases: readonly (readonly [string, Wanted, string])[] = [
    ['{"skills":["baking","cleaning"]}', json, '1 1 1 1 1'],
    ['{"skilled":["baking","cleaning"]}', json, '0 0.67 1 1 1'],
    ['```json\n{"skills":["baking","cleaning"]}\n```', json, '1 1 0.5 1 1'],
    ['{"skills":["baking","cleaning"', json, '0 1 0 1 0'],
    ['[{"skills":["baking","cleaning"]},{}]', json, '0.5 1 1 1 1'],
    ['', json, '0 0 0 0 0'],
    ['# Skills\n\n- Baking bread daily\n- Cleaning ovens', text, '1 1 1 1 1'],
    ['Skills: baking bread daily, cleaning ovens and the', text, '0 1 1 1 0.5'],
    ['# Skills\n\n- Baking', text, '1 0.33 1 0.77 1'],
    [Array.from({ length: 3 }, () => text.baseline).join('\n'), text, '1 1 1 0.38 1'],
    ['{"skills":["baking bread daily","cleaning ovens"]}', text, '0 1 0.5 1 1'],
    ['# Skills\n\n- Baking bread daily\n- Cleaning ovens\n```', text, '1 1 1 1 0'],
    ['', text, '0 0 0 0 0'],
  ];
  for (const [answer, wanted, expected] of cases) {
    const { parts, score, feedback } = assess(answer, wanted);
    const shown = [parts.structure, parts.content, parts.format, parts.length, parts.completeness];
    assert.equal(shown.map((it) => Math.round(it * 100) / 100).join(' '), expected, answer);
    assert.equal(feedback.length, shown.filter((it) => it < 1).length);
    assert.equal(score === 1, feedback.length === 0);
  }
});

test('a score is always a share of 1', () => {
  const wanted = fc.record({
    format: fc.constantFrom('json' as const, 'markdown' as const),
    baseline: fc.option(fc.string()),
    requiredKeys: fc.array(fc.string(), { maxLength: 3 }),
  });
  const answer = fc.oneof(fc.string({ unit: 'binary' }), fc.json());
  fc.assert(
    fc.property(answer, wanted, (it, wish) => {
      const { score, parts } = assess(it, wish);
      assert.ok([score, ...Object.values(parts)].every((value) => value >= 0 && value <= 1));
    }),
  );
});
