// The conformance suite of probers: what every one of them must keep, whatever it asks and however the far side behaves.
//
// `proberContract` holds for all kinds; `peerContract` adds what a server can do to those that cross a network. All runs
// on real sockets and the real clock; what is waited for is an event, and the deadlines are those of the probes.

import assert from 'node:assert/strict';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import test from 'node:test';
import { longestProbeMs, type Check, type Probe, type ProbeKind } from '#kernel/check.ts';
import { checkId, serviceId } from '#kernel/id.ts';
import type { Observation } from '#kernel/observation.ts';
import { durationMs, instant, seconds } from '#kernel/time.ts';
import type { Clock } from './clock.ts';
import type { Prober, Question } from './sensor.ts';

/** The wall clock, as far as probers need one. */
export const realClock: Clock = {
  now: () => instant(Date.now()),
  at: (when, task) => {
    const timer = setTimeout(task, Math.max(0, when - Date.now()));
    return () => clearTimeout(timer);
  },
  chance: () => 0.5,
};

export type Wish = {
  readonly timeoutMs?: number;
  readonly retries?: number;
  readonly slowMs?: number;
  readonly cannotRun?: string;
};

const checkOf = (probe: Probe, wish: Wish = {}): Check => ({
  id: checkId(`subject/${probe.kind}`),
  service: serviceId('subject'),
  probe,
  everyMs: seconds(1),
  slowestMs: seconds(1),
  timeoutMs: durationMs(wish.timeoutMs ?? 2_000),
  rise: 1,
  fall: 1,
  retries: wish.retries ?? 0,
  ...(wish.slowMs === undefined ? {} : { slowMs: durationMs(wish.slowMs) }),
  ...(wish.cannotRun === undefined ? {} : { cannotRun: wish.cannotRun }),
});

/** Event loops of a shared machine are late at times; a deadline that is not held at all is late by whole timeouts. */
const LATE_MS = 400;

/** Asks once and proves the rules that always hold: one report, not inside the call, in time, with a sentence. */
export const look = async <Kind extends ProbeKind>(
  prober: Prober<Kind>,
  question: Question<Kind>,
  wish: Wish = {},
): Promise<Observation> => {
  const check = checkOf(question, wish);
  const reports: Observation[] = [];
  const startedAt = Date.now();
  const seen = await new Promise<Observation>((resolve) => {
    prober.probe(check, question, (observation) => {
      reports.push(observation);
      resolve(observation);
    });
    assert.equal(reports.length, 0, 'reported inside the call');
  });
  const tookMs = Date.now() - startedAt;
  assert.ok(
    tookMs <= longestProbeMs(check) + LATE_MS,
    `reported after ${tookMs} ms, the deadline was ${longestProbeMs(check)} ms`,
  );
  await new Promise((resolve) => setTimeout(resolve, 20)); // Room for a second report to show itself.
  assert.equal(reports.length, 1, 'reported more than once');
  assert.equal(seen.check, check.id);
  assert.match(seen.message, /^[^\n]+[^.\n]$/, 'one sentence without the full stop');
  assert.equal(seen.state === 'healthy', seen.symptom === 'none');
  assert.equal(seen.state === 'unknown', seen.symptom === 'cannot-run');
  assert.equal(seen.state === 'degraded', seen.symptom === 'slow');
  return seen;
};

/** `expected` is "state symptom"; the message must match. */
export const expectSeen = (seen: Observation, expected: string, message: RegExp = /./): void => {
  assert.equal(`${seen.state} ${seen.symptom}`, expected, seen.message);
  assert.match(seen.message, message);
};

export type Subject<Kind extends ProbeKind> = {
  readonly make: (clock: Clock) => Prober<Kind>;
  /** A question that is answered as it should be, here and now. */
  readonly well: Question<Kind>;
  /** A question that gets no answer in 200 ms; null when there is no such thing. */
  readonly hanging: Question<Kind> | null;
};

