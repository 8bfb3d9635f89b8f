// Which places are watched: the blessed files, declared copies, and what lies among them that belongs to nobody.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digest, itemId } from '#kernel/codex.ts';
import { OWN_ITEMS } from '#kernel/own.ts';
import type { CodexSite } from '#kernel/site.ts';
import { tasksOf, type CodexDesk } from './desk.ts';
import { NOTHING_DUE, wantedIn, type Due } from './expected.ts';

const SITE: CodexSite = {
  sources: '/notes',
  templates: '/templates',
  blessed: '/out',
  suites: '/suites',
  schemas: '/schemas',
  blessers: [],
  threshold: 1,
  copies: [],
  own: [],
};
const ACTIVE: Due = { active: { version: 1, digest: digest('a'.repeat(64)), isBlessed: true }, revoked: null };

const watched = (dues: Readonly<Record<string, Due>>, names: readonly string[], copies: CodexSite['copies'] = []) =>
  wantedIn({ ...SITE, copies }, new Map(Object.entries(dues)), names).map(({ place, active }) =>
    [place.copy, place.trafficPercent, active === null ? 'nothing' : 'active'].join(' '),
  );

const copy = (item: string, file: string, trafficPercent = 0) => ({ item: itemId(item), file, trafficPercent });

test('an active item is watched whether its file is there or not; another one only where something lies', () => {
  assert.deepEqual(watched({ a: ACTIVE, b: NOTHING_DUE }, []), ['codex:a 0 active']);
  assert.deepEqual(watched({ a: ACTIVE, b: NOTHING_DUE }, ['b.yaml']), ['codex:a 0 active', 'codex:b 0 nothing']);
});

test('declared copies are watched, and the blessed file takes its traffic from an entry that names it', () => {
  const copies = [copy('a', '/srv/a.yaml', 30), copy('a', '/out/a.yaml', 10), copy('z', '/srv/z.yaml')];
  assert.deepEqual(watched({ a: ACTIVE }, ['a.yaml'], copies), [
    'codex:a 10 active',
    'codex:a:/srv/a.yaml 30 active',
    'codex:z:/srv/z.yaml 0 nothing',
  ]);
});

test('what belongs to nobody is watched, but not what Sereno writes itself, and not a thousand of them', () => {
  assert.deepEqual(watched({ a: ACTIVE }, ['a.yaml', 'candidates', '.a.yaml.x.part', 'Readme', 'b.yaml']), [
    'codex:a 0 active',
    'codex::/out/Readme 0 nothing',
    'codex::/out/b.yaml 0 nothing',
  ]);
  const many = Array.from({ length: 1_000 }, (_, index) => `${index}.log`);
  assert.equal(watched({}, many).length, 50);
});

test('a declared copy in the folder of the blessed files is nobody’s stray', () => {
  assert.deepEqual(watched({ a: ACTIVE }, ['old.yaml'], [copy('a', '/out/old.yaml')]), [
    'codex:a 0 active',
    'codex:a:/out/old.yaml 0 active',
  ]);
});

test('Sereno’s own configuration is not deployed', () => {
  const items = ['describe', ...Object.values(OWN_ITEMS)].map((item) => ({ item }));
  const desk = { ledger: { items: () => items } } as unknown as CodexDesk; // decoder: it is asked for nothing else
  assert.deepEqual(
    tasksOf(desk).map(({ item }) => item),
    ['describe'],
  );
});
