// Targets that meet somebody: probers before hostile servers, the API before hostile clients, the client before a
// hostile Sereno. Everything is real but the other side.

import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { makeGoldenProber } from '#adapters/golden/prober.ts';
import { makeHttpProber } from '#adapters/http/prober.ts';
import { makePostgresProber } from '#adapters/postgres/prober.ts';
import { makeRedisProber } from '#adapters/redis/prober.ts';
import { makeTcpProber } from '#adapters/tcp/prober.ts';
import { makeWebhookNotifier } from '#adapters/webhook/notifier.ts';
import { connectTo, type Outcome } from '#api/client.ts';
import { runProgram } from '#cli/program.ts';
import type { Check, Probe, ProbeKind } from '#kernel/check.ts';
import { checkId, effectKey, machineId, serviceId } from '#kernel/id.ts';
import { durationMs, instant, seconds } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import type { Prober, Question } from '#ports/sensor.ts';
import { realClock, startPeer } from '#ports/sensor.contract.ts';
import { fakeTown } from '#server/desk.fake.test.ts';
import { startFake } from '#server/started.fake.test.ts';
import { DRAWS, type Opened, type Target } from './target.ts';

/** Parts of an input are sent one for each thing that the other side says. */
const TURN = Buffer.from('\n8<\n');

const partsOf = (input: Buffer): readonly Buffer[] => {
  const parts: Buffer[] = [];
  let rest = input;
  for (let at = rest.indexOf(TURN); at >= 0; at = rest.indexOf(TURN)) {
    parts.push(rest.subarray(0, at));
    rest = rest.subarray(at + TURN.length);
  }
  return [...parts, rest];
};

/** A server that says the parts of the current input, and hangs up after the last. */
const openFar = async (speaksFirst: boolean) => {
  let input: Buffer = Buffer.alloc(0);
  const peer = await startPeer((socket: Socket) => {
    const parts = [...partsOf(input)];
    const say = (): void => {
      const part = parts.shift();
      if (part !== undefined && parts.length > 0) socket.write(part);
      else socket.end(part ?? '');
    };
    if (speaksFirst) say();
    socket.on('data', say);
  });
  return {
    port: peer.port,
    close: peer.close,
    set: (next: Buffer): void => {
      input = next;
    },
  };
};

const checkOf = (probe: Probe): Check => ({
  id: checkId('s/c'),
  service: serviceId('s'),
  probe,
  everyMs: seconds(5),
  slowestMs: seconds(5),
  timeoutMs: durationMs(500),
  rise: 1,
  fall: 1,
  retries: 0,
});

type Subject<Kind extends ProbeKind> = {
  readonly make: (clock: Clock) => Prober<Kind>;
  readonly ask: (port: number) => Question<Kind>;
  readonly speaksFirst: boolean;
};

const openProber = async <Kind extends ProbeKind>({ make, ask, speaksFirst }: Subject<Kind>): Promise<Opened> => {
  const far = await openFar(speaksFirst);
  const prober = make(realClock);
  const question = ask(far.port);
  const check = checkOf(question);
  return {
    close: far.close,
    attempt: async (input) => {
      far.set(input);
      const seen = await new Promise<{ readonly message: string }>((resolve) => {
        prober.probe(check, question, resolve);
      });
      const { message } = seen;
      return message.length < 600 && !DRAWS.test(message) ? null : `it said ${JSON.stringify(message)}`;
    },
  };
};

const bytes = (texts: readonly string[]): (() => readonly Buffer[]) => {
  const made = texts.map((text) => Buffer.from(text, 'latin1'));
  return () => made;
};

const HTTP_ANSWERS = [
  'HTTP/1.1 200 OK\r\nContent-Length: 8\r\nX-A: b\r\n\r\n{"a": 1}',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{"a": 1}\r\n0\r\n\r\n',
  'HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.0 200 OK\r\n\r\n{"a":[1]}',
  'HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 503 Busy\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b',
];
const HTTP_WORDS = [
  '\r\n',
  ': ',
  'Content-Length: -1\r\n',
  'Transfer-Encoding: chunked\r\n',
  'HTTP/1.1 ',
  ';x=y',
  '\r\n\r\n',
];

const http: Target = {
  name: 'http',
  share: 15,
  seeds: bytes(HTTP_ANSWERS),
  words: HTTP_WORDS,
  open: () =>
    openProber({
      speaksFirst: false,
      make: makeHttpProber,
      ask: (port) => ({
        kind: 'http',
        url: `http://127.0.0.1:${port}/`,
        method: 'GET',
        headers: {},
        expect: { status: [200], contains: 'a', headers: { 'x-a': 'b' }, json: { '$.a': 1 } },
      }),
    }),
};

const golden: Target = {
  name: 'golden',
  share: 5,
  seeds: bytes(HTTP_ANSWERS),
  words: HTTP_WORDS,
  open: () =>
    openProber({
      speaksFirst: false,
      make: makeGoldenProber,
      ask: (port) => ({
        kind: 'golden',
        target: { kind: 'http', url: `http://127.0.0.1:${port}/`, headers: {} },
        cases: [{ name: 'one', input: 1, expect: { a: [{ $near: 1, within: 1 }] } }],
        budgetMs: durationMs(500),
        chunk: 100,
      }),
    }),
};

