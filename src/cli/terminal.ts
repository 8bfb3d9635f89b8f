// What a command may do with the terminal: print, colour, draw tables, ask. Anything from outside is made visible first.

import picocolors from 'picocolors';
import { visible } from '#api/visible.ts';
import type { HealthState } from '#kernel/health.ts';
import { sayProblem, type Problem } from '#kernel/problem.ts';

export type Terminal = {
  /** One line to standard output: the answer. */
  readonly out: (line: string) => void;
  /** One line to standard error: everything that is not the answer. */
  readonly err: (line: string) => void;
  /** True when a person looks at standard output. */
  readonly isInteractive: boolean;
  /** True when a person can be asked. */
  readonly canAsk: boolean;
  readonly hasColour: boolean;
};

/** Colours after no-color.org: any value of NO_COLOR but the empty one turns them off; never into a pipe. */
export const openTerminal = (): Terminal => {
  const isInteractive = process.stdout.isTTY;
  const isPlain = (process.env['NO_COLOR'] ?? '') !== '' || process.env['TERM'] === 'dumb';
  return {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    isInteractive,
    canAsk: process.stdin.isTTY && isInteractive,
    hasColour: isInteractive && !isPlain,
  };
};

type Colour = 'red' | 'green' | 'yellow' | 'magenta' | 'bold' | 'dim';

export const paint = (terminal: Terminal, colour: Colour, text: string): string =>
  picocolors.createColors(terminal.hasColour)[colour](text);

const HEALTH_COLOUR: Record<HealthState, Colour> = {
  healthy: 'green',
  degraded: 'yellow',
  unhealthy: 'red',
  unknown: 'magenta',
};

export const paintHealth = (terminal: Terminal, state: HealthState): string =>
  paint(terminal, HEALTH_COLOUR[state], state);

const plainTable = (rows: readonly (readonly string[])[]): string => {
  const widths = rows.reduce<readonly number[]>(
    (widest, row) => row.map((cell, column) => Math.max(widest[column] ?? 0, cell.length)),
    [],
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

/** Every cell of a column is as wide as its widest: one of a megabyte would make a gigabyte of a thousand rows. */
const CELL_LENGTH_MAX = 1_000;

const cellOf = (text: string): string =>
  visible(text.length <= CELL_LENGTH_MAX ? text : `${text.slice(0, CELL_LENGTH_MAX)}…`);

/** Rows under heads. Drawn with lines for a person, aligned with spaces for a pipe. Cells are made visible here. */
export const table = async (
  terminal: Terminal,
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): Promise<string> => {
  const clean = rows.map((row) => row.map(cellOf));
  if (!terminal.isInteractive) return plainTable([heads.map((head) => head.toUpperCase()), ...clean]);
  const { default: Table } = await import('cli-table3');
  const drawn = new Table({ head: [...heads], style: { head: [], border: [] }, wordWrap: true });
  const states: ReadonlySet<string> = new Set(Object.keys(HEALTH_COLOUR));
  const isState = (cell: string): cell is HealthState => states.has(cell);
  drawn.push(...clean.map((row) => row.map((cell) => (isState(cell) ? paintHealth(terminal, cell) : cell))));
  return drawn.toString();
};

/** One JSON document, whole, on standard output. */
export const printJson = (terminal: Terminal, value: unknown): void => terminal.out(JSON.stringify(value, null, 2));

/** Problems as a person reads them, on standard error; the lines of each stay lines, all else is made visible. */
export const printProblems = (terminal: Terminal, problems: readonly Problem[]): void => {
  for (const each of problems) terminal.err(sayProblem(each).split('\n').map(visible).join('\n'));
};

/** Asks a person yes or no. Without a person the answer is no. */
export const confirm = async (terminal: Terminal, question: string): Promise<boolean> => {
  if (!terminal.canAsk) return false;
  const { createInterface } = await import('node:readline/promises');
  const asking = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await asking.question(`${question} [y/N] `)).trim());
  } finally {
    asking.close();
  }
};
