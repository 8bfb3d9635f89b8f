// Redis prober: a new connection, PING, and the answer must be PONG. It says what the server says when it is not.
//
// The driver is told to do nothing on its own: no second try, no queue, no readiness questions. It comes into memory with
// the first check that needs it.

import type * as IoRedis from 'ioredis';
import { durationMs } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import { gate, guard } from '#ports/guard.ts';
import { notAsked, runProbe, type Trial, type Trying } from '#ports/probing.ts';
import type { Prober, Question } from '#ports/sensor.ts';
import { cannotRun, codeOf, healthy, seenError, unhealthy, type Seen } from '#ports/symptom.ts';
import { excerpt } from '#ports/visible.ts';

type Driver = Pick<typeof IoRedis, 'Redis'>;
type Redis = IoRedis.Redis;

/** PONG takes 7 bytes; an error one line. A far side that says more than this is not Redis. */
const ANSWER_BYTES_MAX = 65_536;

const ms = (value: number): string => `${Math.round(value)} ms`;

/** Error replies begin with a word in capitals (RESP, simple errors); these are the ones that a PING can meet. */
const MEANINGS: Readonly<Record<string, string>> = {
  NOAUTH: 'it wants a password and the address has none',
  WRONGPASS: 'it refused the user or the password',
  NOPERM: 'the user is not allowed to ping',
  LOADING: 'it is still loading its data from disk',
  BUSY: 'a script is blocking it',
  MASTERDOWN: 'it is a replica that has lost its primary',
  MISCONF: 'it cannot save to disk and refuses writes',
  READONLY: 'it is a read-only replica',
  DENIED: 'its protected mode refuses connections from here',
};

const seenReply = (message: string): Seen | null => {
  const word = /^-?([A-Z]+)\b/.exec(message)?.[1] ?? '';
  const meaning = MEANINGS[word];
  if (meaning !== undefined) return unhealthy('wrong-answer', `answered ${word}: ${meaning}`);
  if (message.startsWith('ERR ')) return unhealthy('wrong-answer', `answered ${excerpt(message, 120)}`);
  return null;
};

/** The cause that the driver wraps into its own errors, when it kept one. */
const rootOf = (error: unknown): unknown =>
  error instanceof Error && codeOf(error) === '' && error.cause instanceof Error ? error.cause : error;

const seenFailure = (error: unknown, where: string): Seen => {
  const root = rootOf(error);
  const message = root instanceof Error ? root.message : String(root);
  const reply = seenReply(message);
  if (reply !== null) return reply;
  if (/^(Protocol error|Unknown RESP type)/.test(message)) {
    return unhealthy('wrong-answer', `${where} does not speak the Redis protocol`);
  }
  if (message === 'Connection is closed.') {
    return unhealthy('wrong-answer', `${where} closed the connection without an answer`);
  }
  return seenError(root, `asking ${where}`);
};

const RETURN = 0x0d;
const LINE_FEED = 0x0a;
const SIMPLE: ReadonlySet<number> = new Set(['+'.charCodeAt(0), '-'.charCodeAt(0)]);
/** AUTH, SELECT and PING. */
const REPLIES_MAX = 3;

/**
 * AUTH, SELECT and PING are answered with simple strings and errors: a line that begins with + or - (RESP 2). Nothing
 * else is let through to the driver. It makes an array as long as the far side says before the first item has come:
 * three lines of 12 bytes ended the whole program for lack of memory. And what it cannot place (a reply too many, a line
 * that does not end as it should) it throws where nobody can catch it.
 */
const makeSimpleReplies = (): ((chunk: Buffer) => boolean) => {
  let before = LINE_FEED;
  let replies = 0;
  const isNext = (byte: number): boolean => {
    if (before === RETURN) return byte === LINE_FEED;
    if (before !== LINE_FEED) return byte !== LINE_FEED;
    replies += 1;
    return replies <= REPLIES_MAX && SIMPLE.has(byte);
  };
  return (chunk) => {
    for (const byte of chunk) {
      if (!isNext(byte)) return false;
      before = byte;
    }
    return true;
  };
};

/** One try: what the connection went through, and its first trouble, which is the one worth telling. */
class Exchange {
  readonly #client: Redis;
  readonly #trying: Trying;
  readonly #where: string;
  #connectedMs: number | null = null;
  #received = 0;

