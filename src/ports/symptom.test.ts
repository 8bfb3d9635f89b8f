// Error codes: whose fault an error is, and that no code is taken for health.

import assert from 'node:assert/strict';
import test from 'node:test';
import { codeOf, seenError } from './symptom.ts';

const failing = (code: string, message = 'it broke'): Error => Object.assign(new Error(message), { code });

test('our own troubles are unknown, the others are the target’s', () => {
  const check = (code: string, expected: string): void => {
    const seen = seenError(failing(code), 'asking');
    assert.equal(`${seen.state} ${seen.symptom}`, expected, code);
    assert.match(seen.message, /asking/);
  };
  for (const code of ['EAI_AGAIN', 'EMFILE', 'ENFILE', 'ENETUNREACH', 'EADDRNOTAVAIL', 'ENOMEM', 'EACCES']) {
    check(code, 'unknown cannot-run');
  }
  check('ECONNREFUSED', 'unhealthy refused');
  check('EHOSTUNREACH', 'unhealthy refused');
  check('ETIMEDOUT', 'unhealthy timeout');
  check('ECONNRESET', 'unhealthy wrong-answer');
  check('CERT_HAS_EXPIRED', 'unhealthy wrong-answer');
  check('HPE_INVALID_CONSTANT', 'unhealthy wrong-answer');
  check('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'unhealthy wrong-answer');
  check('ENOTFOUND', 'unhealthy failed');
  check('ESOMETHING', 'unhealthy failed');
});

test('anything can be thrown, and none of it draws', () => {
  for (const thrown of [undefined, null, 'text\u001b', { code: 'ECONNREFUSED' }, new Error('line\u001b[2J')]) {
    const seen = seenError(thrown, 'asking');
    assert.equal(seen.state, 'unhealthy');
    assert.ok(!seen.message.includes('\u001b'), seen.message);
  }
  assert.equal(codeOf(Object.assign(new Error('x'), { code: 5 })), '');
});
