// The ledger: each key once, no old epoch, whatever a crash left of the file.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Operation, OperationOutcome } from '#kernel/action.ts';
import { effectKey, machineId, serviceId } from '#kernel/id.ts';
import { durationMs } from '#kernel/time.ts';
import { type Ledger, type LedgerFile, openLedger } from './ledger.ts';

const key = (number: number): ReturnType<typeof effectKey> => effectKey(machineId('watch', 'api'), number, 0);
const operation = (epoch: number): Operation => ({
  action: 'restart',
  subject: serviceId('api'),
  epoch,
  timeoutMs: durationMs(1_000),
});
const APPLIED: OperationOutcome = { kind: 'applied', detail: 'started', pid: 7 };

/** A file in memory; `trouble` is what every write answers. */
const makeFile = (lines: string[] = [], trouble: string | null = null): LedgerFile & { readonly lines: string[] } => ({
  lines,
  read: () => [...lines],
  append: (line) => {
    if (trouble === null) lines.push(line);
    return trouble;
  },
  replace: (all) => {
    if (trouble === null) lines.splice(0, lines.length, ...all);
    return trouble;
  },
});

const carryOut = (ledger: Ledger, number: number, epoch: number): string => {
  const admission = ledger.admit(key(number), operation(epoch));
  if (admission.kind === 'fresh') ledger.settle(key(number), APPLIED);
  return admission.kind;
};

test('a key is fresh once, unfinished after a crash, and ended from then on', () => {
  const file = makeFile();
  assert.equal(openLedger(file).admit(key(1), operation(1)).kind, 'fresh');
  const second = openLedger(file);
  assert.equal(second.admit(key(1), operation(1)).kind, 'unfinished');
  second.settle(key(1), APPLIED);
  assert.deepEqual(second.admit(key(1), operation(1)), { kind: 'ended', outcome: APPLIED });
  assert.deepEqual(openLedger(file).admit(key(1), operation(1)), { kind: 'ended', outcome: APPLIED });
});

test('an old epoch is barred, also after a crash; a known key is told its outcome all the same', () => {
  const file = makeFile();
  const first = openLedger(file);
  assert.deepEqual([carryOut(first, 1, 4), carryOut(first, 2, 7), carryOut(first, 3, 6)], ['fresh', 'fresh', 'barred']);
  const second = openLedger(file);
  assert.deepEqual(
    [carryOut(second, 3, 6), carryOut(second, 1, 4), carryOut(second, 4, 7)],
    ['barred', 'ended', 'fresh'],
  );
  assert.deepEqual([second.isStale(6), second.isStale(7)], [true, false]);
});

test('torn and foreign lines: what was whole is kept, and what comes after is readable', () => {
  const intent = JSON.stringify({ kind: 'intent', key: key(1), epoch: 5 });
  const outcome = JSON.stringify({ kind: 'outcome', key: key(1), outcome: APPLIED });
  const cases: readonly (readonly [string, readonly string[], string])[] = [
    ['a torn outcome', [intent, outcome.slice(0, 30), ''], 'unfinished'],
    ['a whole outcome without its end of line', [intent, outcome, ''], 'ended'],
    ['foreign lines', ['[]', 'null', '{"kind":"other"}', intent, outcome, '{"kind":"intent"}'], 'ended'],
    ['nothing but a torn line', [intent.slice(0, 12), ''], 'fresh'],
  ];
  for (const [says, lines, expected] of cases) {
    const file = makeFile([...lines]);
    const ledger = openLedger(file);
    assert.equal(ledger.admit(key(1), operation(5)).kind, expected, says);
    carryOut(ledger, 2, 6);
    assert.equal(openLedger(file).admit(key(2), operation(6)).kind, 'ended', `${says}: the next line survives`);
  }
});

test('what cannot be read or written touches nothing', () => {
  const full = openLedger(makeFile([], 'ENOSPC')).admit(key(1), operation(1));
  assert.equal(full.kind === 'barred' && full.outcome.kind, 'failed');
  assert.match(full.kind === 'barred' ? full.outcome.detail : '', /ENOSPC.*nothing was touched/);
  const blind = openLedger({ ...makeFile(), read: () => null }).admit(key(1), operation(1));
  assert.equal(blind.kind === 'barred' && blind.outcome.kind, 'failed');
});

test('the file stays bounded, forgets the oldest ended keys first, and never an unfinished one or the epoch', () => {
  const file = makeFile();
  const ledger = openLedger(file);
  ledger.admit(key(0), operation(1)); // never ends
  for (let number = 1; number <= 5_000; number += 1) assert.equal(carryOut(ledger, number, number), 'fresh');
  assert.ok(file.lines.length <= 600, String(file.lines.length));
  const next = openLedger(file);
  assert.equal(next.admit(key(0), operation(9_999)).kind, 'unfinished');
  assert.equal(next.admit(key(5_000), operation(1)).kind, 'ended');
  assert.equal(next.admit(key(1), operation(4_999)).kind, 'barred', 'forgotten, and too old to be carried out again');
});
