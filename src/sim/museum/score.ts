// Score: the museum's result in one line, as it stands in the README.

import type { Mutant } from './exhibit.ts';

type Result = { readonly mutant: Mutant; readonly death: unknown; readonly control: unknown };

/** Example: `65 bugs of peers, 65 killed by a named invariant (100 %); 8 guards of our own, 8 killed`. */
export const scoreOf = (results: readonly Result[]): string => {
  const killed = results.filter(({ death, control }) => death !== null && control === null);
  const peers = results.filter(({ mutant }) => mutant.peer !== null).length;
  const peersKilled = killed.filter(({ mutant }) => mutant.peer !== null).length;
  const percent = peers === 0 ? 0 : Math.floor((100 * peersKilled) / peers);
  return (
    `${peers} bugs of peers, ${peersKilled} killed by a named invariant (${percent} %); ` +
    `${results.length - peers} guards of our own, ${killed.length - peersKilled} killed`
  );
};
