// The soak: a town of 200 services has a bad half hour on one real Sereno. Memory, descriptors and lag must stay flat,
// and in the end everything is well, the chain verifies, and nothing is left behind.
//
//   npm run soak -- [--minutes 30] [--services 200] [--seed 1] [--write] [--json]
//
// The first fifth, and four minutes at least, is warm-up and is not fitted. `--write` puts the curve into docs/images/soak.svg and the table into
// docs/benchmarks.md; `--json` prints one line for a test. Exit code 1 when something grew or broke.

import { execFile, fork } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { TownView } from '#kernel/view.ts';
import { pause, quantile, until } from '../measure.ts';
import { floorsOf, judge, type Verdict } from './fit.ts';
import { makeChance, makeMischief, type Deeds, type Scene } from './mischief.ts';
import { drawCurves } from './picture.ts';
import { descriptorsOf, livingWith, readSample, startSoaked, type Sample, type Soaked } from './soaked.ts';
import { planTown } from './town.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const BIN = join(ROOT, 'bin', 'sereno.js');
const WARM_UP_SHARE = 0.2;
/** The heap of V8 grows to what the load asks of it for about so long, and stays there. */
const WARM_UP_LEAST_S = 240;
const FLOOR_S = 60;
/** A soak shorter than this says nothing about slopes: only descriptors, orphans and the chain are judged. */
const FITTED_MIN = 8;
/** A town at rest opens a few descriptors more or less at any moment: probes, and a timer of the store. */
const DESCRIPTORS_AT_REST = 24;

/** Below the ports that the kernel gives to outgoing connections: a target that closed its port gets it back. */
const FIRST_PORT = 20_000;

/** What could not be mended in the storm is tried again by careful retries: 1, 5, 15 minutes. */
const REST_MOST_MS = 20 * 60_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    services: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const minutes = Number(values.minutes);
const services = Number(values.services);
const say = (line: string): void => (values.json ? undefined : console.log(line));

/** Everything is healthy, and nothing is being done. */
const atRest = async (soaked: Soaked): Promise<true | null> => {
  const town = await soaked.get<TownView>('/api/town');
  return town.services.every((it) => it.health === 'healthy' && it.phase === 'none') || null;
};

type Soak = {
  readonly samples: readonly Sample[];
  readonly deeds: Deeds;
  readonly descriptorsBefore: number;
  readonly descriptorsAfter: number;
  readonly restMs: number;
  readonly exitCode: number | null;
  readonly chain: string;
  readonly orphans: number;
};

const sampleUntil = async (soaked: Soaked, beganMs: number, endMs: number): Promise<readonly Sample[]> => {
  const everyMs = minutes < FITTED_MIN ? 1_000 : 5_000;
  const samples: Sample[] = [];
  let told = 0;
  while (performance.now() < endMs && soaked.isRunning()) {
    await pause(everyMs);
    const read = await readSample(soaked, beganMs, told);
    told = read.told;
    samples.push(read.sample);
    if (samples.length % 12 === 0) say(sayNow(read.sample));
  }
  return samples;
};

const sayNow = (it: Sample): string =>
  `${(it.atS / 60).toFixed(1)} min: ${it.rssMb.toFixed(0)} MB, heap ${it.heapMb.toFixed(0)} MB, ${it.descriptors} descriptors, lag ${it.lagMs.toFixed(0)} ms, ${it.records} records`;

const verify = (folder: string): Promise<string> =>
  new Promise((resolve) => {
    const words = [
      BIN,
      'evidence',
      'verify',
      '--config',
      join(folder, 'sereno.yaml'),
      '--state',
      join(folder, 'state'),
    ];
    execFile(process.execPath, words, (error, out, err) =>
      resolve(error === null ? out.trim() : `BROKEN: ${out}${err}`),
    );
  });