const tcp: Target = {
  name: 'tcp',
  share: 5,
  seeds: bytes(['SSH-2.0-OpenSSH_9.2\r\n', '220 mail ESMTP\r\n']),
  words: ['220 ', 'SSH', '\0'],
  open: () =>
    openProber({
      speaksFirst: true,
      make: makeTcpProber,
      ask: (port) => ({ kind: 'tcp', host: '127.0.0.1', port, contains: 'well' }),
    }),
};

const redis: Target = {
  name: 'redis',
  share: 5,
  seeds: bytes([
    '+OK\r\n\n8<\n+PONG\r\n',
    '-NOAUTH x\r\n',
    '*2\r\n$1\r\na\r\n:1\r\n',
    '%1\r\n+a\r\n~1\r\n#t\r\n',
    '=5\r\ntxt:a\r\n(12\r\n,1.5\r\n_\r\n>1\r\n+a\r\n',
  ]),
  words: ['*30000000\r\n', '$-1\r\n', '%4294967295\r\n', '\r\n', '+', '-', ':', '*1\r\n'.repeat(50)],
  open: () =>
    openProber({
      speaksFirst: false,
      make: makeRedisProber,
      ask: (port) => ({ kind: 'redis', url: `redis://:secret@127.0.0.1:${port}` }),
    }),
};

const AUTHENTICATED = 'R\0\0\0\u0008\0\0\0\0S\0\0\0\u0009a\0bc\0K\0\0\0\u000c\0\0\0\u0001\0\0\0\u0002Z\0\0\0\u0005I';
const BEGUN = 'C\0\0\0\u000aBEGIN\0Z\0\0\0\u0005T';
const ROW =
  '1\0\0\0\u00042\0\0\0\u0004T\0\0\0\u001b\0\u0001a\0\0\0\0\0\0\0\0\0\0\u0017\0\u0004\xff\xff\xff\xff\0\0D\0\0\0\u000b\0\u0001\0\0\0\u00011C\0\0\0\u000dSELECT 1\0Z\0\0\0\u0005T';
const SASL = 'R\0\0\0\u0017\0\0\0\u000aSCRAM-SHA-256\0\0\n8<\nR\0\0\0\u0024\0\0\0\u000br=x,s=QUFBQUFBQUE=,i=2147483647';

const postgres: Target = {
  name: 'postgres',
  share: 2,
  seeds: bytes([
    `${AUTHENTICATED}\n8<\n${BEGUN}\n8<\n${ROW}`,
    SASL,
    'E\0\0\0\u0010SERROR\0C28P01\0\0',
    'R\0\0\0\u000c\0\0\0\u0005abcd',
    'N',
  ]),
  words: ['E\0\0\0\u000aSXXXXX', 'Z\0\0\0\u0005I', '\n8<\n', 'T\0\0\0\u0006\xff\xff', 'R\0\0\0\u0008\0\0\0\u0003'],
  open: () =>
    openProber({
      speaksFirst: false,
      make: makePostgresProber,
      ask: (port) => ({ kind: 'postgres', url: `postgres://u:p@127.0.0.1:${port}/d`, query: 'select 1' }),
    }),
};

/** Pauses between tries are skipped; deadlines stay those of the real clock. */
const hasty: Clock = { ...realClock, at: (_when, task) => realClock.at(instant(0), task) };

const webhook: Target = {
  name: 'webhook',
  share: 3,
  seeds: bytes(HTTP_ANSWERS),
  words: HTTP_WORDS,
  open: async () => {
    const far = await openFar(false);
    const notifier = makeWebhookNotifier({ clock: hasty, url: `http://127.0.0.1:${far.port}/`, site: 'x' });
    const at = instant(0);
    const notification = {
      key: 'k',
      kind: 'page',
      severity: 'SEV1',
      subject: 's',
      title: '\u001b',
      body: '',
      people: [],
      at,
    } as const;
    return {
      close: far.close,
      attempt: async (input) => {
        far.set(input);
        const { detail } = await new Promise<{ readonly detail: string }>((resolve) => {
          notifier.deliver(effectKey(machineId('gate', 'x'), 0, 0), notification, resolve);
        });
        return detail.length < 600 && !DRAWS.test(detail) ? null : `it said ${JSON.stringify(detail)}`;
      },
    };
  },
};

const CLIENT_SEEDS = (): readonly Buffer[] => {
  const town = JSON.stringify(fakeTown());
  return [
    Buffer.from(town),
    Buffer.from(
      JSON.stringify({
        problems: [{ code: 'denied', message: 'x', place: null, expected: null, mend: 'y' }],
        answer: null,
      }),
    ),
    Buffer.from(
      `id: 4\nevent: town\ndata: ${town}\n\nevent: hello\ndata: {"version":"1","site":"x","lastSeq":1,"at":2}\n\n`,
    ),
  ];
};

