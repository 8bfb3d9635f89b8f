// `sereno completion bash|zsh|fish`: a script for the shell, made from the commands themselves.

import { Command } from 'commander';
import { EXIT, problem } from '#kernel/problem.ts';
import type { Define, Listed, Work } from './command.ts';
import { failWith } from './failing.ts';
import { addFlags } from './settings.ts';

type Known = {
  readonly name: string;
  readonly summary: string;
  readonly verbs: readonly { readonly name: string; readonly summary: string; readonly flags: readonly string[] }[];
  readonly flags: readonly string[];
};

const flagsOf = (command: Command): readonly string[] =>
  command.options.flatMap((option) => (option.long === undefined || option.long === null ? [] : [option.long]));

/** Every command with its verbs and flags. Loads them all: this is the one command that may be slow. */
const knownCommands = async (listed: readonly Listed[]): Promise<readonly Known[]> =>
  Promise.all(
    listed.map(async ({ name, summary, load }) => {
      const command = new Command(name);
      (await load())(command, () => async () => undefined);
      const verbs = command.commands.map((verb) => ({
        name: verb.name(),
        summary: verb.description(),
        flags: flagsOf(verb),
      }));
      return { name, summary, verbs, flags: flagsOf(command) };
    }),
  );

const globalFlags = (): readonly string[] => [...flagsOf(addFlags(new Command())), '--help'];

const bash = (known: readonly Known[]): string => {
  const cases = known.flatMap(({ name, verbs, flags }) => [
    `    ${name}) words="${[...verbs.map((verb) => verb.name), ...flags].join(' ')}" ;;`,
    ...verbs.map((verb) => `    "${name} ${verb.name}") words="${verb.flags.join(' ')}" ;;`),
  ]);
  return `# bash completion for sereno: eval "$(sereno completion bash)"
_sereno() {
  local here="\${COMP_WORDS[COMP_CWORD]}" path="" word words
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
    "") words="${known.map((each) => each.name).join(' ')}" ;;
${cases.join('\n')}
    *) words="" ;;
  esac
  COMPREPLY=($(compgen -W "$words ${globalFlags().join(' ')}" -- "$here"))
}
complete -o default -F _sereno sereno
`;
};

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

const zsh = (known: readonly Known[]): string => {
  const pairs = (list: readonly { readonly name: string; readonly summary: string }[]): string =>
    list.map(({ name, summary }) => quoted(`${name}:${summary.replaceAll(':', String.raw`\:`)}`)).join(' ');
  const cases = known.map(
    ({ name, verbs, flags }) =>
      `    ${name}) verbs=(${pairs(verbs)}); flags=(${[...flags, ...verbs.flatMap((verb) => verb.flags)].join(' ')}) ;;`,
  );
  return `#compdef sereno
# zsh completion for sereno: eval "$(sereno completion zsh)"
_sereno() {
  local -a names verbs flags
  names=(${pairs(known)})
  if (( CURRENT == 2 )); then _describe 'command' names; return; fi
  case "$words[2]" in
${cases.join('\n')}
  esac
  if (( CURRENT == 3 && \${#verbs} )); then _describe 'verb' verbs; fi
  compadd -- $flags ${globalFlags().join(' ')}
}
compdef _sereno sereno
`;
};

const fish = (known: readonly Known[]): string => {
  const lines = known.flatMap(({ name, summary, verbs, flags }) => [
    `complete -c sereno -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
    ...verbs.map(
      (verb) =>
        `complete -c sereno -n '__fish_seen_subcommand_from ${name}' -f -a ${verb.name} -d ${quoted(verb.summary)}`,
    ),
    ...[...new Set([...flags, ...verbs.flatMap((verb) => verb.flags)])].map(
      (flag) => `complete -c sereno -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)}`,
    ),
  ]);
  const everywhere = globalFlags().map((flag) => `complete -c sereno -l ${flag.slice(2)}`);
  return ['# fish completion for sereno: sereno completion fish | source', ...everywhere, ...lines, ''].join('\n');
};

const SHELLS = new Map([
  ['bash', bash],
  ['zsh', zsh],
  ['fish', fish],
]);

const complete =
  (listed: readonly Listed[]): Work =>
  async (setting, [shell = '']) => {
    const script = SHELLS.get(shell);
    if (script === undefined) {
      const expected = [...SHELLS.keys()].join(', ');
      return failWith(setting, [problem('bad-request', `no completion for ${JSON.stringify(shell)}`, { expected })]);
    }
    setting.terminal.out(script(await knownCommands(listed)).trimEnd());
    return EXIT.ok;
  };

/** The list is handed in, because this command is itself on it. */
export const completionOf =
  (listed: readonly Listed[]): Define =>
  (command, running) => {
    command.argument('<shell>', [...SHELLS.keys()].join(', ')).action(running(complete(listed)));
  };
