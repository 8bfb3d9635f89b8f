// Benchmark: the metrics, against raw node:sqlite that writes the same points row by row, in the same run.
//
//   points    four hours of checks every 10 s: processor time and bytes for each point, all three levels written
//   sample    what one look costs in the hot path, with 10,000 checks, and how long the longest turn was
//   queries   a chart of 48 hours, 30 days, two years
//   release   the day before a release, read back look by look in slices
//
// node bench/metrics.ts [series]   Processor time (user and system), three rounds, both sides in turn, medians.

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openMetrics, type SqliteMetrics } from '#adapters/sqlite/metrics/store.ts';
import { Diary } from '#judge/release/before.ts';
import { checkId, serviceId, type CheckId } from '#kernel/id.ts';
import { seriesKey } from '#kernel/series.ts';
import { hours, instant, later, minutes, seconds, type Instant } from '#kernel/time.ts';
import { slicesOf } from '#loop/chart.ts';
import { lookBack } from '#loop/lookBack.ts';
import { quantile } from './measure.ts';

const SERIES = Number(process.argv[2] ?? 200);
const ROUNDS = 3;
const EVERY_MS = 10_000;
const START = instant(1_795_219_200_000);
/** Four hours: every row of the detail is written some times over, and the minutes and hours with it. */
const LOOKS = 1_440;
const DAY_MS = 86_400_000;

const cpuMs = (work: () => void): number => {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
};

/** Of five: the first one warms up. */
const medianMs = (work: () => void): number =>
  quantile(
    Array.from({ length: 5 }, () => cpuMs(work)),
    0.5,
  );

