// `sereno codex get`: what production may read, verified, on standard output. Reads the state directory; nothing must run.

import { getBlessed, rootDocument, sayBlessed } from '#daemon/codex/get.ts';
import { EXIT, problem, type ExitCode } from '#kernel/problem.ts';
import { deskOf, type CodexSetting, type Words } from './codexVerb.ts';
import type { Options } from './command.ts';
import { failWith } from './failing.ts';

/** A text as it is, anything else as JSON: `prompt=$(sereno codex get concise --field prompt)`. */
const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const lines = ({ terminal }: CodexSetting, text: string): ExitCode => {
  terminal.out(text.replace(/\n$/, ''));
  return EXIT.ok;
};

export const getOne = (setting: CodexSetting, [selector]: Words, options: Options): ExitCode => {
  const desk = deskOf(setting);
  if (options['root'] === true) return lines(setting, rootDocument(desk));
  if (selector === undefined)
    return failWith(setting, [
      problem('bad-request', 'which revision?', { expected: 'item, item@3, item@tag, a digest' }),
    ]);
  const blessed = getBlessed(desk, selector, setting.now);
  const { field } = options;
  if (typeof field === 'string') {
    const found = Object.entries(blessed).find(([name]) => name === field);
    if (found !== undefined) return lines(setting, plain(found[1]));
    const expected = `one of ${Object.keys(blessed).join(', ')}`;
    return failWith(setting, [problem('bad-request', `there is no field ${JSON.stringify(field)}`, { expected })]);
  }
  return lines(setting, setting.settings.format === 'json' ? JSON.stringify(blessed, null, 2) : sayBlessed(blessed));
};
