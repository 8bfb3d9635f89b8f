// Sereno's own configuration in the codex: what belongs to which item, what is demanded, and what must not enter it.

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { decodeClosure } from './closure.ts';
import { contentOf } from './content.ts';
import { joinDemands, ownClosure, ownDemand, ownIdentity, plainSecrets, type OwnTree } from './own.ts';

const tree: OwnTree = {
  site: 'town',
  environment: 'production',
  codex: { own: ['config', 'policy'], blessers: ['ana'] },
  people: { ana: {} },
  policy: { autonomy: 1 },
  services: { api: { checks: [] } },
};

suite('own configuration', () => {
  test('the order of keys does not count, every value does', () => {
    const { site, ...rest } = tree;
    assert.equal(ownIdentity('config', { ...rest, site: site ?? '' }), ownIdentity('config', tree));
    assert.notEqual(ownIdentity('config', { ...tree, services: {} }), ownIdentity('config', tree));
  });

  test('a part counts for its item only; whether it must be blessed counts for all', () => {
    assert.equal(ownIdentity('policy', { ...tree, services: {} }), ownIdentity('policy', tree));
    assert.notEqual(ownIdentity('policy', { ...tree, policy: { autonomy: 4 } }), ownIdentity('policy', tree));
    for (const kind of ['policy', 'runbooks'] as const) {
      assert.notEqual(ownIdentity(kind, { ...tree, environment: 'dev' }), ownIdentity(kind, tree));
      assert.notEqual(ownIdentity(kind, { ...tree, codex: { own: [] } }), ownIdentity(kind, tree));
    }
  });

  test('a closure comes back from its text and can be shown; no template is asked', () => {
    const closure = decodeClosure(JSON.parse(JSON.stringify(ownClosure('config', tree))) as OwnTree); // decoder: as it is stored
    assert.ok(closure !== null);
    const made = contentOf(closure, () => assert.fail('there is no template'));
    assert.ok(made.kind === 'made');
    assert.equal(made.content.task_id, 'sereno_config');
    assert.deepEqual(JSON.parse(made.content.prompt), tree);
    const posing = { ...closure, item: 'summary' };
    assert.equal(decodeClosure(JSON.parse(JSON.stringify(posing)) as OwnTree), null, 'a task is no configuration'); // decoder: as it is stored
  });

  test('what was blessed demands too: a line that is taken out, or another environment, changes nothing', () => {
    const dropped = ownDemand({ ...tree, environment: 'dev', codex: {} });
    assert.deepEqual(dropped, { kinds: [], isProduction: false });
    assert.deepEqual(joinDemands([dropped, ownDemand(tree)]), { kinds: ['config', 'policy'], isProduction: true });
    assert.deepEqual(ownDemand({ environment: '${env:WHERE}' }), { kinds: [], isProduction: true });
    assert.deepEqual(ownDemand({}), { kinds: [], isProduction: true });
  });

  test('a secret in plain text is found wherever it stands', () => {
    const services = { api: { env: { PASSWORD: 'hunter2-and-more', URL: '${env:URL}' } }, list: [['hunter2']] };
    assert.deepEqual(plainSecrets({ services }, ['hunter2', 'x']), ['services.api.env.PASSWORD', 'services.list.0.0']);
    assert.deepEqual(plainSecrets({ services }, []), []);
  });
});
