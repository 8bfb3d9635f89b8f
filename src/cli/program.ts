// The program as commander sees it: global flags, the commands by name, and the one that is called in full.

import { Command, CommanderError } from 'commander';
import { EXIT, problem, ProblemError, type ExitCode } from '#kernel/problem.ts';
import type { Define, Running, Setting, Words } from './command.ts';
import { COMMANDS } from './commands.ts';
import { failWith } from './failing.ts';
import { addFlags, readSettings, VALUE_FLAGS } from './settings.ts';
import type { Terminal } from './terminal.ts';

/** The first word that is not a flag nor the value of one; after `help`, the word that help is wanted for. */
export const calledCommand = (argv: readonly string[]): string | null => {
  const words = argv.filter((word, index) => !word.startsWith('-') && !VALUE_FLAGS.includes(argv[index - 1] ?? ''));
  return (words[0] === 'help' ? words[1] : words[0]) ?? null;
};

const wordsOf = (args: readonly unknown[]): Words =>
  args.flat().map((word) => (typeof word === 'string' ? word : undefined));

/** What it prints is YAML anyway; everywhere else the word would be taken and not kept. */
const YAML_VERB = 'get';
const NO_YAML = problem('bad-request', 'this command does not answer in YAML', { expected: '--format table or json' });

type Made = { readonly program: Command; readonly exit: () => ExitCode };

/** Makes the program with all commands named and the given ones defined. */
export const makeProgram = (version: string, terminal: Terminal, defined: ReadonlyMap<string, Define>): Made => {
  let exit: ExitCode = EXIT.ok;
  const running: Running = (work) =>
    async function (...args) {
      const options = this.optsWithGlobals();
      if (options['format'] === 'yaml' && this.name() !== YAML_VERB) throw new ProblemError([NO_YAML]);
      const setting: Setting = { settings: readSettings(options), terminal, version };
      // Commander hands over the arguments, then the options, then the command itself.
      exit = await work(setting, wordsOf(args.slice(0, -2)), options);
    };
  const program = addFlags(new Command('sereno'))
    .description('A night watchman for software: watch, judge, decide, act, prove.')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .configureHelp({ showGlobalOptions: false })
    .showHelpAfterError('(sereno --help lists the commands)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.replace(/\n$/, '')),
      writeErr: (text) => terminal.err(text.replace(/\n$/, '')),
    });
  for (const { name, summary } of COMMANDS) {
    const command = program.command(name).summary(summary).description(summary);
    defined.get(name)?.(command, running);
  }
  program.addHelpText(
    'after',
    '\nExit codes: 0 ok, 1 failed, 2 bad usage, 3 unhealthy, 4 needs approval, 5 not enough data.\nMore: sereno help <command>',
  );
  return { program, exit: () => exit };
};

const wantsJson = (argv: readonly string[]): boolean =>
  argv.includes('--format=json') || argv[argv.indexOf('--format') + 1] === 'json';

const endOf = (thrown: unknown, setting: Setting): ExitCode => {
  if (thrown instanceof CommanderError) {
    if (thrown.exitCode === 0) return EXIT.ok;
    // Help that was printed because a noun came without its verb is bad usage too; its text is on standard error.
    if (setting.settings.format === 'json') return failWith(setting, [problem('bad-request', thrown.message)]);
    return EXIT.usage;
  }
  if (thrown instanceof ProblemError) return failWith(setting, thrown.problems);
  throw thrown;
};

/** Runs one command line. The only throws are bugs. */
export const runProgram = async (argv: readonly string[], version: string, terminal: Terminal): Promise<ExitCode> => {
  const name = calledCommand(argv);
  const listed = COMMANDS.find((command) => command.name === name);
  const defined = new Map(listed === undefined ? [] : [[listed.name, await listed.load()] as const]);
  const { program, exit } = makeProgram(version, terminal, defined);
  // Help about a command that there is not would be the help of the whole program, and look like success.
  const isUnknown = name !== null && listed === undefined;
  const words = isUnknown ? argv.filter((word) => word !== '--help' && word !== '-h') : argv;
  try {
    await program.parseAsync([...words], { from: 'user' });
    return exit();
  } catch (thrown) {
    const settings = readSettings({ format: wantsJson(argv) ? 'json' : 'table' });
    return endOf(thrown, { settings, terminal, version });
  }
};