/** What every prober keeps. `subject` is made inside a test, so that it may start what it needs. */
export const proberContract = <Kind extends ProbeKind>(name: string, prepare: () => Promise<Subject<Kind>>): void => {
  test(`${name}: well is healthy, and slow is degraded`, async () => {
    const { make, well } = await prepare();
    const prober = make(realClock);
    expectSeen(await look(prober, well), 'healthy none');
    expectSeen(await look(prober, well, { slowMs: -1 }), 'degraded slow', /slower than/);
  });

  test(`${name}: what cannot run as configured is unknown, and is not asked`, async () => {
    const { make, well } = await prepare();
    const why = 'environment variable NOT_SET is not set';
    expectSeen(await look(make(realClock), well, { cannotRun: why }), 'unknown cannot-run', new RegExp(`^${why}$`));
  });

  test(`${name}: the deadline is held, and a stall of our own is unknown`, async (t) => {
    const { make, hanging } = await prepare();
    if (hanging === null) return t.skip(`${name}: nothing that it asks can hang`);
    const prober = make(realClock);
    expectSeen(await look(prober, hanging, { timeoutMs: 200 }), 'unhealthy timeout', /\d/);
    const stalled = look(prober, hanging, { timeoutMs: 300 });
    setTimeout(() => {
      const until = Date.now() + 450;
      while (Date.now() < until); // The very thing: this process is busy and sees nothing.
    }, 60);
    expectSeen(await stalled, 'unknown cannot-run', /Sereno itself was stalled for \d/);
    return undefined;
  });
};

/** What a far side does with each connection. */
export type Manner = (socket: Socket, connection: number) => void;

/** A real server with manners of its own; `open` tells how many connections it still holds. */
export type Peer = { readonly port: number; readonly open: () => number; readonly close: () => Promise<void> };

