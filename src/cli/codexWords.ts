// Who does it and why, as they were typed: both stand in the log for ever, and people read them there.
//
// A name that looks like that of a blesser and is another one would get around "the author cannot bless" by a slip of the
// hand, so it is refused. Whoever lies on purpose is not stopped here: a name is a claim, only signatures are believed.

import { hiddenIn } from '#kernel/hidden.ts';
import { problem, type Problem } from '#kernel/problem.ts';
import type { Options } from './command.ts';

const NAME_MAX = 100;
/** As much as an entry of the log takes. */
const WHY_MAX = 4_000;

const NAME_EXPECTED = `a name of 1 to ${NAME_MAX} characters on one line, without blanks around it`;
const WHY_EXPECTED = `a reason of 1 to ${WHY_MAX} characters`;

const bad = (message: string, expected: string): Problem => problem('bad-request', message, { expected });

const folded = (name: string): string => name.normalize('NFKC').trim().toLowerCase();

const lookAtName = (name: string, blessers: readonly string[]): Problem | null => {
  const shown = JSON.stringify(name.slice(0, NAME_MAX));
  if (name === '' || name.trim() !== name || name.length > NAME_MAX || /[\r\n\t]/.test(name))
    return bad(`--as ${shown} is no name of a person`, NAME_EXPECTED);
  const hidden = hiddenIn(name);
  if (hidden !== null) return bad(`--as has the hidden character ${hidden.name}`, 'only characters that can be seen');
  const meant = blessers.find((blesser) => blesser !== name && folded(blesser) === folded(name));
  return meant === undefined || blessers.includes(name)
    ? null
    : bad(`--as ${shown} looks like ${meant} and is another name`, `--as ${meant}, or a name that cannot be mistaken`);
};

const lookAtWhy = (why: string): Problem | null => {
  if (why.trim() === '') return bad('--why is empty', WHY_EXPECTED);
  if (why.length > WHY_MAX) return bad(`--why has ${why.length} characters`, WHY_EXPECTED);
  const hidden = hiddenIn(why);
  return hidden === null
    ? null
    : bad(`--why has the hidden character ${hidden.name}`, 'only characters that can be seen');
};

/** What is wrong with `--as` and `--why`, all of it; none: they may stand in the log. */
export const lookAtWords = (options: Options, blessers: readonly string[]): readonly Problem[] => {
  const { as, why } = options;
  return [
    typeof as === 'string' ? lookAtName(as, blessers) : null,
    typeof why === 'string' ? lookAtWhy(why) : null,
  ].filter((it) => it !== null);
};
