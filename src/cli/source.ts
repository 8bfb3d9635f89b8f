// `sereno source list`: where metrics come from, when each was last seen, and what is wrong with it.

import { sayInstant } from '#kernel/reason.ts';
import type { SourceView } from '#kernel/source.ts';
import { sayDuration } from '#kernel/time.ts';
import type { Define, Work } from './command.ts';
import { show, withClient } from './connection.ts';
import { table } from './terminal.ts';

const stateOf = ({ isUp, staleSince }: SourceView): string => {
  if (staleSince !== null) return `stale since ${sayInstant(staleSince)}`;
  return isUp === null ? 'not yet' : isUp ? 'up' : 'down';
};

const rowOf = (source: SourceView): readonly string[] => [
  source.name,
  source.kind,
  sayDuration(source.everyMs),
  stateOf(source),
  source.lastAt === null ? 'never' : sayInstant(source.lastAt),
  String(source.series),
  source.lastError ?? '',
];

const list: Work = (setting) =>
  withClient(setting, async (client) =>
    show(setting, await client.read('sources'), async ({ sources }) => {
      if (sources.length === 0) return setting.terminal.out('no sources of metrics are declared');
      const heads = ['name', 'kind', 'every', 'state', 'last seen', 'series', 'trouble'];
      setting.terminal.out(await table(setting.terminal, heads, sources.map(rowOf)));
    }),
  );

export const defineSource: Define = (command, running) => {
  command.command('list').description('all sources, and how each is').action(running(list));
};
