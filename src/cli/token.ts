// `sereno token issue|list|revoke`: who may ask over the API. A token is printed once and kept nowhere.

import type { Command } from 'commander';
import { visible } from '#api/visible.ts';
import type { Role } from '#kernel/actor.ts';
import { EXIT, problem } from '#kernel/problem.ts';
import { sayInstant } from '#kernel/reason.ts';
import { instant } from '#kernel/time.ts';
import type { Define, Options, Setting, Work } from './command.ts';
import { failWith } from './failing.ts';
import { confirm, printJson, table } from './terminal.ts';

const ROLES: readonly Role[] = ['viewer', 'reporter', 'operator', 'approver', 'blesser', 'admin'];
const isRole = (text: string): text is Role => ROLES.some((role) => role === text);

/** A name that is safe in evidence, in a file and on a screen. */
const PERSON = /^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,99}$/u;

/** Ten years: longer is forgetting, not planning. */
const DAYS_MAX = 3_650;

const usage = (setting: Setting, message: string, expected: string) =>
  failWith(setting, [problem('bad-request', message, { expected })]);

const rolesOf = (options: Options): readonly string[] => {
  const given = options['role'];
  return Array.isArray(given) && given.length > 0 ? [...new Set(given.map(String))] : ['viewer'];
};

const when = (at: number | null): string => (at === null ? 'never' : sayInstant(instant(at)));

const issue: Work = async (setting, [person = ''], options) => {
  const { settings, terminal } = setting;
  if (!PERSON.test(person)) return usage(setting, `${visible(person)} cannot be a name`, 'letters, digits, . _ @ -');
  const roles = rolesOf(options);
  const wrong = roles.find((role) => !isRole(role));
  if (wrong !== undefined) return usage(setting, `there is no role ${visible(wrong)}`, ROLES.join(', '));
  const days = options['days'] === undefined ? null : Number(options['days']);
  if (days !== null && !(Number.isInteger(days) && days >= 1 && days <= DAYS_MAX)) {
    return usage(setting, '--days is not a number of days', `1 to ${DAYS_MAX}`);
  }
  const kind = options['agent'] === true ? 'agent' : 'person';
  const wish = { person, kind, roles: roles.filter(isRole) } as const;
  if (settings.isDryRun) {
    if (settings.format === 'json') printJson(terminal, { ...wish, days, isDryRun: true });
    else terminal.out(`dry run, nothing was changed: would issue a token to ${person} (${roles.join(', ')})`);
    return EXIT.ok;
  }
  const { issueTo } = await import('#daemon/tokens.ts');
  const issued = issueTo(settings.stateDirectory, wish, days);
  if (issued.kind === 'failed') return failWith(setting, [issued.problem]);
  const { id, expiresAt } = issued.record;
  if (settings.format === 'json') printJson(terminal, { token: issued.token, id, ...wish, expiresAt });
  else {
    terminal.err(`token ${id} for ${person} (${roles.join(', ')}), ends: ${when(expiresAt)}. It is shown only now:`);
    terminal.out(issued.token);
  }
  return EXIT.ok;
};

const list: Work = async (setting) => {
  const { settings, terminal } = setting;
  const { tokensOf } = await import('#daemon/tokens.ts');
  const listed = tokensOf(settings.stateDirectory);
  if (listed.kind === 'failed') return failWith(setting, [listed.problem]);
  const tokens = listed.tokens.map(({ sha256: _sha256, ...rest }) => rest);
  if (settings.format === 'json') {
    printJson(terminal, { tokens });
    return EXIT.ok;
  }
  const rows = tokens.map((each) => [
    each.id,
    each.person,
    each.kind,
    each.roles.join(', '),
    when(each.createdAt),
    when(each.expiresAt),
  ]);
  terminal.out(
    rows.length === 0 ? 'no tokens' : await table(terminal, ['id', 'person', 'kind', 'roles', 'issued', 'ends'], rows),
  );
  return EXIT.ok;
};

const revoke: Work = async (setting, [name = '']) => {
  const { settings, terminal } = setting;
  const { revokeFrom, tokensOf } = await import('#daemon/tokens.ts');
  if (settings.isDryRun) {
    const listed = tokensOf(settings.stateDirectory);
    if (listed.kind === 'failed') return failWith(setting, [listed.problem]);
    const revoked = listed.tokens.filter((each) => each.id === name || each.person === name).map((each) => each.id);
    if (settings.format === 'json') printJson(terminal, { revoked, isDryRun: true });
    else terminal.out(`dry run, nothing was changed: would revoke ${revoked.join(', ') || 'nothing'}`);
    return EXIT.ok;
  }
  const needsWord = terminal.canAsk && !settings.isYes;
  if (needsWord && !(await confirm(terminal, `Revoke the tokens of ${visible(name)}?`))) return EXIT.failed;
  const outcome = revokeFrom(settings.stateDirectory, name);
  if (outcome.kind === 'failed') return failWith(setting, [outcome.problem]);
  const revoked = outcome.records.map((record) => record.id);
  if (settings.format === 'json') printJson(terminal, { revoked });
  else terminal.out(`revoked ${revoked.join(', ')}`);
  return EXIT.ok;
};

const defineIssue = (command: Command): Command =>
  command
    .command('issue')
    .description('make a token and print it once')
    .argument('<person>', 'whose it is')
    .option(
      '--role <role>',
      `${ROLES.join(', ')}; may be repeated (default: viewer)`,
      (role: string, roles: readonly string[]) => [...roles, role],
      [],
    )
    .option('--agent', 'it belongs to a program')
    .option('--days <days>', 'it ends after so many days');

export const defineToken: Define = (command, running) => {
  defineIssue(command).action(running(issue));
  command.command('list').description('who has tokens; never the tokens').action(running(list));
  command
    .command('revoke')
    .description('make a token worthless at once')
    .argument('<id or person>', 'one token, or all of a person')
    .action(running(revoke));
};
