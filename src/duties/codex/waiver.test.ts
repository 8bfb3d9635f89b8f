// Waivers: only somebody who may bless and did not write it, only this revision, only by a signature.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ada,
  ci,
  cleo,
  envelopeBy,
  eve,
  IN_A_YEAR,
  NOW,
  REVISION,
  rootOf,
  verifyEd25519,
} from './trust/ground.contract.ts';
import { writeEnvelope } from './trust/envelope.ts';
import { draftEnvelope } from './trust/statement.ts';
import { draftWaiver, hearWaiver } from './waiver.ts';

const WAIVER = { why: 'the old one leaks names', at: NOW, waives: ['it was not evaluated'] };
const parts = { root: rootOf(), verify: verifyEd25519 };
const asked = { revision: REVISION, authors: ['Ada'], now: NOW };

const heard = (people: Parameters<typeof envelopeBy>[0], changes: Partial<typeof asked> = {}) =>
  hearWaiver(writeEnvelope(envelopeBy(people, draftWaiver(REVISION, WAIVER))), { ...asked, ...changes }, parts);

test('a blesser who did not write the source is heard, with all that was said', () => {
  assert.deepEqual(heard([cleo]), { kind: 'heard', who: 'cleo', waiver: WAIVER });
  assert.deepEqual(heard([ada, cleo]), { kind: 'heard', who: 'cleo', waiver: WAIVER });
});

const because = (found: ReturnType<typeof heard>): string => (found.kind === 'heard' ? 'heard' : found.because);

test('nobody else is: not the author, not a stranger, not nobody', () => {
  assert.equal(because(heard([ada])), 'author');
  assert.equal(because(heard([ada], { authors: [' aDA'] })), 'author');
  assert.equal(because(heard([eve])), 'nobody-believed');
  assert.equal(because(heard([ci])), 'nobody-believed');
  assert.equal(because(heard([])), 'unreadable');
});

test('not for another revision, another statement, after the root, or with one byte changed', () => {
  assert.equal(because(heard([cleo], { revision: { ...REVISION, version: 4 } })), 'another-revision');
  assert.equal(because(heard([cleo], { now: IN_A_YEAR })), 'stale');
  const blessing = draftEnvelope(REVISION, { predicate: 'blessing', why: 'well', at: NOW });
  assert.equal(because(hearWaiver(writeEnvelope(envelopeBy([cleo], blessing)), asked, parts)), 'unreadable');
  const text = writeEnvelope(envelopeBy([cleo], draftWaiver(REVISION, WAIVER)));
  const at = text.indexOf('payload":"') + 40;
  const changed = `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
  assert.equal(because(hearWaiver(changed, asked, parts)), 'nobody-believed');
});
