// `sereno explain <subject>`: why something is as it is, and why nothing was done.

import { visible } from '#api/visible.ts';
import { sayInstant } from '#kernel/reason.ts';
import type { Define } from './command.ts';
import { show, withClient } from './connection.ts';
import { paint } from './terminal.ts';

export const defineExplain: Define = (command, running) => {
  command.argument('<subject>', 'a service, gate, startup, an incident number or an action key').action(
    running((setting, [subject = '']) =>
      withClient(setting, async (client) =>
        show(setting, await client.read('explain', { path: { subject } }), (it) => {
          const { out } = setting.terminal;
          out(paint(setting.terminal, 'bold', visible(`${it.subject}: ${it.headline}`)));
          for (const line of it.why) out(`  because ${visible(line)}`);
          if (it.lookAgainAt !== null) out(`  looks again at ${sayInstant(it.lookAgainAt)}`);
          if (it.evidence.length > 0) out(`  evidence: ${it.evidence.join(', ')}`);
        }),
      ),
    ),
  );
};
