// Page: docs/museum.md, written from the exhibits and the book of their kills.

import type { Mutant } from './exhibit.ts';
import { scoreOf } from './score.ts';

/** The world that killed a mutant, and the invariant that noticed. */
export type Kill = { readonly mutant: string; readonly seed: number; readonly killer: string };

const HEAD = `# The museum of real bugs

Other people's programs have shown which guards matter. Each row takes one guard out of Sereno, from outside, so that
it behaves as the program did in which the bug was seen; then the simulator runs it through short worlds (three hours of
storm over eight services) until an invariant notices. A kill counts only if one of the named invariants makes it, and
if the untouched watchman survives the very same world with *every* invariant asked.

    npm run sim -- --mutants              the whole museum, at most 200 worlds each: mutant, peer, killer, worlds, time
    npm run sim -- --mutants --write      the same; keeps the killing worlds (src/sim/kills.json) and this page

The unit tests run each mutant in its kept world, with and without its guard. What each invariant claims is in
[simulator.md](simulator.md). A peer's bug may be mended by now; the link says when it was seen. A link proves that it
happened to somebody, not that the peer is a bad program: most are good ones, which is why their bugs are worth keeping.
`;

const OWN_HEAD = `## Guards of our own
Removed and noticed in the same way, but no bug of a peer that we know of: they count to nothing.
`;

const killerOf = (mutant: Mutant, kills: readonly Kill[]): string =>
  kills.find((kill) => kill.mutant === mutant.name)?.killer ?? '**survives**';

/** The whole page. */
export const museumPage = (mutants: readonly Mutant[], kills: readonly Kill[]): string => {
  const results = mutants.map((mutant) => ({
    mutant,
    death: kills.find((kill) => kill.mutant === mutant.name) ?? null,
    control: null,
  }));
  const peers = mutants.flatMap((mutant) => (mutant.peer === null ? [] : [{ mutant, peer: mutant.peer }]));
  const rows = peers.map(
    ({ mutant, peer }, index) =>
      `| ${index + 1} | [${peer.name}](${peer.link}) | ${peer.happened} | ${mutant.missing} | ${killerOf(mutant, kills)} |`,
  );
  const own = mutants.filter((mutant) => mutant.peer === null);
  const ownRows = own.map((mutant) => `| ${mutant.name} | ${mutant.missing} | ${killerOf(mutant, kills)} |`);
  return [
    HEAD,
    `## Score\n${scoreOf(results)}.\n`,
    '## Bugs of peers\n| # | seen in | what happened there | the guard that is taken out here | killed by |\n|---|---|---|---|---|',
    `${rows.join('\n')}\n`,
    `${OWN_HEAD}\n| name | the guard that is taken out | killed by |\n|---|---|---|`,
    `${ownRows.join('\n')}\n`,
  ].join('\n');
};
