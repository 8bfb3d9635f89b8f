// docs/cli.md and docs/api.md name every command and every route that there is, and no others.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Command } from 'commander';
import { ROUTES } from '#api/routes.ts';
import { COMMANDS } from './commands.ts';

const page = (name: string): string => readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8');

/** `a list\|show <b>`, `c` becomes `a list`, `a show`, `c`. */
const wordsOf = (cell: string): readonly string[] =>
  [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, code = '']) => {
    const [noun = '', ...rest] = code.split(' ').filter((word) => /^[a-z|\\]+$/.test(word));
    const verbs = rest[0]?.split('\\|') ?? [];
    return verbs.length === 0 ? [noun] : verbs.map((verb) => `${noun} ${verb}`);
  });

/** What `sereno --help` and `sereno <noun> --help` list. */
const commandsOf = async (): Promise<readonly string[]> => {
  const program = new Command();
  for (const { name, load } of COMMANDS) (await load())(program.command(name), () => () => Promise.resolve());
  return program.commands.flatMap((noun) =>
    noun.commands.length === 0 ? [noun.name()] : noun.commands.map((verb) => `${noun.name()} ${verb.name()}`),
  );
};

test('docs/cli.md names every command, and no other', async () => {
  const rows = page('cli.md').split('## Commands')[1]?.split('\n## ')[0] ?? '';
  const told = rows.split('\n').flatMap((row) => wordsOf(/^\| (`.*?) \| /.exec(row)?.[1] ?? ''));
  // `completion bash\|zsh\|fish` has words where others have verbs.
  const named = told.map((it) => (it.startsWith('completion ') ? 'completion' : it));
  assert.deepEqual([...new Set(named)].toSorted(), [...(await commandsOf())].toSorted());
});

test('docs/api.md names every route with who may, and no other', () => {
  const rows = page('api.md').split('## All routes')[1]?.split('\n## ')[0] ?? '';
  const told = [...rows.matchAll(/^\| `(\w+ \S+)` \| (\w+) \|/gm)].map(
    ([, request = '', who = '']) => `${request} ${who}`,
  );
  const mounted = Object.values(ROUTES).map(({ method, path, access }) => `${method} ${path} ${access}`);
  assert.deepEqual(told.toSorted(), mounted.toSorted());
});
