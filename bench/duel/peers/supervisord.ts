// supervisord: one Python daemon over all programs. After `startretries` failed starts it gives up for good.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromApt } from './peer.ts';
import { launch, MARK, sweep, tell, type Program, type Supervisor } from './supervisor.ts';

export const supervisord: Supervisor = {
  ...fromApt('supervisord', 'supervisor', '/usr/bin/supervisord'),
  settings: {
    default: 'startsecs=1, startretries=3',
    ordered: 'startsecs=1, each program with a priority of its own, in the order of need',
    patient: 'startretries=1000, autorestart=true: it never gives up, and waits a second longer each time',
  },
  start: async (folder, programs, setting) => {
    const conf = join(folder, 'supervisord.conf');
    writeFileSync(conf, configOf(folder, programs, setting));
    const words = ['supervisord', '-n', '-c', conf];
    let daemon = launch(folder, words);
    return {
      watcherOf: () => daemon.pid ?? null,
      says: (name) => tell(folder, ['supervisorctl', '-c', conf, 'status', name]),
      again: async () => {
        daemon = launch(folder, words);
      },
      stop: () => sweep(folder),
    };
  },
};

const configOf = (folder: string, programs: readonly Program[], setting: string): string => {
  const socket = join(folder, 'control.sock');
  const retries = setting === 'patient' ? 'startretries=1000\nautorestart=true\n' : '';
  const priority = (index: number): string => (setting === 'ordered' ? `priority=${index + 1}\n` : '');
  return [
    `[unix_http_server]\nfile=${socket}`,
    `[supervisord]\nlogfile=${folder}/log\npidfile=${folder}/pid\nchildlogdir=${folder}`,
    '[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface',
    `[supervisorctl]\nserverurl=unix://${socket}`,
    ...programs.map(
      (program, index) => `[program:${program.name}]\n${lineOf(folder, program)}\n${retries}${priority(index)}`,
    ),
  ].join('\n\n');
};

const lineOf = (folder: string, program: Program): string => {
  const env = Object.entries({ ...program.env, [MARK]: folder }).map(([key, value]) => `${key}="${value}"`);
  const command = program.command.map((word) => (/\s/.test(word) ? `"${word}"` : word)).join(' ');
  return `command=${command}\nenvironment=${env.join(',')}\nstdout_logfile=NONE\nstderr_logfile=NONE`;
};
