// Drift in a small world: what is not as it was blessed is put back within policy, or people hear of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { copyId } from '#kernel/drift.ts';
import { GATE } from '#kernel/site.ts';
import { later, minutes } from '#kernel/time.ts';
import { hash, ITEM, OTHER, revision, settled, T0, type Reporting, type World } from './drift.contract.ts';

test('acceptance case 9: an edited file is detected, becomes a finding, is put back within policy, with the evidence triple', () => {
  const world = settled();
  world.disk.set(ITEM, hash('e1'));
  const before = world.records.length;
  world.rings(2).is('in-sync');
  assert.equal(world.disk.get(ITEM), hash('b1'));
  assert.deepEqual([world.count('found'), world.count('found-over'), world.writes], [1, 1, 1]);
  assert.deepEqual(world.types().slice(before), [
    'drift.drifted',
    'action.started',
    'action.written',
    'action.outcome',
  ]);
  const [seen, started, , outcome] = world.records.slice(before);
  assert.equal(seen?.refs['found'], `sha256 ${hash('e1')}, 10 bytes, mode 0444`);
  assert.match(started?.trigger ?? '', /is not what was blessed: found sha256 e1/);
  assert.equal(started?.action, 'apply-config describe@1');
  assert.equal(outcome?.outcome, `effective: found sha256 ${hash('b1')}, 10 bytes, mode 0444`);
});

test('a missing file is put back; a file that nobody blessed is a finding and stays', () => {
  const world = settled();
  world.disk.delete(ITEM);
  world.disk.set(OTHER, hash('x'));
  world.rings(4).is('in-sync').is('drifted', OTHER);
  assert.deepEqual([world.writes, world.count('found'), world.disk.get(OTHER)], [1, 2, hash('x')]);
  assert.equal(world.copy(OTHER).fault, 'unblessed');
});

test('an active revision that the signatures do not prove blessed is a finding, and is written nowhere', () => {
  const world = settled();
  world.activate(revision(2, false)).rings(20).is('drifted');
  assert.deepEqual([world.writes, world.disk.get(ITEM)], [0, hash('b1')]);
  assert.equal(world.count('found'), 1);
});

test('what policy does not allow is not done, is looked at again, and is done when it is allowed', () => {
  const world = settled();
  world.isAllowed = false;
  world.disk.set(ITEM, hash('e1'));
  world.rings(30).is('drifted');
  assert.deepEqual([world.writes, world.count('found')], [0, 1]);
  assert.ok(world.count('may-apply') > 2);
  assert.equal(world.count('escalate'), 1, 'only a person can turn it around');
  world.isAllowed = true;
  world.put({ kind: 'told', from: GATE, message: { kind: 'hands-free' } }).is('in-sync');
});

test('what does not help twice is not tried a third time: a person is called, once, and hears of the end', () => {
  const world = settled();
  world.writing = 'undone';
  world.disk.set(ITEM, hash('e1'));
  world.rings(2).is('drifted');
  assert.deepEqual([world.writes, world.count('escalate')], [2, 1]);
  assert.ok(world.records.some(({ outcome }) => outcome?.startsWith('ineffective') === true));
  world.disk.set(ITEM, hash('b1'));
  world.rings(2).is('in-sync');
  assert.equal(world.count('recovered'), 1);
});

test('a write that fails is tried again with care, for as long as it takes', () => {
  const world = settled();
  world.writing = 'fails';
  world.disk.delete(ITEM);
  while (world.at < later(T0, minutes(150))) world.ring();
  assert.ok(world.writes >= 3 && world.writes <= 5, `${world.writes} writes in 150 minutes`);
  world.writing = 'works';
  while (world.at < later(T0, minutes(220))) world.ring();
  world.is('in-sync');
});

test('an unreadable file is unknown, and people hear of it when it stays so', () => {
  const world = settled();
  world.disk.set(ITEM, 'unreadable');
  world.rings(2).is('unknown');
  assert.equal(world.count('found'), 0);
  world.rings(20).is('unknown');
  assert.deepEqual([world.count('found'), world.writes], [1, 0]);
  world.disk.set(ITEM, hash('b1'));
  world.rings(2).is('in-sync');
  assert.equal(world.count('found-over'), 1);
});

test('a new active revision is brought to its place, which is no finding; the old one put there later is', () => {
  const world = settled();
  world.activate(revision(2)).is('in-sync');
  assert.deepEqual([world.disk.get(ITEM), world.count('found')], [hash('b2'), 0]);
  world.disk.set(ITEM, hash('b1'));
  world.rings(2).is('in-sync');
  assert.deepEqual([world.disk.get(ITEM), world.count('found')], [hash('b2'), 1]);
});

test('a new active revision that may not be brought to its place is told when it lasts', () => {
  const world = settled();
  world.isAllowed = false;
  world.activate(revision(2)).is('drifted');
  assert.equal(world.count('found'), 0);
  const began = world.at;
  while (world.count('found') === 0) world.ring();
  assert.ok(world.at <= later(began, minutes(6)), 'in five minutes, however long the refusal lasts');
  world.rings(20).is('drifted');
  assert.equal(world.count('found'), 1);
});

test('what was tried for the revision before does not count for the new one', () => {
  const world = settled();
  world.writing = 'undone';
  world.activate(revision(2)).rings(10);
  world.writing = 'works';
  world.activate(revision(3)).is('in-sync');
  assert.equal(world.disk.get(ITEM), hash('b3'));
});