  constructor(client: Redis, where: string, trying: Trying) {
    this.#client = client;
    this.#where = where;
    this.#trying = trying;
    // The driver reports a broken connection here first, with its code; the waiting command only learns that it is closed.
    client.on('error', (error) => this.#fail(error));
    client.on('connect', () => this.#connected());
    void this.#ask();
  }

  release(): void {
    this.#client.disconnect();
    // disconnect() only ends the stream politely; a far side that hangs would keep it open for ever.
    this.#stream()?.destroy();
  }

  overdue(waitedMs: number): Seen {
    if (this.#connectedMs === null) return unhealthy('timeout', `${this.#where} not connected after ${ms(waitedMs)}`);
    const since = ms(waitedMs - this.#connectedMs);
    return this.#withPhases(unhealthy('timeout', `connected in ${ms(this.#connectedMs)}, then no PONG for ${since}`));
  }

  async #ask(): Promise<void> {
    try {
      await this.#client.connect();
      const answer = await this.#client.ping();
      const tookMs = ms(this.#trying.elapsed());
      const isPong = answer === 'PONG';
      const wrong = unhealthy('wrong-answer', `answered ${excerpt(String(answer))} in ${tookMs}, expected PONG`);
      this.#settle(isPong ? healthy(`answered PONG in ${tookMs}`) : wrong);
    } catch (error) {
      this.#fail(error);
    }
  }

  #connected(): void {
    this.#connectedMs = this.#trying.elapsed();
    const stream = this.#stream();
    if (stream === null) return;
    const foreign = unhealthy('wrong-answer', `${this.#where} does not speak the Redis protocol`);
    const tooBig = unhealthy(
      'wrong-answer',
      `the answer is too big: over ${ANSWER_BYTES_MAX / 1024} KB instead of PONG`,
    );
    const isSimple = makeSimpleReplies();
    let isOver = false;
    guard(stream, () => this.#settle(foreign));
    gate<Buffer>(stream, (chunk) => {
      this.#received += chunk.length;
      const isBounded = this.#received <= ANSWER_BYTES_MAX;
      isOver ||= !isBounded || !isSimple(chunk);
      if (isOver) this.#settle(isBounded ? foreign : tooBig);
      return !isOver;
    });
  }

  /** Null before the driver has opened it. */
  #stream(): Redis['stream'] | null {
    return this.#client.stream ?? null;
  }

  #fail(error: unknown): void {
    this.#settle(seenFailure(error, this.#where));
  }

  #settle(seen: Seen): void {
    this.#trying.settle(this.#withPhases(seen));
  }

  #withPhases(seen: Seen): Seen {
    if (this.#connectedMs === null) return seen;
    return {
      ...seen,
      phases: { dnsMs: null, connectMs: durationMs(this.#connectedMs), tlsMs: null, firstByteMs: null },
    };
  }
}

const attempt = (driver: Driver, question: Question<'redis'>, trying: Trying): Trial => {
  const url = URL.parse(question.url);
  if (url === null || !/^rediss?:$/.test(url.protocol)) {
    return notAsked(cannotRun('the address is neither redis:// nor rediss://'))(trying);
  }
  const client = new driver.Redis(question.url, {
    lazyConnect: true,
    retryStrategy: () => null,
    reconnectOnError: null,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    disableClientInfo: true,
    connectTimeout: Math.max(1, trying.deadline - trying.startedAt),
    // RESP 2 is understood by every server; the driver would open with HELLO, which an old one refuses.
    protocol: 2,
  });
  const exchange = new Exchange(client, url.host, trying);
  return { release: () => exchange.release(), overdue: (waitedMs) => exchange.overdue(waitedMs) };
};

/** Makes the prober for `redis` checks (redis:// or rediss://). Sends PING, and AUTH or SELECT when the address says so. */
export const makeRedisProber = (clock: Clock): Prober<'redis'> => ({
  probe: (check, question, report) => {
    // The default export: in a bundle it is the only one that a CommonJS package has.
    void import('ioredis').then(
      ({ default: driver }) => runProbe(clock, check, (trying) => attempt(driver, question, trying), report),
      () => runProbe(clock, check, notAsked(cannotRun('the driver for Redis cannot be loaded')), report),
    );
  },
});
