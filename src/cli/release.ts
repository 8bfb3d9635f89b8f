// `sereno release`: ends the hold.

import { ask, whyOf } from './asking.ts';
import type { Define } from './command.ts';

export const defineRelease: Define = (command, running) => {
  command
    .option('--why <reason>', 'goes into the evidence')
    .action(
      running((setting, _words, options) =>
        ask(setting, { name: 'release', change: { why: whyOf(options) }, isFollowed: false }),
      ),
    );
};
