// `sereno hold`: stops all acting until it is released; watching goes on.

import { ask, whyOf } from './asking.ts';
import type { Define } from './command.ts';

export const defineHold: Define = (command, running) => {
  command
    .option('--why <reason>', 'goes into the evidence')
    .action(
      running((setting, _words, options) =>
        ask(setting, { name: 'hold', change: { why: whyOf(options) }, isFollowed: false }),
      ),
    );
};
