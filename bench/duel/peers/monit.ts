// monit: one daemon that looks at everything once in a cycle, one after another, and finds processes by their pid files.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromApt } from './peer.ts';
import { launch, MARK, quoted, sweep, tell, type Program, type Supervisor } from './supervisor.ts';

const GUARD = 'if 5 restarts within 5 cycles then unmonitor';

/** Seconds of a cycle, and lines for each program besides. */
type Way = { readonly cycle: number; readonly lines: (program: Program) => readonly string[] };

const look = ({ port, env }: Program): readonly string[] =>
  port === null
    ? []
    : [`if failed host ${env['HOST'] ?? '127.0.0.1'} port ${port} protocol http with timeout 1 seconds then restart`];

/** All that its manual offers against what hangs: the text of the answer, and the share of descriptors. */
const lookHard = ({ port, expects }: Program): readonly string[] => {
  const wanted = expects === undefined ? '' : ` request "/" content = "${expects}"`;
  const descriptors = 'if filedescriptors > 95% then restart';
  if (port === null) return [descriptors];
  return [
    `if failed host 127.0.0.1 port ${port} protocol http${wanted} with timeout 1 seconds then restart`,
    descriptors,
  ];
};

const lookPatiently = ({ port }: Program): readonly string[] =>
  port === null ? [] : [`if failed host 127.0.0.1 port ${port} protocol http with timeout 10 seconds then alert`];

const WAYS: Readonly<Record<string, Way>> = {
  default: { cycle: 120, lines: () => [] },
  quick: { cycle: 1, lines: () => [] },
  looking: { cycle: 1, lines: look },
  hard: { cycle: 1, lines: lookHard },
  patient: { cycle: 1, lines: lookPatiently },
  guarded: { cycle: 5, lines: () => [GUARD] },
};

export const monit: Supervisor = {
  ...fromApt('monit', 'monit', '/usr/bin/monit'),
  settings: {
    default: "Debian's cycle of 120 s, pid file only",
    quick: 'cycle of 1 s, pid file only',
    looking: 'cycle of 1 s, pid file and HTTP with 1 s timeout',
    hard: 'cycle of 1 s, pid file, HTTP with the text of the answer and 1 s timeout, descriptors, age of results',
    patient: 'cycle of 1 s, pid file, and HTTP with 10 s timeout for an alert',
    guarded: `cycle of 5 s, ${GUARD}`,
  },
  start: async (folder, programs, setting) => {
    const way = WAYS[setting] ?? { cycle: 1, lines: () => [] };
    const rc = join(folder, 'monitrc');
    writeFileSync(rc, configOf(folder, programs, way), { mode: 0o600 });
    for (const program of programs) writeScripts(folder, program);
    const words = ['monit', '-c', rc, '-I'];
    let daemon = launch(folder, words);
    return {
      watcherOf: () => daemon.pid ?? null,
      says: async (name) => (await tell(folder, ['monit', '-c', rc, '-B', 'summary', name])).split('\n').at(-1) ?? '',
      again: async () => {
        daemon = launch(folder, words);
      },
      stop: () => sweep(folder),
    };
  },
};

const configOf = (folder: string, programs: readonly Program[], way: Way): string => {
  const head = [
    `set daemon ${way.cycle}`,
    `set log ${folder}/log`,
    `set pidfile ${folder}/pid`,
    `set idfile ${folder}/id`,
    `set statefile ${folder}/state`,
    `set httpd unixsocket ${folder}/control.sock`,
    '  allow duel:duel',
  ];
  const checks = programs.flatMap((program) => [
    `check process ${program.name} with pidfile ${folder}/${program.name}.pid`,
    `  start program = "${folder}/${program.name}.start"`,
    `  stop program = "${folder}/${program.name}.stop"`,
    ...way.lines(program).map((line) => `  ${line}`),
  ]);
  const results = way.lines === lookHard ? programs.flatMap((program) => resultLines(folder, program)) : [];
  return `${[...head, ...checks, ...results].join('\n')}\n`;
};

/** A file cannot be restarted: the program that writes it is, by its own two scripts. */
const resultLines = (folder: string, { name, result }: Program): readonly string[] =>
  result === undefined
    ? []
    : [
        `check file ${name}-result with path ${result}`,
        `  if timestamp > 2 seconds then exec "/bin/sh -c '${folder}/${name}.stop; ${folder}/${name}.start'"`,
      ];

/** Monit wants daemons: programs that leave a pid file and go to the background. */
const writeScripts = (folder: string, program: Program): void => {
  const env = Object.entries({ ...program.env, [MARK]: folder }).map(([key, value]) => quoted(`${key}=${value}`));
  const pid = `${folder}/${program.name}.pid`;
  const command = `setsid env ${env.join(' ')} ${program.command.map(quoted).join(' ')}`;
  const start = `#!/bin/sh\ncd ${quoted(folder)}\n${command} </dev/null >/dev/null 2>&1 &\necho $! > ${pid}\n`;
  writeFileSync(`${folder}/${program.name}.start`, start, { mode: 0o755 });
  writeFileSync(`${folder}/${program.name}.stop`, `#!/bin/sh\nkill $(cat ${pid})\nrm -f ${pid}\n`, { mode: 0o755 });
};
