// `sereno evidence show|verify|prove|export`: what was done and why, and the proof that nobody has edited it.

import { existsSync, readFileSync } from 'node:fs';
import { visible } from '#api/visible.ts';
import type { EvidenceRecord } from '#kernel/evidence.ts';
import { EXIT, problem, ProblemError, type ExitCode, type Problem } from '#kernel/problem.ts';
import { sayInstant } from '#kernel/reason.ts';
import { openChain, type Chain, type Query, type Verified } from './chain.ts';
import type { Define, Options, Setting, Work } from './command.ts';
import { deliver } from './document.ts';
import { failWith } from './failing.ts';
import { paint, printJson, table } from './terminal.ts';

/** Records of one page; the API gives no more. */
const PAGE = 1_000;

const withChain = async (setting: Setting, work: (chain: Chain) => Promise<ExitCode>): Promise<ExitCode> => {
  const chain = await openChain(setting);
  try {
    return await work(chain);
  } finally {
    chain.close();
  }
};

const readWhole = (given: unknown, name: string): number => {
  const number = Number(given);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new ProblemError([problem('bad-request', `${name} is not a whole number`, { expected: '0, 1, 2 …' })]);
};

const readNumber = (options: Options, name: string): number | undefined =>
  options[name] === undefined ? undefined : readWhole(options[name], `--${name}`);

const readQuery = (options: Options): Query => {
  const after = readNumber(options, 'after');
  const before = readNumber(options, 'before');
  const limit = Math.min(Math.max(readNumber(options, 'limit') ?? 20, 1), PAGE);
  return {
    limit,
    order: 'newest-first',
    ...(after === undefined ? {} : { after }),
    ...(before === undefined ? {} : { before }),
    ...(typeof options['type'] === 'string' ? { type: options['type'] } : {}),
    ...(typeof options['machine'] === 'string' ? { machine: options['machine'] } : {}),
  };
};

const row = (record: EvidenceRecord): readonly string[] => [
  String(record.seq),
  sayInstant(record.at),
  record.actor.name,
  record.machine,
  record.type,
  record.trigger,
  record.action ?? '',
  record.outcome ?? '',
];

const showRecords: Work = (setting, _words, options) =>
  withChain(setting, async (chain) => {
    const records = await chain.records(readQuery(options));
    const { settings, terminal } = setting;
    if (settings.format === 'json') printJson(terminal, { records });
    else if (records.length === 0) terminal.out('no such evidence');
    else {
      const heads = ['seq', 'at', 'who', 'machine', 'type', 'trigger', 'action', 'outcome'];
      terminal.out(await table(terminal, heads, records.map(row)));
    }
    return EXIT.ok;
  });

const printVerified = (setting: Setting, verified: Verified, what: 'chain' | 'proof' = 'chain'): ExitCode => {
  const { settings, terminal } = setting;
  if (!verified.isIntact) {
    const where = verified.badSeq === null ? '' : ` at record ${verified.badSeq}`;
    return failWith(setting, [problem('evidence-broken', `the ${what} is broken${where}: ${verified.detail}`)], {
      verification: verified,
    });
  }
  if (settings.format === 'json') printJson(terminal, verified);
  else terminal.out(`${paint(terminal, 'green', 'intact')}: ${verified.records} records; ${visible(verified.detail)}`);
  return EXIT.ok;
};

/** The key that was given, else the one of the state directory. */
const readKey = async (setting: Setting, file: unknown): Promise<string | Problem> => {
  const mend = 'give the public key that reached you by another way: --key evidence-public.pem';
  if (typeof file === 'string') {
    return existsSync(file) ? readFileSync(file, 'utf8') : problem('not-found', `there is no file ${file}`);
  }
  const { readPublicKeyOf } = await import('#daemon/offline.ts');
  return readPublicKeyOf(setting.settings.stateDirectory) ?? problem('not-found', 'there is no public key', { mend });
};

const verifyOneProof = async (setting: Setting, file: string, keyFile: unknown): Promise<ExitCode> => {
  if (!existsSync(file)) return failWith(setting, [problem('not-found', `there is no file ${file}`)]);
  const key = await readKey(setting, keyFile);
  if (typeof key !== 'string') return failWith(setting, [key]);
  const { verifyProofFile } = await import('#daemon/offline.ts');
  return printVerified(setting, verifyProofFile(file, key), 'proof');
};

