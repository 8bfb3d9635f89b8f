// `sereno streak`: smooth days in a row.

import { visible } from '#api/visible.ts';
import { sayInstant } from '#kernel/reason.ts';
import type { Streak } from '#kernel/standing.ts';
import type { Define, Work } from './command.ts';
import { show, withClient } from './connection.ts';
import { paint } from './terminal.ts';

const headOf = ({ days, timezone, isAtLeast }: Streak): string =>
  `${isAtLeast ? 'at least ' : ''}${days} smooth ${days === 1 ? 'day' : 'days'} in a row (${timezone})`;

const streak: Work = (setting) =>
  withClient(setting, async (client) =>
    show(setting, await client.read('streak'), (it) => {
      const { out } = setting.terminal;
      out(paint(setting.terminal, 'bold', visible(headOf(it))));
      if (it.since !== null) out(`  since ${sayInstant(it.since)}`);
      out(`  today: ${it.isTodaySmooth ? 'smooth so far' : 'broken'}; a day counts when it is over`);
      if (it.brokenBy === null) {
        const began =
          it.since === null
            ? 'no whole day was watched yet'
            : 'nothing on record broke the days before: the watch began';
        return out(`  ${began}`);
      }
      const { from, to, what } = it.brokenBy;
      out(visible(`  broken by: ${what} (${sayInstant(from)} – ${to === null ? 'it lasts' : sayInstant(to)})`));
    }),
  );

export const defineStreak: Define = (command, running) => {
  command.action(running(streak));
};
