// `sereno approval list|approve|deny`: what waits for a person. No flag ever answers for that person.

import { sayInstant, sayReasons } from '#kernel/reason.ts';
import { ask, whyOf } from './asking.ts';
import type { Define, Work } from './command.ts';
import { show, withClient } from './connection.ts';
import { table } from './terminal.ts';

const list: Work = (setting) =>
  withClient(setting, async (client) =>
    show(setting, await client.read('approvals'), async ({ approvals }) => {
      if (approvals.length === 0) return setting.terminal.out('nothing waits for a person');
      const rows = approvals.map((each) => [
        each.id,
        each.status,
        `${each.action} ${each.subject}`,
        each.requestedBy,
        sayInstant(each.expiresAt),
        sayReasons(each.reasons),
      ]);
      setting.terminal.out(
        await table(setting.terminal, ['id', 'status', 'action', 'asked by', 'expires', 'why'], rows),
      );
    }),
  );

const decide =
  (name: 'approve' | 'deny'): Work =>
  (setting, [id = ''], options) =>
    ask(setting, { name, change: { path: { id }, why: whyOf(options) }, isFollowed: false });

export const defineApproval: Define = (command, running) => {
  command.command('list').description('what waits for a person, and what was decided').action(running(list));
  for (const verb of ['approve', 'deny'] as const) {
    command
      .command(verb)
      .description(verb === 'approve' ? 'agree; never to what you asked for yourself' : 'refuse')
      .argument('<id>', 'from sereno approval list')
      .option('--why <reason>', 'goes into the evidence')
      .action(running(decide(verb)));
  }
};
