// The flags that every command takes, decoded once.

import { join, resolve } from 'node:path';
import { Option, type Command } from 'commander';

/** `summary` is another word for `table`, which systems around the codex use. */
export type Format = 'table' | 'json';

export type Settings = {
  readonly configFile: string;
  readonly stateDirectory: string;
  /** Null: where the Sereno of the state directory says that it listens. */
  readonly url: string | null;
  /** Null: the token that the Sereno of the state directory keeps for its owner. */
  readonly token: string | null;
  readonly format: Format;
  readonly isDryRun: boolean;
  readonly isYes: boolean;
};

/** Flags that take a value, for telling a value from a command. */
export const VALUE_FLAGS: readonly string[] = ['--config', '--state', '--url', '--token', '--format'];

export const addFlags = (program: Command): Command =>
  program
    .option('--config <file>', 'configuration (default: ./sereno.yaml)')
    .option('--state <directory>', 'where Sereno keeps its memory (default: ./.sereno)')
    .addOption(new Option('--url <url>', 'ask the Sereno at this address').env('SERENO_URL'))
    .addOption(new Option('--token <token>', 'token for --url; better in the environment').env('SERENO_TOKEN'))
    .addOption(
      new Option('--format <format>', 'form of the answer')
        .choices(['table', 'json', 'summary', 'yaml'])
        .default('table'),
    )
    .option('--dry-run', 'say what would be, change nothing')
    .option('--yes', 'answer a confirmation; never an approval');

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** From what commander has parsed. Relative paths are taken from the working directory. */
export const readSettings = (options: Readonly<Record<string, unknown>>): Settings => ({
  configFile: resolve(text(options['config']) ?? 'sereno.yaml'),
  stateDirectory: resolve(text(options['state']) ?? '.sereno'),
  url: text(options['url']),
  token: text(options['token']),
  format: options['format'] === 'json' ? 'json' : 'table',
  isDryRun: options['dryRun'] === true,
  isYes: options['yes'] === true,
});

/** `http://127.0.0.1:7373`, written by the running daemon. */
export const addressFile = (stateDirectory: string): string => join(stateDirectory, 'address');

/** The owner's token, 0600, written by the running daemon. */
export const tokenFile = (stateDirectory: string): string => join(stateDirectory, 'token');