const verify: Work = async (setting, [file], options) => {
  const proof = options['proof'];
  if (typeof proof === 'string') return verifyOneProof(setting, proof, options['key']);
  if (file === undefined) return withChain(setting, async (chain) => printVerified(setting, await chain.verify()));
  if (!existsSync(file)) return failWith(setting, [problem('not-found', `there is no file ${file}`)]);
  const { verifyExportedFile } = await import('#daemon/offline.ts');
  return printVerified(setting, verifyExportedFile(file));
};

/** All records, oldest first, page by page; each page starts after the last record of the one before, so it ends. */
const eachRecord = async (chain: Chain, take: (record: EvidenceRecord) => void): Promise<number> => {
  let last = 0;
  let count = 0;
  let page = await chain.records({ after: 0, order: 'oldest-first', limit: PAGE });
  while (page.length > 0) {
    for (const record of page) take(record);
    count += page.length;
    const newest = page.at(-1)?.seq ?? last;
    if (newest <= last) break;
    last = newest;
    page = page.length < PAGE ? [] : await chain.records({ after: last, order: 'oldest-first', limit: PAGE });
  }
  return count;
};

/** One JSON document, from wherever the chain can be reached. */
const exportDocument = (setting: Setting, line: (text: string) => void): Promise<ExitCode> =>
  withChain(setting, async (chain) => {
    const records: EvidenceRecord[] = [];
    await eachRecord(chain, (record) => records.push(record));
    line(JSON.stringify({ records, checkpoints: await chain.checkpoints() }, null, 2));
    return EXIT.ok;
  });

/** Lines with the public key, which can be verified with nothing else: only the state directory has all of that. */
const exportLines = async (setting: Setting, line: (text: string) => void): Promise<ExitCode> => {
  const { settings } = setting;
  if (settings.url !== null) {
    const mend = 'use --format json, or run it beside the state directory';
    return failWith(setting, [
      problem('bad-request', 'lines that verify themselves cannot be had over --url', { mend }),
    ]);
  }
  const { offlineEvidence } = await import('#daemon/offline.ts');
  const store = offlineEvidence(settings.stateDirectory);
  try {
    for (const each of store.exportLines()) line(each);
    return EXIT.ok;
  } finally {
    store.close();
  }
};

const exportTo = (setting: Setting, line: (text: string) => void): Promise<ExitCode> =>
  setting.settings.format === 'json' ? exportDocument(setting, line) : exportLines(setting, line);

const exportRecords: Work = (setting, _words, options) =>
  deliver(setting, options['output'], (line) => exportTo(setting, line));

/** The record's number is a word of the command line. */
const prove: Work = (setting, [word = ''], options) =>
  withChain(setting, async (chain) => {
    const proven = await chain.prove(readWhole(word, '<seq>'));
    const { linesOfProof } = await import('#daemon/offline.ts');
    return deliver(setting, options['output'], async (line) => {
      if (setting.settings.format === 'json') line(JSON.stringify(proven, null, 2));
      else for (const each of linesOfProof(proven)) line(each);
      return EXIT.ok;
    });
  });

export const defineEvidence: Define = (command, running) => {
  command
    .command('show')
    .description('records, newest first')
    .option('--after <seq>', 'only records after this number')
    .option('--before <seq>', 'only records before this number')
    .option('--type <prefix>', 'only types that begin so, for example action.')
    .option('--machine <machine>', 'only of one machine, for example watch:api')
    .option('--limit <count>', `at most so many, up to ${PAGE} (default: 20)`)
    .action(running(showRecords));
  command
    .command('verify')
    .description('walk the whole chain; exit 1 when it is broken')
    .argument('[file]', 'an exported file, verified with nothing but itself')
    .option('--proof <file>', 'the proof of one record instead, verified with the public key alone')
    .option('--key <file>', 'the public key for --proof (default: the one in the state directory)')
    .action(running(verify));
  command
    .command('prove')
    .description('prove one record: its hash, the path to the signed root, and the record, in a file of two lines')
    .argument('<seq>', 'the number of the record')
    .option('--output <file>', 'write there instead of to standard output')
    .action(running(prove));
  command
    .command('export')
    .description('all records and signed checkpoints, one JSON document a line, with the key to verify them')
    .option('--output <file>', 'write there instead of to standard output')
    .action(running(exportRecords));
};