export const startPeer = async (manner: Manner, options: { readonly allowHalfOpen?: boolean } = {}): Promise<Peer> => {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server: Server = createServer(options, (socket) => {
    sockets.add(socket);
    socket.unref(); // A test that fails before it closes its peer must fail, not hang.
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    manner(socket, (connections += 1));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return {
    port: portOf(server.address()),
    open: () => sockets.size,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

export const portOf = (address: AddressInfo | string | null): number =>
  typeof address === 'object' && address !== null ? address.port : 0;

/** A port on which nobody listens: it was free a moment ago. */
const closedPort = async (): Promise<number> => {
  const peer = await startPeer(() => {});
  await peer.close();
  return peer.port;
};

/** Writes as fast as the far side reads, for ever. */
const flood = (socket: Socket, piece: Buffer): void => {
  const more = (): void => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on('drain', more);
  more();
};

const drip = (socket: Socket, text: string): void => {
  let at = 0;
  const timer = setInterval(() => socket.write(text.charAt(at++ % text.length)), 20);
  socket.on('close', () => clearInterval(timer));
};

const GARBAGE = Buffer.from([0x00, 0xff, 0xfe, 0x80, 0xc3, 0x28, 0x0d, 0x0a, 0x1b, 0x5b, 0x32, 0x4a, 0x0d, 0x0a]);

export type PeerSubject<Kind extends ProbeKind> = {
  readonly make: (clock: Clock) => Prober<Kind>;
  /** A question that needs an answer and not only a connection. */
  readonly ask: (port: number) => Question<Kind>;
  /** The far side as it should be. */
  readonly well: Manner;
  /** A prefix of a right answer, for sides that never come to an end. */
  readonly beginning: string;
};

/** Waits until the far side has seen every connection go: nothing of ours is left. */
const allGone = async (peer: Peer): Promise<void> => {
  const until = Date.now() + 2_000;
  while (peer.open() > 0 && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(peer.open(), 0, 'connections were left open');
};

const against = async <Kind extends ProbeKind>(
  subject: PeerSubject<Kind>,
  manner: Manner,
  wish: Wish = {},
): Promise<Observation> => {
  const peer = await startPeer(manner, { allowHalfOpen: true });
  try {
    const seen = await look(subject.make(realClock), subject.ask(peer.port), wish);
    await allGone(peer);
    return seen;
  } finally {
    await peer.close();
  }
};

/** One row of misbehaviour: what the far side does, and what must be seen. */
type Row = readonly [name: string, manner: Manner, expected: RegExp, wish?: Wish];

/** With `allowHalfOpen` the far side must end its half itself; a polite one does when the prober has gone. */
const politely = (socket: Socket): void => {
  socket.on('end', () => socket.end());
  socket.resume();
};

const rowsOf = <Kind extends ProbeKind>(subject: PeerSubject<Kind>): readonly Row[] => [
  ['accepts and says nothing', politely, /^unhealthy timeout$/, { timeoutMs: 200 }],
  [
    'says one letter at a time',
    (socket) => {
      politely(socket);
      drip(socket, `${subject.beginning}${'x'.repeat(10_000)}`);
    },
    /^unhealthy (unfinished|timeout|wrong-answer)$/,
    { timeoutMs: 300 },
  ],
  [
    'says garbage and stays',
    (socket) => {
      politely(socket);
      socket.write(GARBAGE);
    },
    /^unhealthy (unfinished|wrong-answer|timeout|failed)$/,
    { timeoutMs: 300 },
  ],
  [
    'says garbage and goes',
    (socket) => {
      politely(socket);
      socket.end(GARBAGE);
    },
    /^unhealthy (wrong-answer|failed)$/,
  ],
  [
    'never stops talking',
    (socket) => {
      politely(socket);
      socket.write(subject.beginning);
      flood(socket, Buffer.alloc(65_536, 'x'));
    },
    /^unhealthy (wrong-answer|failed)$/,
  ],
  [
    'closes at once',
    (socket) => {
      politely(socket);
      socket.end();
    },
    /^unhealthy (wrong-answer|failed)$/,
  ],
  ['resets at once', (socket) => socket.resetAndDestroy(), /^unhealthy (wrong-answer|failed)$/],
  [
    'resets in the middle',
    (socket) => {
      socket.write(subject.beginning, () => setImmediate(() => socket.resetAndDestroy()));
    },
    /^unhealthy (wrong-answer|failed)$/,
  ],
  [
    'is well only at the third try',
    (socket, connection) => (connection < 3 ? socket.resetAndDestroy() : subject.well(socket, connection)),
    /^healthy none$/,
    { retries: 2 },
  ],
];

/** What every prober that crosses a network keeps, against far sides that misbehave in all ways. */
export const peerContract = <Kind extends ProbeKind>(name: string, subject: PeerSubject<Kind>): void => {
  for (const [what, manner, expected, wish] of rowsOf(subject)) {
    test(`${name}: the far side ${what}`, async () => {
      const seen = await against(subject, manner, wish);
      assert.match(`${seen.state} ${seen.symptom}`, expected, seen.message);
      assert.ok(seen.message.length < 400, seen.message);
    });
  }

  test(`${name}: nobody listens`, async () => {
    const seen = await look(subject.make(realClock), subject.ask(await closedPort()), { retries: 1 });
    expectSeen(seen, 'unhealthy refused', /refused.*\(2 tries\)/);
  });

  test(`${name}: a hundred at once, each with its own connection, and none is left`, async () => {
    let connections = 0;
    const peer = await startPeer((socket, number) => {
      connections += 1;
      subject.well(socket, number);
    });
    const prober = subject.make(realClock);
    const question = subject.ask(peer.port);
    const all = await Promise.all(Array.from({ length: 100 }, () => look(prober, question, { timeoutMs: 5_000 })));
    assert.deepEqual([...new Set(all.map((seen) => seen.state))], ['healthy']);
    assert.equal(connections, 100);
    await allGone(peer);
    await peer.close();
  });
};
