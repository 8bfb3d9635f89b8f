// D10: what somebody with the rights of the owner does to a log of actions, and which of it is found and named.

import { quantile, spread } from '../measure.ts';
import type { Claim, Duel, Report, Row, Stand } from './duel.ts';
import { ATTACK_NAMES, ATTACKS, type Attack, type Log } from './log.ts';
import { gitLog } from './logGit.ts';
import { linesLog } from './logLines.ts';
import { ourLog } from './logOurs.ts';
import { fromApt, versionOf } from './peers/peer.ts';

const GIT = fromApt('git', 'git', '/usr/bin/git');

const RECORDS = 100_000;
const RECORDS_SHORT = 3_000;
const TRIALS = 3;
const VERIFIES = 5;
const APPENDS = 2_000;
/** git starts two programs for each record; the 99th percentile of so many is good enough for what takes 10 ms. */
const APPENDS_OF_GIT = 300;
/** A signature comes after so many records: of what lies between two, hashing anew does not show which was the first. */
const SPAN = 1_500;

const VERIFIED_PER_SECOND = 200_000;
const ADDED_MS = 1;
const PROOF_BYTES = 1_024;

type Score = { readonly trials: number; readonly found: number; readonly named: number };

type Result = {
  readonly log: Log;
  readonly scores: ReadonlyMap<Attack, Score>;
  readonly perSecond: readonly number[];
  readonly addedMs: number;
  readonly proofBytes: number | null;
};

/** Places all over the log, never its first or last hundred. */
const placesOf = (count: number, trials: number): readonly number[] =>
  Array.from({ length: trials }, (_, index) => Math.floor(100 + ((index + 0.5) / trials) * (count - 200)));

const isNamed = (attack: Attack, badSeq: number | null, expected: number): boolean => {
  if (badSeq === null) return false;
  return attack === 'hashed anew' ? badSeq >= expected && badSeq <= expected + SPAN : badSeq === expected;
};

const attackAll = (log: Log, attack: Attack, places: readonly number[]): Score => {
  let [found, named] = [0, 0];
  for (const at of places) {
    const expected = log.attack(attack, at);
    const { isIntact, badSeq } = log.verify();
    if (!isIntact) found += 1;
    if (!isIntact && isNamed(attack, badSeq, expected)) named += 1;
  }
  return { trials: places.length, found, named };
};

const fight = (stand: Stand, log: Log, isGit: boolean): Result => {
  const count = stand.isShort ? RECORDS_SHORT : RECORDS;
  stand.say(`${log.contender}: ${count} records`);
  log.write(count);
  const perSecond = Array.from({ length: stand.isShort ? 1 : VERIFIES }, () => {
    const began = performance.now();
    if (!log.verify().isIntact) throw new Error(`${log.contender}: its own log does not hold before any attack`);
    return (count * 1_000) / (performance.now() - began);
  });
  const proofBytes = log.proofBytes;
  const appends = stand.isShort ? 50 : isGit ? APPENDS_OF_GIT : APPENDS;
  const addedMs = log.addedP99Ms(appends);
  const places = placesOf(count, stand.isShort ? 1 : TRIALS);
  const scores = new Map(ATTACK_NAMES.map((attack) => [attack, attackAll(log, attack, places)]));
  return { log, scores, perSecond, addedMs, proofBytes };
};

const sayScore = (score: Score | undefined): string => {
  if (score === undefined || score.found === 0) return 'not found';
  return `${score.found}/${score.trials}${score.named === score.trials ? ', named' : ', not named'}`;
};

const rowOf = ({ log, scores, perSecond, addedMs, proofBytes }: Result): Row => ({
  contender: log.contender,
  version: log.version,
  settings: log.settings,
  cells: [
    ...ATTACK_NAMES.map((attack) => sayScore(scores.get(attack))),
    spread(perSecond, '/s'),
    `${addedMs.toFixed(2)} ms`,
    proofBytes === null ? 'none' : `${proofBytes} bytes`,
  ],
});

const claimsOf = ({ scores, proofBytes }: Result): readonly Claim[] => [
  ...ATTACK_NAMES.map((attack) => {
    const score = scores.get(attack);
    const isTrue = score !== undefined && score.found === score.trials && score.named === score.trials;
    return { what: `${ATTACKS[attack]}: found and named each time`, isTrue };
  }),
  { what: `one record is proven in at most ${PROOF_BYTES} bytes`, isTrue: (proofBytes ?? Infinity) <= PROOF_BYTES },
];

const NOTES: readonly string[] = [
  'Attacks are done to copies, at places all over the log; "named" means that the first bad record was given by its number.',
  `Hashed anew, the record that is named is the first signed one behind the change: at most ${SPAN} records further on.`,
  'The second place of ours lies where the attacker does not write; who can write it too, and has the private key, is found ' +
    'only with a copy kept elsewhere. A peer whose newest hash is kept elsewhere would find the last three attacks as well, ' +
    'and could name no record: keeping it is what ours does by itself.',
  'Added per record: for us the 99th percentile of a commit with its record less that of the same commit without, made in turn; for a ' +
    'peer the whole durable append, since nothing else is written.',
];

const run = async (stand: Stand): Promise<Report> => {
  const results = [
    fight(stand, ourLog(stand.room('ours')), false),
    fight(stand, linesLog(stand.room('lines')), false),
    fight(stand, gitLog(stand.room('git'), versionOf(GIT)), true),
  ];
  const [ours] = results;
  if (ours === undefined) throw new Error('nobody fought');
  const claims = claimsOf(ours);
  const isFast = quantile(ours.perSecond, 0.5) >= VERIFIED_PER_SECOND && ours.addedMs <= ADDED_MS;
  return {
    columns: [...ATTACK_NAMES, 'verified', 'added per record, p99', 'proof of one record'],
    rows: results.map(rowOf),
    claims,
    verdict: isFast && claims.every(({ isTrue }) => isTrue) ? 'reached' : 'missed',
    notes: NOTES,
  };
};

export const d10: Duel = {
  name: 'd10',
  title: 'Evidence: seven ways to falsify a log of actions',
  goal: `all found and the first bad record named, ≥ ${VERIFIED_PER_SECOND.toLocaleString('en')} records/s verified, ≤ ${ADDED_MS} ms p99 added per action, a proof of one record ≤ 1 KB`,
  peers: [GIT],
  run,
};
