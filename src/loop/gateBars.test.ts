// Bars: who was refused for one is called when it goes up, once, and not for anything else that changes.

import assert from 'node:assert/strict';
import test from 'node:test';
import { serviceId } from '#kernel/id.ts';
import type { Reason } from '#kernel/reason.ts';
import { instant } from '#kernel/time.ts';
import { openBars } from './gateBars.ts';
import { FIRST_GATE, type Gate } from './gateState.ts';

const since = instant(0);
const barred = [serviceId('api'), serviceId('db')];
const hold = { by: 'ana', since, why: '' };
const selection = { before: 1, after: 9 };
const doubt = (...reasons: readonly Reason[]): Gate['suspicion'] => ({ since, reasons, isPaged: false });
const canary: Reason = { kind: 'canary-failed', message: '', since };
const correlated: Reason = { kind: 'correlated', failing: [], total: 9 };

const CASES: readonly (readonly [string, Partial<Gate>, Partial<Gate>, boolean])[] = [
  ['the hold ends', { hold }, { hold: null }, true],
  ['the hold lasts', { hold }, { hold }, false],
  ['a hold begins', {}, { hold }, false],
  ['the selection is confirmed', { selection }, { selection: null }, true],
  ['the eyes are trusted again', { suspicion: doubt(canary) }, { suspicion: null }, true],
  ['one doubt of two is over', { suspicion: doubt(canary, correlated) }, { suspicion: doubt(correlated) }, true],
  ['a doubt grows', { suspicion: doubt(canary) }, { suspicion: doubt(canary, correlated) }, false],
  ['a person trusts them', { suspicion: doubt(canary) }, { suspicion: doubt(canary), isTrustedByPerson: true }, true],
  ['the hold ends, a doubt lasts', { hold, suspicion: doubt(canary) }, { suspicion: doubt(canary) }, true],
];

for (const [what, before, after, isCalled] of CASES) {
  test(`${what}: ${isCalled ? 'everybody is called once' : 'nobody is called'}`, () => {
    const state = { ...FIRST_GATE, barred, ...after };
    const turn = openBars({ ...FIRST_GATE, barred, ...before }, { state, effects: [] });
    const called = turn.effects.filter((effect) => effect.kind === 'tell' && effect.message.kind === 'hands-free');
    assert.equal(called.length, isCalled ? 2 : 0);
    assert.deepEqual(turn.state.barred, isCalled ? [] : barred);
    assert.deepEqual(openBars(state, turn).effects, turn.effects, 'and not again');
  });
}
