// The scoreboard: runs duels one after another, prints their tables, and with --write puts them into docs/benchmarks.md.
//
//   npm run duel -- d1 d3        these two         npm run duel -- all          all of them
//   npm run duel -- --list       their names       npm run duel -- all --short  few rounds, for CI
//
//   --write   writes each duel's own section of docs/benchmarks.md; never together with --short
//   --json    prints the reports as one JSON text on standard output instead of tables
//
// It ends with 1 when a duel could not run or a claim of it is not true. A missed goal is no failure: it is a number,
// and it is published like the others. Build first: the binary in dist/ is what is measured.

import { parseArgs } from 'node:util';
import type { Duel, Report } from './duel.ts';
import { DUELS } from './duels.ts';
import { machine, section, writeSection } from './page.ts';
import { install } from './peers/peer.ts';
import { onStand } from './stand.ts';

type Options = { readonly isShort: boolean; readonly isWriting: boolean; readonly isJson: boolean };
type Fought = {
  readonly name: string;
  readonly peers: readonly string[];
  readonly report: Report | null;
  readonly problem: string | null;
};

const fight = async (duel: Duel, options: Options): Promise<Fought> => {
  // The short form is fought against peers that the test machine gets from its distribution.
  const wanted = options.isShort ? duel.peers.filter((peer) => 'apt' in peer.from) : duel.peers;
  const peers = wanted.map((peer) => peer.name);
  const missing = install(wanted);
  if (missing.length > 0) return { name: duel.name, peers, report: null, problem: missing.join('; ') };
  const before = machine();
  try {
    const report = await onStand(duel.name, options.isShort, (stand) => duel.run(stand));
    const text = section(duel, report, `${new Date().toISOString().slice(0, 10)}, ${before}`);
    if (!options.isJson) console.log(`\n${text}`);
    if (options.isWriting) writeSection(duel.name, text);
    return { name: duel.name, peers, report, problem: null };
  } catch (error) {
    return {
      name: duel.name,
      peers,
      report: null,
      problem: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
};

const isGood = ({ report }: Fought): boolean => report?.claims.every((claim) => claim.isTrue) ?? false;

const chosen = (names: readonly string[]): readonly Duel[] => {
  if (names.includes('all')) return DUELS;
  const unknown = names.filter((name) => !DUELS.some((duel) => duel.name === name));
  if (unknown.length > 0) throw new Error(`no duel is called ${unknown.join(', ')}; there are ${known()}, and all`);
  return DUELS.filter((duel) => names.includes(duel.name));
};

const known = (): string => DUELS.map((duel) => duel.name).join(', ');

const main = async (): Promise<number> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      short: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
    },
  });
  if (values.list || positionals.length === 0) {
    for (const duel of DUELS) console.log(`${duel.name.padEnd(8)}${duel.title}`);
    return 0;
  }
  if (values.short && values.write) throw new Error('the numbers of a short run are not worth writing down');
  const options = { isShort: values.short, isWriting: values.write, isJson: values.json };
  const fought: Fought[] = [];
  for (const duel of chosen(positionals)) fought.push(await fight(duel, options));
  if (options.isJson) console.log(JSON.stringify(fought, null, 2));
  for (const it of fought) if (it.problem !== null) console.error(`${it.name} could not run: ${it.problem}`);
  return fought.every(isGood) ? 0 : 1;
};

// Something of a peer may still hold the loop open; what matters is told and cleared by now.
process.exit(await main());