const inNewDirectory = <T>(work: (directory: string) => T): T => {
  const directory = mkdtempSync(join(tmpdir(), 'sereno-metrics-bench-'));
  try {
    return work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
};

/** A beat with a few milliseconds of lateness, and a latency that is mostly ordinary: from one seed. */
const makeChance = (): (() => number) => {
  let state = 42;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};
const latencyMs = (chance: () => number): number => (chance() < 0.02 ? 200 * chance() : 8 + 12 * chance());

type Open = { readonly store: SqliteMetrics; readonly clock: { now: Instant } };

const open = (directory: string, now: Instant): Open => {
  const clock = { now };
  const onNotice = (line: string): void => console.log(line);
  const read = { now: () => clock.now };
  return { store: openMetrics({ directory, clock: read, stopwatch: () => performance.now(), onNotice }), clock };
};

const checksOf = (count: number): readonly CheckId[] =>
  Array.from({ length: count }, (_, index) => checkId(`service-${index}/http`));

/** All turns that are due now; how long each took. */
const turns = (store: SqliteMetrics, took: number[]): void => {
  for (let pauseMs = 0; pauseMs < 1_000;) {
    took.push(
      cpuMs(() => {
        pauseMs = store.turn();
      }),
    );
  }
};

const writeOurs = (directory: string, checks: readonly CheckId[], looks: number): readonly [number, number] => {
  const { store, clock } = open(directory, START);
  const chance = makeChance();
  const took: number[] = [];
  const spentMs = cpuMs(() => {
    for (let look = 0; look < looks; look += 1) {
      const beat = later(START, look * EVERY_MS);
      for (const check of checks) store.sample(check, later(beat, chance() * 4), 'healthy', latencyMs(chance));
      clock.now = later(beat, 5_000);
      turns(store, took);
      clock.now = later(beat, EVERY_MS);
      turns(store, took);
    }
    store.settle();
  });
  store.close();
  return [spentMs, statSync(join(directory, 'metrics.db')).size];
};

/** The peer: one row a point, in the table that answers the same query fastest, a transaction every five seconds. */
const writeRaw = (directory: string, count: number, looks: number): readonly [number, number] => {
  const path = join(directory, 'raw.db');
  const db = new DatabaseSync(path);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  db.exec(`CREATE TABLE points (series INTEGER, at INTEGER, state INTEGER, latency REAL, PRIMARY KEY (series, at))
    STRICT, WITHOUT ROWID`);
  const insert = db.prepare('INSERT OR REPLACE INTO points VALUES (?, ?, ?, ?)');
  const chance = makeChance();
  const spentMs = cpuMs(() => {
    for (let look = 0; look < looks; look += 1) {
      db.exec('BEGIN');
      for (let series = 0; series < count; series += 1) {
        insert.run(series, Math.round(START + look * EVERY_MS + chance() * 4), 1, latencyMs(chance));
      }
      db.exec('COMMIT');
    }
  });
  db.close();
  return [spentMs, statSync(path).size];
};

const say = (value: number, digits = 0): string =>
  value.toLocaleString('en-US', { maximumFractionDigits: digits, minimumFractionDigits: digits }).padStart(11);

const benchPoints = (): void => {
  const points = SERIES * LOOKS;
  const [ours, raw, sizes]: [number[], number[], number[][]] = [[], [], [[], []]];
  for (let round = 0; round < ROUNDS; round += 1) {
    const [mine, mySize] = inNewDirectory((directory) => writeOurs(directory, checksOf(SERIES), LOOKS));
    const [peer, peerSize] = inNewDirectory((directory) => writeRaw(directory, SERIES, LOOKS));
    ours.push(mine);
    raw.push(peer);
    sizes[0]?.push(mySize);
    sizes[1]?.push(peerSize);
  }
  const [mine, peer] = [quantile(ours, 0.5), quantile(raw, 0.5)];
  const bytes = sizes.map((it) => quantile(it, 0.5) / points);
  console.log(`${say(points).trim()} points of ${SERIES} checks      ours   row by row   ratio`);
  console.log(
    `  points per CPU-second   ${say((points / mine) * 1_000)}  ${say((points / peer) * 1_000)}    ${(peer / mine).toFixed(2)}`,
  );
  console.log(
    `  bytes of file a point   ${say(bytes[0] ?? NaN, 2)}  ${say(bytes[1] ?? NaN, 2)}    ${((bytes[0] ?? NaN) / (bytes[1] ?? NaN)).toFixed(2)}`,
  );
};

/** Ten thousand checks for one hour, as in a large town. */
const benchTown = (): void => {
  const checks = checksOf(10_000);
  inNewDirectory((directory) => {
    globalThis.gc?.();
    const before = process.memoryUsage.rss();
    const heldBefore = process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    const { store, clock } = open(directory, START);
    store.expect(checks.map((id) => ({ id, everyMs: seconds(10) })));
    const chance = makeChance();
    const took: number[] = [];
    let [sampleMs, turnMs] = [0, 0];
    for (let look = 0; look < 360; look += 1) {
      const beat = later(START, look * EVERY_MS);
      sampleMs += cpuMs(() => {
        for (const check of checks) store.sample(check, later(beat, chance() * 4), 'healthy', latencyMs(chance));
      });
      for (const part of [5_000, 10_000]) {
        clock.now = later(beat, part);
        turnMs += cpuMs(() => turns(store, took));
      }
    }
    globalThis.gc?.();
    const rss = process.memoryUsage.rss() - before;
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    const held = heapUsed + arrayBuffers - heldBefore;
    const looks = 360 * checks.length;
    console.log('10,000 checks every 10 s, one hour');
    console.log(`  a look, hot path        ${say((sampleMs / looks) * 1_000, 2)} CPU-µs   goal 20`);
    console.log(`  packing it later        ${say((turnMs / looks) * 1_000, 2)} CPU-µs`);
    console.log(`  processor, all          ${say((sampleMs + turnMs) / 3_600 / 10, 2)} % of a core`);
    console.log(
      `  turn: p50, p99, longest ${[0.5, 0.99, 1].map((q) => quantile(took, q).toFixed(1)).join(', ')} CPU-ms   goal 10`,
    );
    console.log(
      `  memory a check, held    ${say(held / checks.length)} bytes   resident, all ${say(rss / 1_024 ** 2)} MiB`,
    );
    store.close();
  });
};

const SPANS = [
  ['48 h, steps of 10 s', hours(48), seconds(20)],
  ['48 h, steps of 5 min', hours(48), minutes(5)],
  ['30 d, steps of 4 min', hours(24 * 30), minutes(4)],
  ['30 d, steps of 1 h', hours(24 * 30), hours(1)],
  ['2 y, steps of 1 d', hours(24 * 730), hours(24)],
] as const;

/** Two years of one check a minute, and the last two days every ten seconds. */
const benchQueries = (): void => {
  inNewDirectory((directory) => {
    const { store, clock } = open(directory, START);
    const chance = makeChance();
    const check = checkId('api/http');
    const end = later(START, 730 * DAY_MS);
    for (let at = START, count = 0; at < end; count += 1) {
      at = later(at, end - at > 2 * DAY_MS ? 60_000 : EVERY_MS);
      clock.now = at;
      store.sample(check, at, 'healthy', latencyMs(chance));
      if (count % 40 === 0) turns(store, []);
    }
    store.settle();
    const key = seriesKey('sereno_check_duration_milliseconds', { check });
    console.log('one chart of one check, with its histograms       steps   median ms   longest slice ms');
    for (const [name, lengthMs, stepMs] of SPANS) {
      const took: number[] = [];
      let steps = 0;
      for (let round = 0; round < 9; round += 1) {
        took.push(
          cpuMs(() => {
            const range = store.range(key, { from: later(end, -lengthMs), to: end }, stepMs);
            steps = range.steps.length;
            for (const step of range.steps) step.histogram.quantile(0.99);
          }),
        );
      }
      const span = { from: later(end, -lengthMs), to: end };
      const longest = Math.max(
        ...slicesOf(span, stepMs).map((slice) => medianMs(() => store.range(key, slice, stepMs))),
      );
      const [whole, slice] = [quantile(took, 0.5).toFixed(1), longest.toFixed(1)];
      console.log(`  ${name.padEnd(44)} ${say(steps)} ${whole.padStart(11)} ${slice.padStart(18)}`);
    }
    store.close();
  });
};

/** How long each turn of the work took. */
function* turnsOf(work: Generator<undefined, void>): Generator<number> {
  for (;;) {
    const before = process.cpuUsage();
    const { done } = work.next();
    const { user, system } = process.cpuUsage(before);
    yield (user + system) / 1_000;
    if (done === true) return;
  }
}

/** What a release asks for when it begins, of one check. */
const benchRelease = (): void => {
  console.log('the day before a release, of one check             looks      all ms   longest slice ms');
  for (const everyMs of [10_000, 500, 100]) {
    inNewDirectory((directory) => {
      const { store, clock } = open(directory, START);
      const chance = makeChance();
      const [service, check] = [serviceId('api'), checkId('api/http')];
      const end = later(START, DAY_MS);
      let looks = 0;
      for (let at = START; at < end; at = later(at, everyMs), looks += 1) {
        clock.now = at;
        store.sample(check, at, 'healthy', latencyMs(chance));
        if (looks % 40 === 0) turns(store, []);
      }
      store.settle();
      const readBack = (): readonly number[] => {
        const diary = new Diary();
        const work = lookBack(store, { service, check }, { from: START, to: end }, (at, look) => diary.note(at, look));
        return [...turnsOf(work)];
      };
      const rounds = Array.from({ length: 7 }, readBack).slice(1);
      const whole = quantile(
        rounds.map((took) => took.reduce((sum, each) => sum + each, 0)),
        0.5,
      );
      const longest = quantile(
        rounds.map((took) => Math.max(...took)),
        0.5,
      );
      console.log(
        `  a look every ${String(everyMs).padEnd(6)} ms ${say(looks).padStart(32)} ${whole.toFixed(1).padStart(11)} ${longest.toFixed(1).padStart(18)}`,
      );
      store.close();
    });
  }
};

console.log(`node ${process.version}, SQLite ${process.versions.sqlite}`);
benchPoints();
benchTown();
benchQueries();
benchRelease();
