// `sereno anomaly list|score`: what series have never done lately; and what the detector says of each row of a file, as if
// the rows came one after another.

import { readFileSync } from 'node:fs';
import { Detector } from '#judge/anomaly/detector.ts';
import { visible } from '#api/visible.ts';
import type { AnomaliesView, Anomaly } from '#kernel/anomaly.ts';
import { EXIT, problem, type Problem } from '#kernel/problem.ts';
import { sayInstant } from '#kernel/reason.ts';
import type { Define, Work } from './command.ts';
import { show, withClient } from './connection.ts';
import { failWith } from './failing.ts';
import { printJson, table } from './terminal.ts';

type Row = { readonly at: number; readonly value: number };

/** So many wrong rows are told one by one. */
const PROBLEMS_MOST = 20;
/** Digits of a score: two surprises that differ are told apart. */
const DIGITS = 9;
/** A number up to here is seconds since 1970, one above it milliseconds: the year 5138, and March 1973. */
const SECONDS_MOST = 1e11;
const ZONED = /(?:Z|[+-]\d\d:?\d\d)$/;

/** An instant in ms: ISO 8601 or `YYYY-MM-DD hh:mm:ss`, UTC unless it says otherwise, or seconds or ms since 1970. */
const readInstant = (text: string): number => {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) < SECONDS_MOST ? Number(text) * 1_000 : Number(text);
  return Date.parse(ZONED.test(text) ? text : `${text.replace(' ', 'T')}Z`);
};

/** An empty value is a missing one, and scored 0; anything else must be a number. */
const readRow = (line: string): Row | string => {
  const comma = line.indexOf(',');
  const [stamp, rest] = [line.slice(0, comma).trim(), line.slice(comma + 1).trim()];
  if (comma < 0 || rest.includes(',')) return 'two columns, a time and a value, are expected';
  const at = readInstant(stamp);
  if (Number.isNaN(at)) return `\`${stamp}\` is not a time`;
  const value = rest === '' ? Number.NaN : Number(rest);
  return rest !== '' && Number.isNaN(value) ? `\`${rest}\` is not a number` : { at, value };
};

const readText = (file: string): string | Problem => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return problem('bad-input', `${file} cannot be read: ${why}`, { expected: 'a file of lines `time,value`' });
  }
};

const readRows = (
  text: string,
  file: string,
): { readonly rows: readonly Row[]; readonly problems: readonly Problem[] } => {
  const lines = text.split(/\r?\n/);
  const rows: Row[] = [];
  const problems: Problem[] = [];
  lines.forEach((line, index) => {
    if (line.trim() === '' || problems.length >= PROBLEMS_MOST) return;
    const row = readRow(line);
    if (typeof row !== 'string') rows.push(row);
    else if (index > 0)
      // the first line may be a head
      problems.push(
        problem('bad-input', row, {
          place: { file, line: index + 1, column: 1 },
          expected: 'a line such as `2026-03-01 12:00:00,17.5`',
        }),
      );
  });
  if (rows.length === 0 && problems.length === 0) {
    problems.push(problem('bad-input', `${file} has no rows`, { expected: 'a head and lines of a time and a value' }));
  }
  return { rows, problems };
};

const score: Work = async (setting, [file = '']) => {
  const text = readText(file);
  if (typeof text !== 'string') return failWith(setting, [text]);
  const { rows, problems } = readRows(text, file);
  if (problems.length > 0) return failWith(setting, problems);
  const detector = new Detector();
  const scored = rows.map((row) => {
    const found = detector.score(row.at, row.value);
    return {
      at: row.at,
      value: row.value,
      score: found,
      ...(found > 0 ? detector.explain() : { view: null, steps: null }),
    };
  });
  const { settings, terminal } = setting;
  if (settings.format === 'json') printJson(terminal, { rows: scored });
  else for (const row of scored) terminal.out(row.score.toFixed(DIGITS));
  return EXIT.ok;
};

const sayUntil = ({ endedAt, end }: Anomaly): string =>
  endedAt === null ? 'lasts' : `${sayInstant(endedAt)}, ${end ?? ''}`;

const sayWatched = (it: AnomaliesView): string => {
  if (!it.isOn) return 'anomaly detection is off';
  const left = it.seriesLeft === 0 ? '' : `, ${it.seriesLeft} found no place among ${it.seriesMax}`;
  return `${it.seriesWatched} series are watched${left}; ${it.perWeek} false alarms a week are declared as right; ${it.heldBack} surprises were held back in this run`;
};

const list: Work = (setting) =>
  withClient(setting, async (client) =>
    show(setting, await client.read('anomalies'), async (view) => {
      const rows = view.anomalies.map((each) => [
        sayInstant(each.at),
        sayUntil(each),
        `${Number(each.times.toPrecision(2))}x`,
        visible(each.title),
      ]);
      const heads = ['since', 'until', 'threshold', 'what'];
      if (rows.length > 0) setting.terminal.out(await table(setting.terminal, heads, rows));
      setting.terminal.out(sayWatched(view));
    }),
  );

export const defineAnomaly: Define = (command, running) => {
  command.command('list').description('anomalies that last, then the newest that are over').action(running(list));
  command
    .command('score')
    .description('one score for each row of a file of times and values, 0 (usual) to 1')
    .argument('<file>', 'comma-separated: a time and a value in each line')
    .action(running(score));
};
