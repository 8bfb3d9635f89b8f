// `sereno incident list|show|ack`: what people were called for.

import { visible } from '#api/visible.ts';
import { problem } from '#kernel/problem.ts';
import { sayInstant } from '#kernel/reason.ts';
import { ask, whyOf } from './asking.ts';
import { showCauses } from './causes.ts';
import type { Define, Work } from './command.ts';
import { show, withClient } from './connection.ts';
import { failWith } from './failing.ts';
import { paint, table } from './terminal.ts';

const list: Work = (setting) =>
  withClient(setting, async (client) =>
    show(setting, await client.read('incidents'), async ({ incidents }) => {
      if (incidents.length === 0) return setting.terminal.out('no incidents');
      const rows = incidents.map((each) => [
        each.number,
        each.severity,
        each.status,
        sayInstant(each.since),
        each.subject,
        each.title,
      ]);
      const heads = ['number', 'severity', 'status', 'since', 'subject', 'title'];
      setting.terminal.out(await table(setting.terminal, heads, rows));
    }),
  );

const showOne: Work = (setting, [name = '']) =>
  withClient(setting, async (client) => {
    const outcome = await client.read('incidents');
    if (outcome.kind !== 'ok') return show(setting, outcome, () => undefined);
    const found = outcome.value.incidents.find((each) => each.number === name || each.subject === name);
    if (found === undefined) {
      return failWith(setting, [
        problem('not-found', `no incident called ${JSON.stringify(name)}`, { mend: 'sereno incident list' }),
      ]);
    }
    return show(setting, { ...outcome, value: found }, (it) => {
      const { out } = setting.terminal;
      out(paint(setting.terminal, 'bold', visible(`${it.number} ${it.severity} ${it.status}: ${it.title}`)));
      out(`  since ${sayInstant(it.since)}, about ${visible(it.subject)}`);
      out(`  paged: ${it.paged.length === 0 ? 'nobody' : visible(it.paged.join(', '))}`);
      for (const [index, step] of it.ladder.entries()) out(`  ${index + 1}. ${visible(step)}`);
      if (it.lookAgainAt !== null) out(`  looks again at ${sayInstant(it.lookAgainAt)}`);
    });
  });

const acknowledge: Work = (setting, [subject = ''], options) =>
  ask(setting, { name: 'acknowledge', change: { path: { subject }, why: whyOf(options) }, isFollowed: false });

export const defineIncident: Define = (command, running) => {
  command.command('list').description('incidents, newest first').action(running(list));
  command
    .command('show')
    .description('one incident with its ladder of steps')
    .argument('<incident>', 'number or subject')
    .action(running(showOne));
  command
    .command('causes')
    .description('what is in trouble now, and the suspects for each cause')
    .action(running(showCauses));
  command
    .command('ack')
    .description('say that you look after it')
    .argument('<incident>', 'number or subject')
    .option('--why <reason>', 'goes into the evidence')
    .action(running(acknowledge));
};
