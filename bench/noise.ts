// Benchmark: raw alert events a second through the ledger of noise, and through the real Alertmanager in the same run.
//
//   ours     Ledger.take of each event, in virtual time, with grouping, inhibition, a silence, and every fate kept
//   theirs   prometheus-alertmanager over its API v2, in batches, until it has taken all of them (its own counter)
//
// node bench/noise.ts [events] [--write]   Processor time of each side (user + system), medians of five rounds, in turn.
// The comparison is not of two equals: Alertmanager reads JSON over HTTP and notifies by the clock; ours is called.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ledger, type LedgerRules } from '#judge/noise/ledger.ts';
import type { AlertEvent } from '#judge/noise/alert.ts';
import { hours, instant, later, minutes, seconds } from '#kernel/time.ts';
import { freePort, quantile, until } from './measure.ts';

const EVENTS = Number(process.argv.find((word) => /^\d+$/.test(word)) ?? 200_000);
const ROUNDS = 5;
/** Prometheus sends at most 64 at once unless told otherwise; more is kinder to Alertmanager. */
const BATCH = 256;
const SERVICES = 1_000;
const START = instant(1_800_000_000_000);
const GOAL_PER_SECOND = 20_000;

const RULES: LedgerRules = {
  groupBy: ['service'],
  groupWaitMs: seconds(30),
  groupIntervalMs: minutes(5),
  repeatIntervalMs: hours(4),
  resolveTimeoutMs: minutes(5),
  inhibit: [
    {
      source: [{ label: 'severity', operator: '=', value: 'critical' }],
      target: [{ label: 'severity', operator: '=', value: 'warning' }],
      equal: ['service'],
    },
  ],
  needsOf: null,
  isDamped: false,
  startedAt: START,
};

const CONFIG = `
route: { receiver: nobody, group_by: [service], group_wait: 30s, group_interval: 5m, repeat_interval: 4h }
inhibit_rules:
  - { source_matchers: [severity="critical"], target_matchers: [severity="warning"], equal: [service] }
receivers: [ { name: nobody } ]
`;

const labelsOf = (index: number): Record<string, string> => ({
  alertname: `rule-${index % 7}`,
  service: `service-${index % SERVICES}`,
  instance: `host-${index % 50}`,
  severity: index % 3 === 0 ? 'critical' : 'warning',
  target: 'availability',
});

/** Each alert fires, is said again, and ends; a fifth of the events are ends. */
const eventOf = (index: number): AlertEvent => {
  const at = later(START, index);
  return { labels: labelsOf(index), startsAt: at, endsAt: index % 5 === 4 ? at : later(at, hours(1)) };
};

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/** Clock ticks of a process, user and system, in milliseconds: fields 14 and 15 of /proc/<pid>/stat. */
const cpuMsOf = (pid: number): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
};

type Round = { readonly perCpuSecond: number; readonly perSecond: number };

const rate = (cpu: number, wallMs: number): Round => ({
  perCpuSecond: (EVENTS * 1_000) / cpu,
  perSecond: (EVENTS * 1_000) / wallMs,
});

const ours = (): Round => {
  const events = Array.from({ length: EVENTS }, (_, index) => eventOf(index));
  const ledger = new Ledger(RULES);
  const matchers = [{ label: 'service', operator: '=~' as const, value: 'service-1.*' }];
  const quiet = { id: 'S-1', matchers, startsAt: START, endsAt: later(START, hours(1)), by: 'ana', why: 'bench' };
  ledger.setSilences([quiet]);
  const [cpu, wall] = [cpuMs(), performance.now()];
  events.forEach((event, index) => ledger.take(event, later(START, index)));
  ledger.advance(later(START, EVENTS + hours(1)));
  const round = rate(cpuMs() - cpu, performance.now() - wall);
  const lost = events.filter(
    (_, index) => !['notified', 'grouped', 'silenced', 'inhibited'].includes(ledger.fateOf(index)?.kind ?? ''),
  );
  if (lost.length > 0) throw new Error(`${lost.length} events without a fate`);
  return round;
};

type Peer = { readonly url: string; readonly pid: () => number; readonly stop: () => Promise<void> };

