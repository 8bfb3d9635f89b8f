// Benchmark: probes on new connections, each as a ratio to the bare thing in the same run.
//
//   http   the HTTP prober (status, text in the body, JSON at a path)   against   node:http GET, agent: false, body read
//   tcp    the TCP prober                                               against   node:net connect and destroy
//
// node bench/probes.ts [probes]   Probes per second of this process's CPU time, which the load of a shared machine moves
// least; medians of five rounds, all sides in turn. The server is another process. Each run goes to an address of its own
// in 127.0.0.0/8: one pair of addresses has only 28,000 ports, and what has been closed holds its port for a minute.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { makeClock } from '#adapters/clock/clock.ts';
import { makeHttpProber } from '#adapters/http/prober.ts';
import { makeTcpProber } from '#adapters/tcp/prober.ts';
import type { Check } from '#kernel/check.ts';
import { checkId, serviceId } from '#kernel/id.ts';
import { durationMs, seconds } from '#kernel/time.ts';
import type { Question } from '#ports/sensor.ts';

const PROBES = Number(process.argv[2] ?? 5_000);
const ROUNDS = 5;
/** As many as a watchman with thousands of checks has under way at once. */
const IN_FLIGHT = 64;

const SERVER = `require('http').createServer((_, response) => { response.setHeader('content-type', 'application/json');
  response.end('{"status":"ok","uptime":123.4,"parts":{"database":"ok","queue":"ok"}}'); })
  .listen(0, '0.0.0.0', function () { console.log(this.address().port); })`;

const clock = makeClock();
const http = makeHttpProber(clock);
const tcp = makeTcpProber(clock);

type Task = (host: string, port: number, done: (isWell: boolean) => void) => void;

const checkOf = (probe: Question<'http'> | Question<'tcp'>): Check => ({
  id: checkId(`bench/${probe.kind}`),
  service: serviceId('bench'),
  probe,
  everyMs: seconds(10),
  slowestMs: seconds(10),
  timeoutMs: durationMs(5_000),
  rise: 2,
  fall: 3,
  retries: 0,
});

/** The same question for the whole run, as it is for a check that is asked again and again. */
const remembered = <Value>(make: (host: string, port: number) => Value): ((host: string, port: number) => Value) => {
  const known = new Map<string, Value>();
  return (host, port) => {
    const value = known.get(host) ?? make(host, port);
    known.set(host, value);
    return value;
  };
};

const askHttp = (expect: Question<'http'>['expect']): Task => {
  const questionOf = remembered((host, port): Question<'http'> => ({
    kind: 'http',
    url: `http://${host}:${port}/health`,
    method: 'GET',
    headers: {},
    expect,
  }));
  const check = remembered((host, port) => checkOf(questionOf(host, port)));
  return (host, port, done) =>
    http.probe(check(host, port), questionOf(host, port), (seen) => done(seen.state === 'healthy'));
};

const askTcp = (): Task => {
  const questionOf = remembered((host, port): Question<'tcp'> => ({ kind: 'tcp', host, port }));
  const check = remembered((host, port) => checkOf(questionOf(host, port)));
  return (host, port, done) =>
    tcp.probe(check(host, port), questionOf(host, port), (seen) => done(seen.state === 'healthy'));
};

const TASKS: Readonly<Record<string, Task>> = {
  'node:http GET, agent: false': (host, port, done) => {
    const sent = request({ host, port, path: '/health', agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('end', () => done(response.statusCode === 200 && text.includes('"ok"')));
    });
    sent.on('error', () => done(false));
    sent.end();
  },
  'HTTP prober, status and text': askHttp({ status: [200], contains: '"ok"' }),
  'HTTP prober, and JSON at a path': askHttp({
    status: [200],
    contains: '"ok"',
    json: { '$.parts.database': 'ok' },
  }),
  'node:net connect': (host, port, done) => {
    const socket = connect({ host, port });
    socket.on('error', () => done(false));
    socket.on('connect', () => {
      socket.destroy();
      done(true);
    });
  },
  'TCP prober': askTcp(),
};

const PEER_OF: Readonly<Record<string, string>> = {
  'HTTP prober, status and text': 'node:http GET, agent: false',
  'HTTP prober, and JSON at a path': 'node:http GET, agent: false',
  'TCP prober': 'node:net connect',
};

let runs = 0;

/** A loopback address that no run has used yet. */
const freshHost = (): string => {
  runs += 1;
  return `127.1.${runs >> 8}.${runs & 255}`;
};

type Rate = { readonly perCpuSecond: number; readonly perSecond: number };

const run = async (task: Task, port: number): Promise<Rate> => {
  const host = freshHost();
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  let begun = 0;
  let failed = 0;
  const worker = async (): Promise<void> => {
    while (begun < PROBES) {
      begun += 1;
      const isWell = await new Promise<boolean>((resolve) => task(host, port, resolve));
      if (!isWell) failed += 1;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  const tookSeconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  if (failed > 0) throw new Error(`${failed} of ${PROBES} probes failed: this run measures nothing`);
  return { perCpuSecond: (PROBES / (user + system)) * 1e6, perSecond: PROBES / tookSeconds };
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const server = spawn(process.execPath, ['-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
const [line]: unknown[] = await once(server.stdout, 'data');
const port = Number(String(line));

const rates = new Map<string, Rate[]>(Object.keys(TASKS).map((name) => [name, []]));
for (let round = 0; round <= ROUNDS; round += 1) {
  for (const [name, task] of Object.entries(TASKS)) {
    const rate = await run(task, port);
    if (round > 0) rates.get(name)?.push(rate); // The first round warms both sides up.
  }
}
server.kill('SIGKILL');

const cpuRate = (name: string): number => median((rates.get(name) ?? []).map((rate) => rate.perCpuSecond));
console.log(`${PROBES} probes a run, ${IN_FLIGHT} in flight, ${ROUNDS} rounds; node ${process.version}`);
for (const name of Object.keys(TASKS)) {
  const perSecond = median((rates.get(name) ?? []).map((rate) => rate.perSecond));
  const peer = PEER_OF[name];
  const ratio = peer === undefined ? '' : `   ${(cpuRate(name) / cpuRate(peer)).toFixed(2)} of ${peer}`;
  const figures = `${Math.round(cpuRate(name)).toString().padStart(7)}/CPU-s ${Math.round(perSecond).toString().padStart(7)}/s`;
  console.log(`${name.padEnd(34)}${figures}${ratio}`);
}
