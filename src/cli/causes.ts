// `sereno incident causes`: what is in trouble now, and who is suspected, with the clues that speak for it.

import { visible } from '#api/visible.ts';
import { sayInstant } from '#kernel/reason.ts';
import type { CauseCandidate, Clue, Suspect } from '#kernel/suspect.ts';
import type { Work } from './command.ts';
import { show, withClient } from './connection.ts';
import { paint, type Terminal } from './terminal.ts';

const times = (ratio: number): string => (ratio >= 10 ? ratio.toFixed(0) : Number(ratio.toPrecision(2)).toString());

const clueLine = ({ says, ratio, origin }: Clue): string => `      ×${times(ratio)}  ${says} (${origin})`;

const suspectLine = ({ kind, what, at, probability }: Suspect): string =>
  `    ${(100 * probability).toFixed(0)} %  ${kind}: ${what}, ${sayInstant(at)}`;

const print = (terminal: Terminal, { since, services, suspects }: CauseCandidate): void => {
  const head = `since ${sayInstant(since)}: ${services.join(', ')}`;
  terminal.out(paint(terminal, 'bold', visible(head)));
  for (const [index, suspect] of suspects.slice(0, 3).entries()) {
    terminal.out(visible(suspectLine(suspect)));
    if (index === 0) for (const clue of suspect.clues) terminal.out(visible(clueLine(clue)));
  }
};

export const showCauses: Work = (setting) =>
  withClient(setting, async (client) =>
    show(setting, await client.read('causes'), ({ causes }) => {
      if (causes.length === 0) setting.terminal.out('nothing is in trouble');
      for (const cause of causes) print(setting.terminal, cause);
    }),
  );