const startAlertmanager = async (): Promise<Peer> => {
  const folder = mkdtempSync(join(tmpdir(), 'sereno-bench-noise-'));
  const url = `http://127.0.0.1:${await freePort()}`;
  writeFileSync(join(folder, 'alertmanager.yml'), CONFIG);
  const child = spawn(
    'prometheus-alertmanager',
    [
      `--config.file=${join(folder, 'alertmanager.yml')}`,
      `--storage.path=${folder}`,
      `--web.listen-address=${url.slice('http://'.length)}`,
      '--cluster.listen-address=',
    ],
    { stdio: 'ignore' },
  );
  await until('Alertmanager to be ready', async () => ((await fetch(`${url}/-/ready`)).ok ? true : null));
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      child.once('exit', () => {
        rmSync(folder, { recursive: true, force: true });
        resolve();
      });
      child.kill('SIGTERM');
    });
  return { url, pid: () => child.pid ?? 0, stop };
};

const postTo = async (peer: Peer, path: string, body: unknown): Promise<void> => {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${peer.url}/api/v2/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`Alertmanager answered ${answer.status}: ${await answer.text()}`);
};

const receivedBy = async (url: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return [...text.matchAll(/^alertmanager_alerts_received_total\{[^}]*version="v2"[^}]*\} (\S+)/gm)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  );
};

const theirs = async (): Promise<Round> => {
  const stand = await startAlertmanager();
  const now = Date.now();
  const bodies = Array.from({ length: Math.ceil(EVENTS / BATCH) }, (_, batch) =>
    Array.from({ length: Math.min(BATCH, EVENTS - batch * BATCH) }, (_unused, place) => {
      const index = batch * BATCH + place;
      const endsAt = index % 5 === 4 ? now + index / 1_000 : now + 3_600_000;
      return { labels: labelsOf(index), startsAt: new Date(now).toISOString(), endsAt: new Date(endsAt).toISOString() };
    }),
  );
  const [cpu, wall] = [cpuMsOf(stand.pid()), performance.now()];
  for (const body of bodies) await postTo(stand, 'alerts', body);
  await until('Alertmanager to have taken all', async () => ((await receivedBy(stand.url)) >= EVENTS ? true : null));
  const round = rate(cpuMsOf(stand.pid()) - cpu, performance.now() - wall);
  await stand.stop();
  return round;
};

const middle = (rounds: readonly Round[], field: keyof Round): number =>
  quantile(
    rounds.map((it) => it[field]),
    0.5,
  );
const say = (value: number): string => Math.round(value).toLocaleString('en-US');

const rounds: { readonly ours: Round[]; readonly theirs: Round[] } = { ours: [], theirs: [] };
for (let round = 0; round < ROUNDS; round += 1) {
  rounds.ours.push(ours());
  rounds.theirs.push(await theirs());
}
const [own, peer] = [middle(rounds.ours, 'perCpuSecond'), middle(rounds.theirs, 'perCpuSecond')];
const lines = [
  `| | events per second of processor time | events per second |`,
  `|---|---|---|`,
  `| the ledger of noise, every fate kept | ${say(own)} | ${say(middle(rounds.ours, 'perSecond'))} |`,
  `| Alertmanager 0.25, over its API v2 | ${say(peer)} | ${say(middle(rounds.theirs, 'perSecond'))} |`,
  '',
  `${say(EVENTS)} events about ${say(SERVICES)} services, medians of ${ROUNDS} rounds; ${(own / peer).toFixed(1)} times the peer. Goal: ${say(GOAL_PER_SECOND)} a second of processor time: ${own >= GOAL_PER_SECOND ? 'met' : 'missed'}.`,
  'The peer reads JSON over HTTP, ours is called; what both do is dedup, group, inhibit and keep. `node bench/noise.ts --write` writes this.',
];
console.log(lines.join('\n'));
if (process.argv.includes('--write')) {
  const page = join(import.meta.dirname, '..', 'docs', 'benchmarks.md');
  const text = readFileSync(page, 'utf8');
  const [begin, end] = ['<!-- noise -->', '<!-- /noise -->'];
  const section = `${begin}\n\n${lines.join('\n')}\n\n${end}`;
  const from = text.indexOf(begin);
  if (from < 0) throw new Error(`${page} has no section ${begin}`);
  writeFileSync(page, `${text.slice(0, from)}${section}${text.slice(text.indexOf(end) + end.length)}`);
}
process.exit(0);