const soak = async (folder: string): Promise<Soak> => {
  const sleepS = 1_000_000 + process.pid;
  const town = planTown({ folder, services, sleepS, firstPort: FIRST_PORT + (process.pid % 40) * 250 });
  const [firstPort = 0] = town.ports;
  const targets = fork(join(import.meta.dirname, 'targets.ts'), [String(firstPort), String(town.ports.length)]);
  await new Promise((resolve) => targets.once('message', resolve));
  for (const file of town.files) writeFileSync(file, 'here');
  writeFileSync(join(folder, 'sereno.yaml'), town.config(0));
  const soaked = await startSoaked(folder);
  try {
    const lived = await live({ soaked, town, targets });
    const exitCode = await soaked.end();
    const left = [...livingWith(`sleep\0${sleepS}\0`), ...livingWith(`sleep ${sleepS}`)];
    return { ...lived, exitCode, chain: await verify(folder), orphans: left.length };
  } finally {
    await soaked.end();
    if (targets.connected) targets.disconnect();
  }
};

/** Calm, mischief, calm again; measured all the while. */
const live = async (
  scene: Pick<Scene, 'soaked' | 'town' | 'targets'>,
): Promise<Omit<Soak, 'exitCode' | 'chain' | 'orphans'>> => {
  const { soaked, town } = scene;
  await until('the town to be well', () => atRest(soaked), 120_000);
  const descriptorsBefore = descriptorsOf(soaked.pid);
  const beganMs = performance.now();
  const endMs = beganMs + minutes * 60_000;
  const deeds: Deeds = {};
  const isOver = (): boolean => performance.now() > endMs || !soaked.isRunning();
  const mischief = makeMischief({ ...scene, chance: makeChance(Number(values.seed)), deeds, isOver });
  const samples = await sampleUntil(soaked, beganMs, endMs);
  await mischief;
  writeFileSync(join(soaked.folder, 'sereno.yaml'), town.config(0));
  process.kill(soaked.pid, 'SIGHUP');
  await until('the town to be well again', () => atRest(soaked), REST_MOST_MS);
  const restMs = performance.now() - endMs;
  const descriptorsAfter = await until('descriptors to be let go', () => {
    const open = descriptorsOf(soaked.pid);
    return open <= descriptorsBefore + DESCRIPTORS_AT_REST ? open : null;
  }).catch(() => descriptorsOf(soaked.pid));
  return { samples, deeds, descriptorsBefore, descriptorsAfter, restMs };
};

type Figure = {
  readonly name: string;
  readonly unit: string;
  readonly least: number;
  readonly isFloor: boolean;
  readonly of: (it: Sample) => number;
};

/** Each with what is no growth at all: pages of the allocator, a probe more, a pause of the collector. */
const FIGURES: readonly Figure[] = [
  { name: 'resident memory', unit: 'MB', least: 8, isFloor: false, of: (it) => it.rssMb },
  { name: 'heap, floor of each minute', unit: 'MB', least: 4, isFloor: true, of: (it) => it.heapMb },
  { name: 'descriptors', unit: 'open', least: 8, isFloor: false, of: (it) => it.descriptors },
  { name: 'lag of the event loop', unit: 'ms', least: 10, isFloor: false, of: (it) => it.lagMs },
];

const fitted = (samples: readonly Sample[], figure: Figure): Verdict => {
  const warmS = minutes < FITTED_MIN ? 0 : Math.max(WARM_UP_LEAST_S, minutes * 60 * WARM_UP_SHARE);
  const late = samples.filter((it) => it.atS >= warmS);
  const points = late.map((it) => ({ atS: it.atS, value: figure.of(it) }));
  return judge(figure.isFloor ? floorsOf(points, FLOOR_S) : points, figure.least);
};

const row = (figure: Figure, it: Verdict): string =>
  `| ${figure.name}, ${figure.unit} | ${it.median.toFixed(1)} | ${it.most.toFixed(1)} | ${it.perHour >= 0 ? '+' : ''}${it.perHour.toFixed(1)} | ${it.isFlat ? 'flat' : '**grows**'} |`;

