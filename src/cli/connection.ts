// The way to a running Sereno: its address and a token, from flags or from the state directory.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { connectTo, type Client, type Outcome } from '#api/client.ts';
import { EXIT, problem, type ExitCode, type Problem } from '#kernel/problem.ts';
import type { Setting } from './command.ts';
import { failWith } from './failing.ts';
import { addressFile, tokenFile, type Settings } from './settings.ts';
import { printJson } from './terminal.ts';
import { byHttp } from './transport.ts';

/** An address takes some 30 bytes, a token 50. */
const LINE_BYTES_MAX = 1_024;

/** What `sereno up` writes: nothing else that stands in these files is believed. */
const ADDRESS = /^http:\/\/(?:[\w.-]{1,255}|\[[\da-f:.]{2,45}\]):\d{1,5}$/i;
const TOKEN = /^sereno_[\w-]{43}$/;

/**
 * One line of a small file. Links are not followed: a state directory that came from elsewhere could lead to another
 * file of this user, whose content would then be sent to the address beside it. A pipe is not waited on.
 */
const readLine = (file: string, form: RegExp): string | null => {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (!fstatSync(descriptor).isFile()) return null;
    const buffer = Buffer.alloc(LINE_BYTES_MAX);
    const line = buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, buffer.length, 0)).trim();
    return form.test(line) ? line : null;
  } catch {
    return null;
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
};

export type Connection =
  { readonly kind: 'to'; readonly url: string; readonly client: Client } | { readonly kind: 'none' };

/** Reads two small files and nothing else. The local token is only ever sent to the local address. */
export const connect = (settings: Settings): Connection => {
  const local = readLine(addressFile(settings.stateDirectory), ADDRESS);
  const url = settings.url ?? local;
  if (url === null) return { kind: 'none' };
  const token = settings.token ?? (url === local ? readLine(tokenFile(settings.stateDirectory), TOKEN) : null);
  return { kind: 'to', url, client: connectTo({ url, token, transport: byHttp }) };
};

export const notRunning = (settings: Settings, detail: string | null): Problem =>
  problem(
    'not-running',
    detail === null ? `no Sereno runs in ${settings.stateDirectory}` : `no Sereno answers: ${detail}`,
    {
      mend: 'sereno up starts one; --url or --state points to another',
    },
  );

/** Prints what went wrong with an outcome. */
export const failWithOutcome = (
  setting: Setting,
  outcome: Exclude<Outcome<never>, { readonly kind: 'ok' }>,
): ExitCode =>
  outcome.kind === 'unreachable'
    ? failWith(setting, [notRunning(setting.settings, outcome.detail)])
    : failWith(setting, outcome.problems, { answer: outcome.answer });

/** Connects and goes on, or says that nothing runs. */
export const withClient = async (
  setting: Setting,
  work: (client: Client, url: string) => Promise<ExitCode>,
): Promise<ExitCode> => {
  const connection = connect(setting.settings);
  return connection.kind === 'none'
    ? failWith(setting, [notRunning(setting.settings, null)])
    : work(connection.client, connection.url);
};

/** Prints one thing that was read: as JSON, or in the words that `print` finds. */
export const show = async <Value>(
  setting: Setting,
  outcome: Outcome<Value>,
  print: (value: Value) => Promise<void> | void,
): Promise<ExitCode> => {
  if (outcome.kind !== 'ok') return failWithOutcome(setting, outcome);
  if (setting.settings.format === 'json') printJson(setting.terminal, outcome.value);
  else await print(outcome.value);
  return EXIT.ok;
};
