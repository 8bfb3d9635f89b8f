// `sereno reality`: what is declared beside what is measured. Exit code 3 when something differs.

import { EXIT } from '#kernel/problem.ts';
import type { Claim } from '#kernel/standing.ts';
import { sayDuration, type Instant } from '#kernel/time.ts';
import type { Define, Work } from './command.ts';
import { show, withClient } from './connection.ts';
import { table } from './terminal.ts';

const ageOf = ({ since }: Claim, at: Instant): string =>
  since === null ? '' : `for ${sayDuration(Math.max(0, at - since))}`;

const rowOf = (claim: Claim, at: Instant): readonly string[] => [
  claim.service ?? 'site',
  claim.name === '' ? claim.kind : `${claim.kind} ${claim.name}`,
  claim.declared,
  claim.measured ?? '',
  claim.state,
  [ageOf(claim, at), claim.why].filter((word) => word !== '').join(': '),
];

const reality: Work = (setting, _words, options) =>
  withClient(setting, async (client) => {
    const outcome = await client.read('reality');
    const exit = await show(setting, outcome, async ({ at, claims }) => {
      const shown = options['gaps'] === true ? claims.filter((claim) => claim.state !== 'agrees') : claims;
      if (shown.length === 0) return setting.terminal.out('all that is declared is as it was measured');
      const heads = ['service', 'claim', 'declared', 'measured', 'state', 'why'];
      const rows = shown.map((claim) => rowOf(claim, at));
      setting.terminal.out(await table(setting.terminal, heads, rows));
    });
    const isOff = outcome.kind === 'ok' && outcome.value.claims.some((claim) => claim.state === 'differs');
    return exit === EXIT.ok && isOff ? EXIT.unhealthy : exit;
  });

export const defineReality: Define = (command, running) => {
  command.option('--gaps', 'only what differs or is not known').action(running(reality));
};
