// What a command is: a file that defines itself under a name, and whose work ends with an exit code.

import type { Command } from 'commander';
import type { ExitCode } from '#kernel/problem.ts';
import type { Settings } from './settings.ts';
import type { Terminal } from './terminal.ts';

/** What every command is given besides its own arguments and options. */
export type Setting = { readonly settings: Settings; readonly terminal: Terminal; readonly version: string };

/** The words after the command, in order; those that were left out are undefined. */
export type Words = readonly (string | undefined)[];

export type Options = Readonly<Record<string, unknown>>;

export type Work = (setting: Setting, words: Words, options: Options) => Promise<ExitCode>;

/** Turns work into a commander action; the exit code goes to whoever runs the program. */
export type Running = (work: Work) => (this: Command, ...args: readonly unknown[]) => Promise<void>;

export type Define = (command: Command, running: Running) => void;

export type Listed = { readonly name: string; readonly summary: string; readonly load: () => Promise<Define> };
