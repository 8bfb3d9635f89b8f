// Load: many targets in one program; processor time, memory, and how long one judgement takes.
//
// Each runs in a process of its own (`main.ts --load targets,seconds`), so that its memory is its own.

import { bytesOf, openTarget, type TargetJudge } from '#judge/budget/judge.ts';
import { durationMs, instant } from '#kernel/time.ts';
import { makeChance, makeTarget, START } from './traffic.ts';

export type Loaded = {
  readonly targets: number;
  readonly bytesEach: number;
  /** Growth of the program over what it was before the first target. */
  readonly memoryMb: number;
  /** Of that, what is still in use after a collection. */
  readonly liveMb: number;
  /** Processor time of one verdict of each target. */
  readonly roundMs: number;
  /** Processor time of one sample, taken and weighed, in µs, in the mean. */
  readonly sampleUs: number;
  /** Of single samples, by the wall: half, and 99 of 100, were judged within, in µs. */
  readonly halfUs: number;
  readonly mostUs: number;
  /** Processor time for each second of samples, one a second and target, verdicts every 30 s included: 1 is a core. */
  readonly cores: number;
};

const cpuUs = (): number => {
  const used = process.cpuUsage();
  return used.user + used.system;
};

/** Heap and buffers after a collection; without `--expose-gc` before it. */
const liveMb = (): number => {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 2 ** 20;
};

const rssMb = (): number => process.memoryUsage.rss() / 2 ** 20;

const EVALUATE_EVERY = 30;
/** One sample in so many is timed by itself: the clock costs as much as a sample. */
const TIMED = 97;

export const load = (targets: number, seconds: number): Loaded => {
  const [before, liveBefore] = [rssMb(), liveMb()];
  const chance = makeChance(1);
  const terms = { target: makeTarget(99.9), everyMs: durationMs(1_000) };
  const judges: TargetJudge[] = [];
  for (let index = 0; index < targets; index += 1) judges.push(openTarget(terms, instant(START)));
  const live = liveMb() - liveBefore;
  const timed: number[] = [];
  let [samplesUs, verdictsUs, rounds] = [0, 0, 0];
  for (let second = 1; second <= seconds; second += 1) {
    const at = instant(START + second * 1_000);
    let mark = cpuUs();
    for (let index = 0; index < targets; index += 1) {
      const bad = Number(chance() < 0.001);
      const began = index % TIMED === 0 ? performance.now() : 0;
      judges[index]?.take({ at, good: 1 - bad, bad, share: 'own', isExtra: false }, at);
      if (began > 0) timed.push(1_000 * (performance.now() - began));
    }
    samplesUs += cpuUs() - mark;
    if (second % EVALUATE_EVERY !== 0) continue;
    mark = cpuUs();
    for (const judge of judges) judge.verdict(at);
    verdictsUs += cpuUs() - mark;
    rounds += 1;
  }
  const memoryMb = rssMb() - before;
  const inOrder = timed.toSorted((a, b) => a - b);
  return {
    targets,
    bytesEach: bytesOf(terms.target, terms.everyMs),
    memoryMb,
    liveMb: live,
    roundMs: verdictsUs / rounds / 1_000,
    sampleUs: samplesUs / (targets * seconds),
    halfUs: inOrder[Math.floor(inOrder.length * 0.5)] ?? Number.NaN,
    mostUs: inOrder[Math.floor(inOrder.length * 0.99)] ?? Number.NaN,
    cores: (samplesUs + verdictsUs) / 1e6 / seconds,
  };
};
