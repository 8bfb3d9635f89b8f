// Asking a machine for something, and following the answer to its end.

import { visible } from '#api/visible.ts';
import type { Client, ChangeOptions, Outcome } from '#api/client.ts';
import type { ChangeName } from '#api/routes.ts';
import type { Answer } from '#kernel/message.ts';
import { EXIT, problem, type ExitCode, type ProblemCode } from '#kernel/problem.ts';
import { sayReasons } from '#kernel/reason.ts';
import type { Options, Setting } from './command.ts';
import { failWithOutcome, withClient } from './connection.ts';
import { failWith } from './failing.ts';
import { printJson } from './terminal.ts';

/** How often the answer is looked at: four times a second is nothing to the server and quick to a person. */
const LOOK_EVERY_MS = 250;
/** Longer than the slowest start and its observation; then the person decides whether to go on waiting. */
const FOLLOW_FOR_MS = 5 * 60_000;

export type Asking = {
  readonly name: ChangeName;
  readonly change: ChangeOptions;
  /** True: accepted is not the end, wait until it is carried out. */
  readonly isFollowed: boolean;
};

const isOver = (answer: Answer): boolean => answer.status !== 'accepted' && answer.status !== 'pending';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const follow = async (client: Client, first: Answer): Promise<Outcome<Answer>> => {
  let outcome: Outcome<Answer> = { kind: 'ok', status: 202, value: first };
  const until = Date.now() + FOLLOW_FOR_MS;
  while (outcome.kind === 'ok' && !isOver(outcome.value) && Date.now() < until) {
    await pause(LOOK_EVERY_MS);
    outcome = await client.read('answer', { path: { askKey: first.askKey } });
  }
  return outcome;
};

const sayAnswer = (answer: Answer): string => {
  const words = [answer.detail, sayReasons(answer.reasons)].filter((part) => part !== '').join(': ');
  return visible(words === '' ? answer.status : `${answer.status}: ${words}`);
};

const REFUSALS: Partial<Record<Answer['status'], ProblemCode>> = {
  denied: 'denied-by-policy',
  failed: 'action-failed',
  'needs-approval': 'needs-approval',
};

const conclude = (setting: Setting, answer: Answer, isFollowed: boolean): ExitCode => {
  const { settings, terminal } = setting;
  const code = REFUSALS[answer.status];
  if (code !== undefined) return failWith(setting, [problem(code, sayAnswer(answer))], { answer });
  if (settings.format === 'json') printJson(terminal, answer);
  else terminal.out(`${settings.isDryRun ? 'dry run, nothing was changed: ' : ''}${sayAnswer(answer)}`);
  return isFollowed && !isOver(answer) ? EXIT.notEnoughData : EXIT.ok;
};

/** Asks, follows unless told otherwise, prints the end. A needs-approval answer exits 4, whatever flags were given. */
export const ask = (setting: Setting, asking: Asking): Promise<ExitCode> =>
  withClient(setting, async (client) => {
    const { settings } = setting;
    const first = await client.change(asking.name, { ...asking.change, isDryRun: settings.isDryRun });
    if (first.kind !== 'ok') return failWithOutcome(setting, first);
    const isFollowed = asking.isFollowed && !settings.isDryRun;
    const last = isFollowed ? await follow(client, first.value) : first;
    return last.kind === 'ok' ? conclude(setting, last.value, isFollowed) : failWithOutcome(setting, last);
  });

export const whyOf = (options: Options): string => (typeof options['why'] === 'string' ? options['why'] : '');
