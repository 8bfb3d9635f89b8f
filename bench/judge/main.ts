// `node bench/judge`: what judging targets costs, how often it is wrong, and how soon it is right. All of it in virtual time.
//
//   --write        also writes the section of docs/benchmarks.md
//   --months 100   months of traffic for each row of false alarms; the bound is on their mean
//   --load a,b     only the load of a targets over b seconds, as JSON

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine } from '../duel/page.ts';
import { detection, falseAlarms, KINDS, type False, type Seen } from './alarms.ts';
import { load, type Loaded } from './load.ts';

const RUNS = 200;
const PAGE = join(import.meta.dirname, '..', '..', 'docs', 'benchmarks.md');
const [OPEN, CLOSE] = ['<!-- judge -->', '<!-- /judge -->'];

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const falseRow = (row: False): readonly string[] => [
  `${row.traffic}, ${row.objective} %`,
  row.partOfAllowed === 1 ? 'all of it' : 'half of it',
  row.plainPages.toFixed(2),
  row.pages.toFixed(3),
  row.plainTickets.toFixed(2),
  row.tickets.toFixed(3),
  `${row.extraPercent.toFixed(1)} %`,
];

const times = (values: readonly number[]): string => values.map((value) => value.toFixed(0)).join(' / ');

const seenRow = (goals: ReadonlyMap<Seen, number>) => (row: Seen) => {
  const goal = goals.get(row);
  const median = row.ours[0] ?? Infinity;
  const said = goal === undefined ? '' : `≤ ${goal} s: ${median <= goal ? 'reached' : 'missed'}`;
  const trouble = row.badPart === 1 ? 'hard outage' : `${100 * row.badPart} % bad`;
  return [`${row.traffic}, ${row.objective} %`, trouble, times(row.plain), times(row.ours), said];
};

const loadRow = (row: Loaded): readonly string[] => [
  row.targets.toLocaleString('en'),
  `${row.memoryMb.toFixed(0)} MB of the process, ${row.liveMb.toFixed(0)} MB in use (${row.bytesEach.toLocaleString('en')} bytes of counts each)`,
  `${row.roundMs.toFixed(0)} ms`,
  `${row.sampleUs.toFixed(2)} µs`,
  `${row.halfUs.toFixed(1)} / ${row.mostUs.toFixed(1)} µs`,
  `${(100 * row.cores).toFixed(1)} %`,
];

/** In a process of its own, whose memory is nobody else's, with the young space that bin/sereno.js gives to Node. */
const loadApart = (targets: number, seconds: number): Loaded => {
  const words = ['--max-semi-space-size=8', '--expose-gc', import.meta.filename, '--load', `${targets},${seconds}`];
  return JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8' })) as Loaded; // decoder: our own words
};

const falseSection = (months: number): string => {
  const cases = [
    [KINDS.one, 99.9, 0.5],
    [KINDS.one, 99.9, 1],
    [KINDS.one, 99.95, 0.5],
    [KINDS.three, 99.99, 0.5],
    [KINDS.ten, 99.99, 0.5],
    [KINDS.ten, 99.9, 0.5],
  ] as const;
  const rows = cases.map(([kind, objective, part]) => falseAlarms(kind, objective, part, months));
  const head = [
    'traffic, objective',
    'of the allowed is bad',
    'plain: pages',
    'ours: pages',
    'plain: tickets',
    'ours: tickets',
    'extra looks',
  ];
  return `False alarms in 30 days on a target that is met, means of ${months} simulated months. Goal: at most 0.1 pages of ours.\n\n${table(head, rows.map(falseRow))}`;
};

const seenSection = (): string => {
  const goals = new Map<Seen, number>();
  const seen = (goal: number | null, row: Seen): Seen => {
    if (goal !== null) goals.set(row, goal);
    return row;
  };
  const rows = [
    seen(120, detection(KINDS.one, 99.9, 1, RUNS)),
    seen(null, detection(KINDS.ten, 99.9, 1, RUNS)),
    seen(75, detection(KINDS.hundred, 99.9, 1, RUNS)),
    seen(650, detection(KINDS.ten, 99.9, 0.1, RUNS)),
    seen(null, detection(KINDS.hundred, 99.9, 0.1, RUNS)),
    seen(null, detection(KINDS.one, 99.9, 0.1, RUNS)),
    seen(null, detection(KINDS.one, 99, 1, RUNS)),
  ];
  const head = ['traffic, objective', 'trouble', 'plain: s to the page', 'ours: s to the page', 'goal, median'];
  return `Seconds from the first moment of trouble to the page: median / 95th percentile / largest of ${RUNS} runs.\n\n${table(head, rows.map(seenRow(goals)))}`;
};

const loadSection = (): string => {
  const head = [
    'targets, 30 d rolling',
    'memory',
    'a verdict of all',
    'a sample',
    'judged within: half / 99 %',
    'at one sample a second each, of a core',
  ];
  const rows = [loadApart(10_000, 120), loadApart(30_000, 120)];
  return `Goals: 10,000 targets in at most 200 MB, a verdict of all in at most 1 s of processor time.\n\n${table(head, rows.map(loadRow))}`;
};

const write = (text: string): void => {
  const page = readFileSync(PAGE, 'utf8');
  const [from, to] = [page.indexOf(OPEN), page.indexOf(CLOSE)];
  if (from < 0 || to < from) throw new Error(`${PAGE} has no place for it: ${OPEN} … ${CLOSE}`);
  writeFileSync(PAGE, `${page.slice(0, from)}${OPEN}\n\n${text}\n\n${page.slice(to)}`);
};

const main = (isWriting: boolean, months: number): void => {
  const parts = [falseSection(months), seenSection(), loadSection()];
  const when = new Date().toISOString().slice(0, 10);
  const text = [...parts, `\`node bench/judge\`, ${when}, ${machine()}.`].join('\n\n');
  console.log(text);
  if (isWriting) write(text);
};

const { values } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    months: { type: 'string', default: '100' },
    load: { type: 'string' },
  },
});
const [targets, seconds] = (values.load ?? '').split(',').map(Number);
if (targets !== undefined && seconds !== undefined) console.log(JSON.stringify(load(targets, seconds)));
else main(values.write, Number(values.months));
