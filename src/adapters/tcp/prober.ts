// TCP prober: does something accept connections there and, if asked for, say what it should?
//
// connect → (send) → (read until the banner is found, the end, or the limit) → verdict. The socket is always destroyed.

import { createConnection, isIP, type Socket } from 'node:net';
import { durationMs } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import { runProbe, type Trial, type Trying } from '#ports/probing.ts';
import type { Prober, Question } from '#ports/sensor.ts';
import { cannotRun, healthy, seenError, unhealthy, type Seen } from '#ports/symptom.ts';
import { excerpt } from '#ports/visible.ts';

/** A banner stands at the beginning; a megabyte without it will not bring it. */
const ANSWER_BYTES_MAX = 1_048_576;

type Times = { resolvedMs: number | null; connectedMs: number | null };

const ms = (value: number): string => `${Math.round(value)} ms`;

const phasesOf = (times: Readonly<Times>): NonNullable<Seen['phases']> => ({
  dnsMs: times.resolvedMs === null ? null : durationMs(times.resolvedMs),
  connectMs: times.connectedMs === null ? null : durationMs(times.connectedMs - (times.resolvedMs ?? 0)),
  tlsMs: null,
  firstByteMs: null,
});

const overdue = (question: Question<'tcp'>, times: Readonly<Times>, received: Buffer, waitedMs: number): Seen => {
  if (times.connectedMs === null) {
    return times.resolvedMs === null
      ? cannotRun(`the name of ${question.host} was not resolved in ${ms(waitedMs)}`)
      : unhealthy('timeout', `not connected after ${ms(waitedMs)}`);
  }
  const said = received.length === 0 ? 'said nothing' : `said only ${excerpt(received.toString('utf8'))}`;
  return unhealthy(
    received.length === 0 ? 'timeout' : 'unfinished',
    `connected in ${ms(times.connectedMs)}, then ${said} for ${ms(waitedMs - times.connectedMs)}`,
  );
};

/** Collects what is said until `wanted` is found; the verdict is null while more may come. */
class Listening {
  received: Buffer = Buffer.alloc(0);
  readonly #wanted: Buffer;

  constructor(wanted: string) {
    this.#wanted = Buffer.from(wanted);
  }

  take(chunk: Buffer): 'found' | 'too-big' | 'more' {
    // Only the new part, and as much of the old one as the wanted text may straddle, is searched.
    const from = Math.max(0, this.received.length - this.#wanted.length);
    this.received = Buffer.concat([this.received, chunk.subarray(0, ANSWER_BYTES_MAX - this.received.length)]);
    if (this.received.includes(this.#wanted, from)) return 'found';
    return this.received.length >= ANSWER_BYTES_MAX ? 'too-big' : 'more';
  }
}

const listen = (socket: Socket, listening: Listening, wanted: string, trying: Trying): void => {
  socket.on('data', (chunk: Buffer) => {
    const found = listening.take(chunk);
    if (found === 'found') trying.settle(healthy(`said ${excerpt(wanted)} in ${ms(trying.elapsed())}`));
    if (found === 'too-big') {
      trying.settle(unhealthy('wrong-answer', `the answer is too big: 1 MB without ${excerpt(wanted)}`));
    }
  });
  socket.on('end', () => {
    const said =
      listening.received.length === 0 ? 'without a word' : `after ${excerpt(listening.received.toString('utf8'))}`;
    trying.settle(unhealthy('wrong-answer', `closed the connection ${said}, expected ${excerpt(wanted)}`));
  });
};

/**
 * Both ends are the same. When nobody listens on a port of this machine from which the kernel takes the ports of outgoing
 * connections, it may take this very one, and the connection meets itself (simultaneous open, RFC 9293, 3.5).
 */
export const isItself = (
  socket: Pick<Socket, 'localPort' | 'remotePort' | 'localAddress' | 'remoteAddress'>,
): boolean => socket.localPort === socket.remotePort && socket.localAddress === socket.remoteAddress;

const attempt = (question: Question<'tcp'>, trying: Trying): Trial => {
  const { host, port, send, contains } = question;
  const where = `${host}:${port}`;
  // An address needs no look-up.
  const times: Times = { resolvedMs: isIP(host) === 0 ? null : 0, connectedMs: null };
  const listening = new Listening(contains ?? '');
  const settle = (seen: Seen): void => trying.settle({ ...seen, phases: phasesOf(times) });
  const socket = createConnection({ host, port });
  socket.on('lookup', () => (times.resolvedMs ??= trying.elapsed()));
  socket.on('error', (error) => settle(seenError(error, `connecting to ${where}`)));
  socket.on('connect', () => {
    const connectedMs = trying.elapsed();
    times.connectedMs = connectedMs;
    if (isItself(socket)) return settle(unhealthy('refused', `connecting to ${where}: nobody listens there`));
    if (contains !== undefined) listen(socket, listening, contains, { ...trying, settle });
    const isEnough = contains === undefined;
    const connected = healthy(`connected in ${ms(connectedMs)}`);
    if (send !== undefined)
      socket.write(send, (error) => {
        if (!error && isEnough) settle(connected);
      });
    else if (isEnough) settle(connected);
  });
  return {
    release: () => socket.destroy(),
    overdue: (waitedMs) => ({ ...overdue(question, times, listening.received, waitedMs), phases: phasesOf(times) }),
  };
};

/**
 * Makes the prober for `tcp` checks. Healthy: the connection was accepted and, with `contains`, the text was received
 * within 1 MB. Every probe opens a new connection and destroys it.
 */
export const makeTcpProber = (clock: Clock): Prober<'tcp'> => ({
  probe: (check, question, report) => runProbe(clock, check, (trying) => attempt(question, trying), report),
});
