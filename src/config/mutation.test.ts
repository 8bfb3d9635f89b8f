// Mutations of the contract: whatever happens to the file, it either loads or gives problems with a place; it never
// throws, and no secret is in any text.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { sayProblem } from '#kernel/problem.ts';
import { instant } from '#kernel/time.ts';
import { describeSite, sayDescription } from './describe.ts';
import { memoryFiles } from './files.ts';
import { readSite } from './readSite.ts';

const CONTRACT = readFileSync(join(import.meta.dirname, '../../examples/sereno.yaml'), 'utf8');
const NOW = instant(Date.UTC(2026, 10, 21));
const SECRET = 'Zq7-never-shown-x9';
const ENV = {
  DATABASE_URL: `postgres://u:${SECRET}@h/db`,
  SLACK_WEBHOOK: `https://hooks.example.org/${SECRET}`,
  PAGERDUTY_KEY: SECRET,
  SMTP_URL: `smtp://u:${SECRET}@h`,
  HEARTBEAT_URL: `https://b.example.org/${SECRET}`,
  LITELLM_KEY: SECRET,
};
/** Some hundred files a run keep the test under some seconds on a busy machine; a seed of a failure is printed. */
const RUNS = 150;

const holds = (text: string | Uint8Array): void => {
  const reading = readSite({ file: 's.yaml', env: ENV, now: NOW, files: memoryFiles({ 's.yaml': text }) });
  assert.equal(reading.site === null, reading.problems.length > 0);
  for (const found of reading.problems)
    assert.ok(found.place !== null && found.place.line >= 1 && found.place.column >= 1, sayProblem(found));
  const said = [...reading.problems, ...reading.warnings].map(sayProblem).join('\n');
  assert.ok(!said.includes(SECRET), said);
  if (reading.site === null) return;
  const description = describeSite(reading.site, reading.warnings);
  assert.ok(!`${JSON.stringify(description)}${sayDescription(description)}`.includes(SECRET));
};

const LINES = CONTRACT.split('\n');
const line = fc.nat(LINES.length - 1);
const WORDS = CONTRACT.match(/[^\s:,{}[\]"]+/g) ?? [];

const edited = fc.oneof(
  fc.tuple(line, fc.string({ maxLength: 30 })).map(([at, text]) => LINES.with(at, text).join('\n')),
  line.map((at) => LINES.toSpliced(at, 1).join('\n')),
  fc.tuple(line, line).map(([from, to]) => LINES.toSpliced(to, 0, LINES[from] ?? '').join('\n')),
  fc
    .tuple(fc.nat(CONTRACT.length), fc.string({ maxLength: 3 }))
    .map(([at, text]) => CONTRACT.slice(0, at) + text + CONTRACT.slice(at + 1)),
  fc
    .tuple(
      fc.constantFrom(...WORDS),
      fc.constantFrom(
        ...WORDS,
        '${env:PAGERDUTY_KEY}',
        '"${env:LITELLM_KEY}"',
        '*x',
        '&x',
        '!!set',
        '.nan',
        'null',
        '[]',
        '{}',
        '-1',
        '1e999',
        '__proto__',
      ),
    )
    .map(([from, to]) => CONTRACT.replace(from, () => to)),
  fc.nat(CONTRACT.length).map((at) => CONTRACT.slice(0, at)),
);

test('a mutated contract loads or gives problems with a place', () => {
  fc.assert(
    fc.property(edited, (text) => holds(text)),
    { numRuns: RUNS },
  );
});

test('any text and any bytes', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.uint8Array({ maxLength: 200 }), fc.json()), (text) => holds(text)),
    {
      numRuns: RUNS,
    },
  );
});

/** Any value in the place of any value of the parsed contract: reaches every corner of the grammar. */
test('any value in any place', () => {
  const sections = [
    'people',
    'on_call',
    'services',
    'jobs',
    'guard',
    'policy',
    'runbooks',
    'notify',
    'heartbeat',
    'codex',
    'model',
    'chaos',
    'costs',
  ];
  const value = fc.json({ maxDepth: 4 });
  fc.assert(
    fc.property(
      fc.constantFrom(...sections),
      value,
      fc.constantFrom('', 'api: ', 'api: { checks: [ ', 'api: { run: { '),
      (section, json, opening) => {
        const closing = Array.from(opening)
          .reverse()
          .map((sign) => ({ '{': '}', '[': ']' })[sign] ?? '')
          .join('');
        holds(`sereno: 1\nsite: x\n${section}: ${opening === '' ? json : `{ ${opening}${json}${closing} }`}\n`);
      },
    ),
    { numRuns: RUNS },
  );
});
