// `sereno service reach [service]`: who reaches whom along `needs`, as a matrix while it fits, else as a list.

import type { Reach } from '#kernel/standing.ts';
import type { Setting, Work } from './command.ts';
import { show, withClient } from './connection.ts';
import { table } from './terminal.ts';

/** Columns of a matrix that a terminal of usual width holds. */
const COLUMNS_MAX = 8;

const WORD: Record<Reach['state'], string> = { reached: 'yes', broken: 'NO', unknown: '?' };

const matrix = ({ terminal }: Setting, reach: readonly Reach[], columns: readonly string[]): Promise<string> => {
  const byRow = new Map<string, Map<string, Reach>>();
  for (const each of reach) {
    const row = byRow.get(each.from) ?? new Map<string, Reach>();
    byRow.set(each.from, row.set(each.to, each));
  }
  const cell = (it: Reach | undefined): string => (it === undefined ? '' : WORD[it.state]);
  const rows = [...byRow].map(([from, row]) => [from, ...columns.map((to) => cell(row.get(to)))]);
  return table(terminal, ['from \\ to', ...columns], rows);
};

const list = ({ terminal }: Setting, reach: readonly Reach[]): Promise<string> =>
  table(
    terminal,
    ['from', 'to', 'hops', 'state', 'stopped by'],
    reach.map((it) => [it.from, it.to, `${it.hops}`, it.state, it.stoppedBy ?? '']),
  );

export const showReach: Work = (setting, [from]) =>
  withClient(setting, async (client) => {
    const outcome = await client.read('reach', from === undefined ? {} : { query: { from } });
    return show(setting, outcome, async ({ reach }) => {
      const { out } = setting.terminal;
      if (reach.length === 0) return out(`${from ?? 'nobody'} needs nothing`);
      const columns = [...new Set(reach.map((it) => String(it.to)))];
      const isList = from !== undefined || columns.length > COLUMNS_MAX;
      out(await (isList ? list(setting, reach) : matrix(setting, reach, columns)));
    });
  });
