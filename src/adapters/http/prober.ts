// HTTP prober: one request on a new connection, one answer compared with what was declared.
//
// name → connect → TLS → request → head → whole body (at most 1 MB) → verdict. Redirects are not followed: the status is
// what it is. The answer must be complete: a head followed by silence is a timeout, because running is not working.

import { request as requestPlain, type IncomingMessage } from 'node:http';
import { createConnection, isIP, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import { durationMs } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import { notAsked, runProbe, type Trial, type Trying } from '#ports/probing.ts';
import type { Prober, Question } from '#ports/sensor.ts';
import { cannotRun, healthy, seenError, unhealthy, type Seen } from '#ports/symptom.ts';
import { wrongBody, wrongHead } from './expectation.ts';
import { makeContexts, prepare, type Contexts, type Preparation, type Prepared } from './question.ts';

/** What a health page needs is kilobytes; a megabyte bounds the memory of thousands of probes in flight. */
const BODY_BYTES_MAX = 1_048_576;

/** Milliseconds since the try began; null for what has not happened. */
type Times = {
  resolvedMs: number | null;
  connectedMs: number | null;
  securedMs: number | null;
  headMs: number | null;
};

const ms = (value: number): string => `${Math.round(value)} ms`;

const between = (from: number | null, to: number | null): ReturnType<typeof durationMs> | null =>
  to === null ? null : durationMs(to - (from ?? 0));

const phasesOf = (times: Readonly<Times>): NonNullable<Seen['phases']> => ({
  dnsMs: between(0, times.resolvedMs),
  connectMs: between(times.resolvedMs, times.connectedMs),
  tlsMs: between(times.connectedMs, times.securedMs),
  firstByteMs: between(times.securedMs ?? times.connectedMs, times.headMs),
});

/** One try: the connection, the request on it and what has come of the answer. */
class Exchange {
  readonly #question: Question<'http'>;
  readonly #prepared: Prepared;
  readonly #trying: Trying;
  readonly #socket: Socket;
  readonly #times: Times;
  #response: IncomingMessage | null = null;
  #chunks: Buffer[] = [];
  #size = 0;

  constructor(question: Question<'http'>, prepared: Prepared, contexts: Contexts, trying: Trying) {
    this.#question = question;
    this.#prepared = prepared;
    this.#trying = trying;
    // An address needs no look-up.
    this.#times = {
      resolvedMs: isIP(prepared.host) === 0 ? null : 0,
      connectedMs: null,
      securedMs: null,
      headMs: null,
    };
    this.#socket = this.#connect(contexts);
    this.#send();
  }

  release(): void {
    this.#chunks = [];
    this.#socket.destroy();
  }

  overdue(waitedMs: number): Seen {
    return this.#withPhases(this.#sayOverdue(waitedMs));
  }

  #connect(contexts: Contexts): Socket {
    const { host, port, isSecure, servername } = this.#prepared;
    const times = this.#times;
    const socket = isSecure
      ? connectSecure({ host, port, servername, secureContext: contexts.secure(), ALPNProtocols: ['http/1.1'] })
      : createConnection({ host, port });
    socket.on('lookup', () => (times.resolvedMs ??= this.#trying.elapsed()));
    socket.on('connect', () => (times.connectedMs = this.#trying.elapsed()));
    socket.on('secureConnect', () => (times.securedMs = this.#trying.elapsed()));
    // The request listens too, but only until it is over; an error after that must not end the program.
    socket.on('error', () => {});
    return socket;
  }

  #send(): void {
    // With a connection of our own and no agent, Node sends `connection: close` and pools nothing.
    const request = requestPlain({ ...this.#prepared.options, createConnection: () => this.#socket });
    request.on('error', (error) => this.#fail(error));
    request.on('response', (response) => this.#receive(response));
    request.on('upgrade', (response) => this.#switchProtocols(response));
    request.on('close', () => this.#lose());
    if (this.#prepared.body === null) request.end();
    else request.end(this.#prepared.body);
  }

  /** A request that ends without an answer should have failed with an error; this is the net under that. */
  #lose(): void {
    if (this.#response !== null) return;
    this.#settle(unhealthy('wrong-answer', `${this.#prepared.where} closed the connection without an answer`));
  }

  /** The far side left HTTP: the head is all of the answer that there is. */
  #switchProtocols(response: IncomingMessage): void {
    if (this.#takeHead(response)) this.#judgeWhole();
  }

  #receive(response: IncomingMessage): void {
    if (!this.#takeHead(response)) return;
    response.on('error', (error) => this.#fail(error));
    response.on('aborted', () => this.#cutOff());
    response.on('data', (chunk: Buffer) => this.#take(chunk));
    response.on('end', () => this.#judgeWhole());
  }

  /** False when the head is already wrong, and the verdict with it. */
  #takeHead(response: IncomingMessage): boolean {
    this.#times.headMs = this.#trying.elapsed();
    this.#response = response;
    const wrong = wrongHead(this.#question.expect, { status: response.statusCode ?? 0, headers: response.headers });
    if (wrong !== null) this.#settle(unhealthy('wrong-answer', `${this.#said()}, ${wrong}`));
    return wrong === null;
  }

  #take(chunk: Buffer): void {
    const room = BODY_BYTES_MAX - this.#size;
    this.#chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
    this.#size += Math.min(chunk.length, room);
    if (chunk.length <= room) return;
    const { json, ...rest } = this.#question.expect;
    const wrong = json === undefined ? wrongBody(rest, Buffer.concat(this.#chunks)) : 'JSON is expected';
    const seen =
      wrong === null
        ? healthy(this.#said())
        : unhealthy('wrong-answer', `${this.#said()}, but the answer is too big: over 1 MB, and ${wrong}`);
    this.#settle(seen);
  }

  #judgeWhole(): void {
    const wrong = wrongBody(this.#question.expect, Buffer.concat(this.#chunks));
    this.#settle(wrong === null ? healthy(this.#said()) : unhealthy('wrong-answer', `${this.#said()}, but ${wrong}`));
  }

  #cutOff(): void {
    // What comes after a complete answer (a body behind a 204) is not part of it.
    if (this.#response?.complete === true) return this.#judgeWhole();
    return this.#settle(
      unhealthy('wrong-answer', `${this.#said()}, but the body was cut off after ${this.#size} bytes`),
    );
  }

  #fail(error: Error): void {
    if (this.#response === null) this.#settle(seenError(error, `asking ${this.#prepared.where}`));
    else this.#cutOff();
  }

  #said(): string {
    return `answered ${this.#response?.statusCode ?? 0} in ${ms(this.#times.headMs ?? 0)}`;
  }

  #sayOverdue(waitedMs: number): Seen {
    const { connectedMs, resolvedMs, securedMs, headMs } = this.#times;
    const { where, isSecure } = this.#prepared;
    if (headMs !== null) {
      const rest = ms(waitedMs - headMs);
      return unhealthy(
        'unfinished',
        `${this.#said()}, but the body (${this.#size} bytes so far) did not end in ${rest}`,
      );
    }
    if (connectedMs === null && resolvedMs === null) {
      return cannotRun(`the name of ${where} was not resolved in ${ms(waitedMs)}`);
    }
    const begun = this.#socket.bytesRead;
    if (!isSecure && begun > 0) {
      return unhealthy('unfinished', `${where} answered ${begun} bytes of a head in ${ms(waitedMs)}, and not the rest`);
    }
    if (connectedMs === null) return unhealthy('timeout', `${where} did not accept the connection in ${ms(waitedMs)}`);
    const what = isSecure && securedMs === null ? 'no TLS handshake' : 'no answer';
    return unhealthy(
      'timeout',
      `${where} connected in ${ms(connectedMs)}, then ${what} for ${ms(waitedMs - connectedMs)}`,
    );
  }

  #withPhases(seen: Seen): Seen {
    return { ...seen, phases: phasesOf(this.#times) };
  }

  #settle(seen: Seen): void {
    this.#trying.settle(this.#withPhases(seen));
  }
}

const attempt = (question: Question<'http'>, preparation: Preparation, contexts: Contexts, trying: Trying): Trial => {
  if ('wrong' in preparation) return notAsked(cannotRun(preparation.wrong))(trying);
  const exchange = new Exchange(question, preparation, contexts, trying);
  return { release: () => exchange.release(), overdue: (waitedMs) => exchange.overdue(waitedMs) };
};

/**
 * Makes the prober for `http` checks. `authorities`: certificates (PEM) to trust instead of the ones that come with Node.
 * Every probe opens a new connection, reads at most 1 MB of body and 16 KB of headers, and destroys its socket.
 */
export const makeHttpProber = (clock: Clock, authorities: readonly string[] = []): Prober<'http'> => {
  const contexts = makeContexts(authorities);
  const prepared = new WeakMap<Question<'http'>, Preparation>();
  const preparationOf = (question: Question<'http'>): Preparation => {
    const known = prepared.get(question);
    if (known !== undefined) return known;
    const made = prepare(question);
    prepared.set(question, made);
    return made;
  };
  return {
    probe: (check, question, report) =>
      runProbe(clock, check, (trying) => attempt(question, preparationOf(question), contexts, trying), report),
  };
};
