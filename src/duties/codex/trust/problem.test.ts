// What a person reads when something is not believed: the code, the reasons and the way out.

import assert from 'node:assert/strict';
import test from 'node:test';
import { entryOf, NOW } from './ground.contract.ts';
import { distrustProblem, verdictProblem } from './problem.ts';

test('what is only too old has another code than what is wrong', () => {
  const old = { kind: 'expired', what: 'head', at: NOW } as const;
  const back = { kind: 'rolled-back', what: 'head', known: 5, found: 4 } as const;
  assert.equal(distrustProblem('head.json', [old]).code, 'codex-stale');
  assert.equal(distrustProblem('head.json', [back, old]).code, 'codex-untrusted');
  assert.equal(
    distrustProblem('head.json', [back, old]).message,
    'head.json: it is version 4 of the head, and version 5 was seen already; the head has expired at 2026-11-21 20:00:00Z',
  );
});

test('every reason not to believe has its sentence', () => {
  const said = (reason: Parameters<typeof distrustProblem>[1][number]): string =>
    distrustProblem('x', [reason]).message;
  const few = { kind: 'too-few-signatures', role: 'root', needed: 3, rootVersion: 2 } as const;
  assert.match(said({ ...few, signers: ['ada', 'bo'] }), /root 2 demands the signatures of 3 for root.*by ada, bo$/);
  assert.match(said({ ...few, signers: [] }), /by nobody$/);
  assert.match(
    said({ kind: 'rolled-back', what: 'log', known: 41, found: 39 }),
    /ends the log at entry 39, and entry 41/,
  );
  assert.match(said({ kind: 'wrong-type', expected: 'root', found: 'targets' }), /type targets, not root/);
  assert.match(said({ kind: 'wrong-version', expected: 3, found: 5 }), /version 5, and the next one is 3/);
  assert.match(said({ kind: 'changed-in-place', version: 5 }), /version 5 .* another content/);
  assert.match(said({ kind: 'entry-missing', seq: 41 }), /entry 41 .* is not there/);
  const differs = { kind: 'entry-differs', seq: 41, signed: entryOf(41), found: entryOf(41, 'fork') } as const;
  assert.ok(
    said(differs).includes(entryOf(41).slice(0, 12)) && said(differs).includes(entryOf(41, 'fork').slice(0, 12)),
  );
});

test('a verdict is a problem unless it is a blessing', () => {
  assert.equal(verdictProblem('codex:a@1', { kind: 'blessed', reasons: [] }), null);
  const waiting = { kind: 'too-few', role: 'blessing', needed: 2, by: ['ada'] } as const;
  const found = verdictProblem('codex:a@1', { kind: 'waiting', reasons: [waiting] });
  assert.equal(found?.code, 'codex-untrusted');
  assert.equal(found?.message, 'codex:a@1 is not blessed yet: blessing: 1 of 2 needed signatures so far, by ada');
  const stale = verdictProblem('codex:a@1', { kind: 'stale', reasons: [{ kind: 'expired', what: 'root', at: NOW }] });
  assert.equal(stale?.code, 'codex-stale');
});
