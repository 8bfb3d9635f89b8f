// The root beside the configuration.

import assert from 'node:assert/strict';
import test from 'node:test';
import { ada, bo, cleo, role, rootOf } from './ground.contract.ts';
import { undeclared } from './declared.ts';

const plain = rootOf();
const root = { ...plain, roles: { ...plain.roles, blessing: role([ada, bo, cleo], 2) } };

test('a root that is as strict as declared, or stricter, is told about to nobody', () => {
  assert.deepEqual(undeclared(root, { blessers: ['ada', 'bo', 'cleo'], threshold: 2 }), []);
  assert.deepEqual(undeclared(root, { blessers: ['Ada', 'bo', 'cleo', 'dan'], threshold: 1 }), []);
});

test('who may bless without being named is named, and too low a threshold is told', () => {
  const found = undeclared(root, { blessers: ['cleo'], threshold: 3 });
  assert.deepEqual(
    found.map(({ message }) => message),
    [
      'root 1 lets ada bless, and codex.blessers does not name ada',
      'root 1 lets bo bless, and codex.blessers does not name bo',
      'root 1 is content with 2 who bless, and codex.threshold asks for 3',
    ],
  );
  assert.ok(found.every(({ code }) => code === 'codex-untrusted'));
});
