// `sereno doctor`: looks for what keeps Sereno from working, one line each, with how to mend it. It changes nothing.

import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import type { Client } from '#api/client.ts';
import { visible } from '#api/visible.ts';
import type { TownView } from '#kernel/view.ts';
import { EXIT } from '#kernel/problem.ts';
import { sayInstant } from '#kernel/reason.ts';
import { instant, sayDuration } from '#kernel/time.ts';
import type { Define, Work } from './command.ts';
import { connect } from './connection.ts';
import { addressFile, tokenFile, type Settings } from './settings.ts';
import { paint, printJson } from './terminal.ts';

type Line = {
  readonly name: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly says: string;
  readonly mend: string | null;
};

const ok = (name: string, says: string): Line => ({ name, state: 'ok', says, mend: null });
const warn = (name: string, says: string, mend: string): Line => ({ name, state: 'warn', says, mend });
const fail = (name: string, says: string, mend: string): Line => ({ name, state: 'fail', says, mend });

const because = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

/** The first release with type stripping, node:sqlite and the rest without a flag. */
const NODE_MAJOR = 24;

const node = (): Line => {
  const { node: version } = process.versions;
  return Number(version.split('.')[0]) >= NODE_MAJOR
    ? ok('node', version)
    : fail(
        'node',
        `${version} is too old`,
        `install Node ${NODE_MAJOR} or newer, or start through npm, which brings it`,
      );
};

const nearest = (path: string): string => (existsSync(path) || dirname(path) === path ? path : nearest(dirname(path)));

const state = ({ stateDirectory }: Settings): Line => {
  try {
    accessSync(nearest(stateDirectory), constants.W_OK);
    const says = existsSync(stateDirectory) ? 'is there and writable' : 'will be made at the first start';
    return ok('state directory', `${stateDirectory} ${says}`);
  } catch (thrown) {
    return fail('state directory', because(thrown), 'make it writable, or choose another with --state');
  }
};

/** Whoever can read the owner's token can act as the owner. */
const secrecy = ({ stateDirectory }: Settings): Line => {
  const file = tokenFile(stateDirectory);
  const mode = statSync(file, { throwIfNoEntry: false })?.mode;
  return mode !== undefined && (mode & 0o077) !== 0
    ? fail('token file', `${file} can be read by others`, `chmod 600 ${file}`)
    : ok('token file', mode === undefined ? 'none yet' : 'only its owner can read it');
};

/** A month of a small site's evidence is some 10 MB; below the first limit SQLite may fail at any commit. */
const ROOM_FAIL_BYTES = 50e6;
const ROOM_WARN_BYTES = 500e6;

const room = ({ stateDirectory }: Settings): Line => {
  const { bavail, bsize } = statfsSync(nearest(stateDirectory));
  const says = `${Math.round((bavail * bsize) / 1e6)} MB free`;
  if (bavail * bsize < ROOM_FAIL_BYTES) return fail('disk', says, 'make room: without it nothing can be recorded');
  return bavail * bsize < ROOM_WARN_BYTES ? warn('disk', says, 'make room before it runs out') : ok('disk', says);
};

/** Before this version was written, or a file from the future: the clock is wrong. */
const WRITTEN_AT = Date.UTC(2026, 10, 21);
const SKEW_MS = 5 * 60_000;