const report = (it: Soak): readonly string[] => {
  const last = it.samples.at(-1);
  const first = it.samples[0];
  const spanS = (last?.atS ?? 0) - (first?.atS ?? 0);
  const cores = ((last?.cpuMs ?? 0) - (first?.cpuMs ?? 0)) / 1_000 / Math.max(1, spanS);
  const bytes = ((last?.storeMb ?? 0) * 1_048_576) / Math.max(1, last?.records ?? 1);
  const deeds = Object.entries(it.deeds).map(([name, count]) => `${name} ${count}`);
  return [
    `${services} services, ${minutes} minutes, seed ${values.seed}. What was done: ${deeds.join(', ')}.`,
    '',
    '| after warm-up | median | most | slope an hour | |',
    '|---|---|---|---|---|',
    ...FIGURES.map((figure) => row(figure, fitted(it.samples, figure))),
    '',
    `${last?.records ?? 0} records of evidence (${(((last?.records ?? 0) - (first?.records ?? 0)) / spanS).toFixed(1)} a second), the store takes ${(last?.storeMb ?? 0).toFixed(1)} MB (${bytes.toFixed(0)} bytes a record); ${(cores * 100).toFixed(0)} % of a core.`,
    `Lag of the event loop, worst of each second: p50 ${quantile(
      it.samples.map((one) => one.lagMs),
      0.5,
    ).toFixed(0)} ms, p99 ${quantile(
      it.samples.map((one) => one.lagMs),
      0.99,
    ).toFixed(0)} ms.`,
    `Everything was well again within ${(it.restMs / 1_000).toFixed(0)} s of the last strike; descriptors ${it.descriptorsBefore} before, ${it.descriptorsAfter} after; ${it.orphans} orphans; exit code ${it.exitCode}; ${it.chain}`,
  ];
};

const faultsOf = (it: Soak): readonly string[] => [
  ...(it.orphans > 0 ? [`${it.orphans} processes were left behind`] : []),
  ...(it.exitCode === 0 ? [] : [`Sereno ended with ${it.exitCode}`]),
  ...(it.chain.startsWith('BROKEN') ? [it.chain] : []),
  ...(it.descriptorsAfter > it.descriptorsBefore + DESCRIPTORS_AT_REST
    ? [`descriptors grew from ${it.descriptorsBefore} to ${it.descriptorsAfter}`]
    : []),
  ...(minutes < FITTED_MIN
    ? []
    : FIGURES.filter((figure) => !fitted(it.samples, figure).isFlat).map((figure) => `${figure.name} grows`)),
];

const write = (it: Soak, lines: readonly string[]): void => {
  const curves = [
    ...FIGURES.map(({ name, unit, of }) => ({
      name,
      unit,
      points: it.samples.map((one) => ({ atS: one.atS, value: of(one) })),
    })),
    { name: 'store', unit: 'MB', points: it.samples.map((one) => ({ atS: one.atS, value: one.storeMb })) },
    {
      name: 'records of evidence',
      unit: 'in all',
      points: it.samples.map((one) => ({ atS: one.atS, value: one.records })),
    },
  ];
  writeFileSync(join(ROOT, 'docs', 'images', 'soak.svg'), drawCurves(curves));
  const page = join(ROOT, 'docs', 'benchmarks.md');
  const section = `## Soak\n\n\`npm run soak -- --write\`\n\n![Curves of the soak](images/soak.svg)\n\n${lines.join('\n')}\n`;
  const text = readFileSync(page, 'utf8');
  const old = /## Soak\n[\s\S]*?(?=\n## |$)/;
  writeFileSync(page, old.test(text) ? text.replace(old, () => section) : `${text.trimEnd()}\n\n${section}`);
};

const folder = mkdtempSync(join(tmpdir(), 'sereno-soak-'));
const done = await soak(folder);
const lines = report(done);
for (const line of lines) say(line);
const faults = faultsOf(done);
if (values.write) write(done, lines);
if (values.json) {
  const { samples, ...rest } = done;
  console.log(JSON.stringify({ ...rest, sampleCount: samples.length, faults }));
}
for (const fault of faults) say(`FAULT: ${fault}`);
if (faults.length === 0) rmSync(folder, { recursive: true, force: true });
else say(`kept: ${folder}`);
process.exitCode = faults.length === 0 ? 0 : 1;