test('a write that is under way when another revision becomes active is recorded as what it was', () => {
  const world = settled();
  world.disk.set(ITEM, hash('e1'));
  world.writing = 'slow';
  world.rings(2);
  assert.equal(world.copy().phase, 'applying');
  world.activate(revision(2)).writing = 'works';
  world.rings(3).is('in-sync');
  const outcomes = world.records
    .filter(({ type }) => type.startsWith('action.'))
    .map(({ type, action }) => [type, action]);
  assert.deepEqual(outcomes.slice(0, 2), [
    ['action.started', 'apply-config describe@1'],
    ['action.outcome', 'apply-config describe@1'],
  ]);
  assert.equal(world.disk.get(ITEM), hash('b2'));
});

test('leave that comes too late is given back, and nothing is written', () => {
  const world = settled();
  const subject = copyId(ITEM, null);
  const lease = { subject, action: 'apply-config', epoch: 77, until: later(world.at, 1) } as const;
  world.put({ kind: 'told', from: GATE, message: { kind: 'you-may-apply', lease, token: 1 } });
  assert.deepEqual([world.writes, world.told.at(-1)], [0, { kind: 'config-lease-returned', subject, epoch: 77 }]);
});

test('what will be allowed by itself calls nobody', () => {
  const world = settled();
  Object.assign(world, { isAllowed: false, isFrozen: true });
  world.disk.set(ITEM, hash('e1'));
  world.rings(20).is('drifted');
  assert.deepEqual([world.writes, world.count('found'), world.count('escalate')], [0, 1, 0]);
});

test('bytes that are right and can be written by anybody are put back read-only', () => {
  const world = settled();
  world.modes.set(ITEM, 0o644);
  world
    .tell({ kind: 'copy-touched', copy: copyId(ITEM, null) })
    .rings(1)
    .is('in-sync');
  assert.deepEqual([world.writes, world.count('found')], [1, 1]);
});

test('what the file system tells of is looked at at once, and a file that is written all the time once a second', () => {
  const world = settled();
  world.at = later(world.at, minutes(1) / 2);
  world.disk.set(ITEM, hash('e1'));
  const touch = (): unknown => world.tell({ kind: 'copy-touched', copy: copyId(ITEM, null) });
  touch();
  assert.equal(world.disk.get(ITEM), hash('b1'), 'no timer has rung');
  const { look } = world.copy();
  for (let times = 0; times < 100; times += 1) touch();
  assert.equal(world.copy().look, look);
  assert.deepEqual(world.wakes.get(`copy ${copyId(ITEM, null)}`), later(world.at, 1_000));
});

test('a folder in its place is a finding; a version that was revoked and is still there is another, and is not touched', () => {
  const world = settled();
  world.writing = 'fails';
  world.disk.set(ITEM, 'folder');
  world.rings(2).is('drifted');
  assert.equal(world.copy().fault, 'foreign');
  world.disk.set(ITEM, hash('b1'));
  world.rings(2);
  const { writes } = world;
  world.revoked = 1;
  world.activate(null).rings(10).is('drifted');
  assert.deepEqual([world.copy().fault, world.writes], ['revoked', writes]);
});

test('a copy that nobody wants watched takes back what was said of it', () => {
  const world = settled();
  world.isAllowed = false;
  world.disk.set(ITEM, hash('e1'));
  world.rings(2).is('drifted');
  world.tell({ kind: 'copy-gone', copy: copyId(ITEM, null) });
  assert.deepEqual([world.count('found-over'), world.count('recovered'), world.state.copies.length], [1, 1, 1]);
});

test('said again, it is the same: nothing is looked at, and tries are not forgotten', () => {
  const world = settled();
  const { look } = world.copy();
  world.activate(revision(1)).activate(revision(1));
  assert.equal(world.copy().look, look);
});

const disturb =
  (act: (world: World) => unknown): ((world: World) => void) =>
  (world) =>
    void act(world);

const disturbances = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(disturb((world) => world.ring())) },
    fc
      .constantFrom(hash('e1'), hash('e2'), 'unreadable' as const)
      .map((found) => disturb((world) => world.disk.set(ITEM, found))),
    fc.constant(disturb((world) => world.disk.delete(ITEM))),
    fc
      .integer({ min: 1, max: 5 })
      .map((version) => disturb((world) => world.activate(revision(version, version !== 4)))),
    fc.boolean().map((isAllowed) =>
      disturb((world) => {
        world.isAllowed = isAllowed;
      }),
    ),
    fc.constantFrom<Reporting>('prompt', 'lost').map((reporting) =>
      disturb((world) => {
        world.reporting = reporting;
      }),
    ),
    fc.constantFrom('works', 'fails', 'undone').map((writing) =>
      disturb((world) => {
        world.writing = writing;
      }),
    ),
    fc.constant(
      disturb((world) => world.put({ kind: 'booted', boot: { isClean: false, uncleanStops: 1, services: 0 } })),
    ),
    fc.constant(disturb((world) => world.put({ kind: 'told', from: GATE, message: { kind: 'hands-free' } }))),
  ),
  { maxLength: 60 },
);

test('whatever happens: only blessed bytes are written, under a lease; and when it is over, all is as blessed', () => {
  fc.assert(
    fc.property(disturbances, (moves) => {
      const world = settled();
      for (const move of moves) move(world);
      Object.assign(world, { isAllowed: true, reporting: 'prompt', writing: 'works' });
      if (world.disk.get(ITEM) === 'unreadable') world.disk.set(ITEM, hash('e9'));
      const active = revision(5);
      world.activate(active);
      const until = later(world.at, minutes(150));
      while (world.at < until) world.ring();
      world.is('in-sync');
      assert.equal(world.disk.get(ITEM), active.digest);
      assert.equal(world.copy().isTold, false);
      assert.ok(world.count('found') >= world.count('found-over'));
      assert.ok(world.count('escalate') === world.count('recovered'));
    }),
    { numRuns: 300 },
  );
});