const clock = ({ stateDirectory }: Settings): Line => {
  const now = Date.now();
  const mend = 'set the clock (timedatectl set-ntp true)';
  if (now < WRITTEN_AT) return fail('clock', `${new Date(now).toISOString()} is before this version was written`, mend);
  const touched = statSync(stateDirectory, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (touched - now > SKEW_MS) {
    return fail('clock', `the state directory was changed ${sayDuration(touched - now)} in the future`, mend);
  }
  return ok('clock', new Date(now).toISOString());
};

const config = async ({ configFile }: Settings): Promise<Line> => {
  const { readSite } = await import('#config/readSite.ts');
  const reading = readSite({ file: configFile, env: process.env, now: instant(Date.now()) });
  const first = reading.problems[0];
  if (first !== undefined) {
    return fail(
      'configuration',
      `${reading.problems.length} ${reading.problems.length === 1 ? 'problem' : 'problems, first'}: ${first.message}`,
      'sereno check',
    );
  }
  return reading.warnings.length > 0
    ? warn('configuration', `loads, with ${reading.warnings.length} warnings`, 'sereno check')
    : ok('configuration', `${configFile} loads`);
};

const daemon = (settings: Settings, town: TownView | null, detail: string): Line => {
  if (town !== null) return ok('daemon', `answers, version ${town.version}, ${town.services.length} services`);
  return existsSync(addressFile(settings.stateDirectory))
    ? fail('daemon', `left its address behind and does not answer: ${detail}`, 'sereno up; it repairs what is left')
    : warn('daemon', 'does not run', 'sereno up');
};

const port = (number: number): Promise<Line> =>
  new Promise((resolve) => {
    const listener = createServer();
    listener.once('error', (error) =>
      resolve(warn('port', `${number} is taken: ${error.message}`, 'sereno up --port 0 takes any free one')),
    );
    listener.listen(number, '127.0.0.1', () => listener.close(() => resolve(ok('port', `${number} is free`))));
  });

const evidence = (town: TownView): Line => {
  const { lastSeq, isIntact } = town.evidence;
  if (isIntact === false)
    return fail('evidence', `broken; last record ${lastSeq}`, 'sereno evidence verify says where');
  return isIntact === null
    ? warn('evidence', `${lastSeq} records, not verified in this run`, 'sereno evidence verify')
    : ok('evidence', `${lastSeq} records, intact`);
};

const skew = (town: TownView): Line => {
  const differenceMs = Math.abs(Date.now() - town.at);
  return differenceMs > SKEW_MS
    ? warn('daemon clock', `differs by ${sayDuration(differenceMs)}`, 'set the clocks')
    : ok('daemon clock', 'agrees');
};

/** One that does not deliver while another does is easily overlooked. */
const channels = async (client: Client): Promise<readonly Line[]> => {
  const outcome = await client.read('alerts');
  if (outcome.kind !== 'ok') return [];
  const { deadChannels } = outcome.value;
  if (deadChannels.length === 0) return [ok('channels', 'none is known to be dead')];
  return deadChannels.map(({ name, since, detail }) =>
    fail(
      'channels',
      `${name} does not deliver since ${sayInstant(since)}: ${detail}`,
      'mend it, or its address under notify',
    ),
  );
};

const examine = async (settings: Settings): Promise<readonly Line[]> => {
  const connection = connect(settings);
  const outcome = connection.kind === 'to' ? await connection.client.read('town') : null;
  const town = outcome?.kind === 'ok' ? outcome.value : null;
  const detail = outcome?.kind === 'unreachable' ? outcome.detail : 'it refused';
  return [
    node(),
    state(settings),
    secrecy(settings),
    room(settings),
    clock(settings),
    await config(settings),
    daemon(settings, town, detail),
    ...(town === null ? [await port(7_373)] : [evidence(town), skew(town)]),
    ...(connection.kind === 'to' && town !== null ? await channels(connection.client) : []),
  ];
};

const doctor: Work = async ({ settings, terminal }) => {
  const lines = await examine(settings);
  if (settings.format === 'json') printJson(terminal, { lines });
  else {
    const colours = { ok: 'green', warn: 'yellow', fail: 'red' } as const;
    for (const line of lines) {
      const mend = line.mend === null ? '' : `\n      to mend: ${visible(line.mend)}`;
      terminal.out(
        `${paint(terminal, colours[line.state], line.state.padEnd(4))}  ${line.name}: ${visible(line.says)}${mend}`,
      );
    }
  }
  return lines.some((line) => line.state === 'fail') ? EXIT.failed : EXIT.ok;
};

export const defineDoctor: Define = (command, running) => {
  command.action(running(doctor));
};