const kindOf = (outcome: Outcome<unknown>): string | null =>
  ['ok', 'refused', 'unreachable'].includes(outcome.kind) ? null : `an outcome of kind ${String(outcome.kind)}`;

const client: Target = {
  name: 'client',
  share: 92,
  seeds: CLIENT_SEEDS,
  words: ['\n\n', 'data: ', 'event: resync\n', 'id: ', '\r\r', '"at":1e300'],
  open: async () => {
    let text = '';
    const chunks = async (take: (part: string) => void): Promise<void> => {
      for (let at = 0; at < text.length; at += 4_000) take(text.slice(at, at + 4_000));
    };
    const status = (): number => [200, 202, 409, 503][text.length % 4] ?? 200;
    const here = connectTo({
      url: 'http://h',
      token: null,
      transport: async () => ({ status: status(), text: async () => text, chunks }),
    });
    return {
      close: async () => {},
      attempt: async (input) => {
        text = input.toString('utf8');
        const signal = new AbortController().signal;
        const outcomes = [
          await here.read('town'),
          await here.change('hold'),
          await here.follow({ signal, onMessage: () => {} }),
        ];
        return outcomes.map(kindOf).find((trouble) => trouble !== null) ?? null;
      },
    };
  },
};

const COMMAND_LINES = [
  ['status'],
  ['service', 'list'],
  ['service', 'show', 'api'],
  ['incident', 'list'],
  ['approval', 'list'],
  ['explain', 'api'],
  ['hold'],
] as const;

const seedsForCommands = (): readonly Buffer[] => {
  const town = fakeTown();
  const { services, incidents, approvals } = town;
  return [town, { services }, services[0], { incidents }, { approvals }].map((view) =>
    Buffer.from(JSON.stringify(view)),
  );
};

const commands: Target = {
  name: 'commands',
  share: 3,
  seeds: seedsForCommands,
  words: ['\\u001b', '\\u202e', '1e300'],
  open: async () => {
    const { createServer } = await import('node:http');
    let answer: Buffer = Buffer.alloc(0);
    const server = createServer((_request, response) => response.end(answer));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
    return {
      close: async () => {
        server.closeAllConnections();
        server.close();
      },
      attempt: async (input) => {
        answer = input;
        const lines: string[] = [];
        const take = (line: string): void => void lines.push(line);
        const terminal = { out: take, err: take, isInteractive: false, canAsk: false, hasColour: false };
        for (const words of COMMAND_LINES.slice(input.length % 2)) {
          await runProgram([...words, '--url', url, '--dry-run'], '0', terminal);
        }
        const drawn = lines.flatMap((line) => line.split('\n')).find((line) => DRAWS.test(line));
        return drawn === undefined ? null : `printed ${JSON.stringify(drawn)}`;
      },
    };
  },
};

const HOST = 'Host: localhost\r\n';

const api: Target = {
  name: 'api',
  share: 20,
  seeds: bytes([
    `GET /api/town HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
    `GET /api/evidence?limit=5&after=1&order=oldest-first&type=a HTTP/1.1\r\n${HOST}If-None-Match: "x"\r\n\r\n`,
    `GET /api/events HTTP/1.1\r\n${HOST}Last-Event-ID: 3\r\n\r\n`,
    `POST /api/hold?dryRun=true HTTP/1.1\r\n${HOST}Authorization: Bearer TOKEN\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"why":"x"}`,
    `POST /api/services/api/restart HTTP/1.1\r\n${HOST}Authorization: Bearer TOKEN\r\nIdempotency-Key: k\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n{"why":"x"}\r\n0\r\n\r\n`,
    `GET /livez HTTP/1.1\r\n${HOST}\r\n`.repeat(4),
    `HEAD /metrics HTTP/1.1\r\n${HOST}\r\nGET /../x%2f..%00 HTTP/1.1\r\n${HOST}\r\n`,
  ]),
  words: [
    ...HTTP_WORDS,
    'POST ',
    '/api/services/',
    '?limit=',
    '%00',
    '%c0%ae',
    'Expect: 100-continue\r\n',
    'Upgrade: h2c\r\n',
    '__proto__',
  ],
  open: async () => {
    const fake = await startFake();
    const token = fake.tokenOf('operator');
    return {
      close: () => fake.stop(),
      attempt: async (input) => {
        const socket = connectTcp(fake.port, '127.0.0.1');
        socket.on('error', () => {});
        let said = '';
        socket.on('data', (part) => (said += part.toString('latin1').slice(0, 20)));
        const gone = once(socket, 'close');
        socket.end(Buffer.from(input.toString('latin1').replaceAll('TOKEN', token), 'latin1'));
        await Promise.race([gone, pause(500, null, { ref: false })]);
        socket.destroy();
        if (fake.faults.length > 0) return `a fault: ${String(fake.faults[0])}`;
        return said === '' || said.startsWith('HTTP/1.1 ') ? null : `it answered ${JSON.stringify(said.slice(0, 60))}`;
      },
    };
  },
};

export const MEETING: readonly Target[] = [http, golden, tcp, redis, postgres, webhook, client, commands, api];
