// PostgreSQL prober: a new connection, one query inside a read-only transaction that is never committed.
//
// connect → BEGIN READ ONLY with a time limit → the query, by the extended protocol, which takes one statement and no
// second one behind a semicolon → verdict. The socket is destroyed and the server rolls back. Both guards together
// are what keeps a check from writing: the statement can neither leave its transaction and go on, nor write inside it.

import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type * as Postgres from 'pg';
import { durationMs } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import { gate, guard } from '#ports/guard.ts';
import { notAsked, runProbe, type Trial, type Trying } from '#ports/probing.ts';
import type { Prober, Question } from '#ports/sensor.ts';
import { cannotRun, codeOf, healthy, seenError, unhealthy, type Seen } from '#ports/symptom.ts';
import { excerpt } from '#ports/visible.ts';
import { Framing } from './framing.ts';

type Driver = Pick<typeof Postgres, 'Client'>;

/** A check asks for a number or a row; a table of this size in memory for each probe would be the next incident. */
const ANSWER_BYTES_MAX = 1_048_576;

const ms = (value: number): string => `${Math.round(value)} ms`;

/** SQLSTATE (PostgreSQL, appendix A) of what a check can meet. */
const STATES: Readonly<Record<string, Seen>> = {
  '28P01': unhealthy('failed', 'it refused the user or the password'),
  '28000': unhealthy('failed', 'it refused the user'),
  '3D000': unhealthy('failed', 'the database does not exist'),
  '53300': unhealthy('failed', 'it has no connection left'),
  '57P03': unhealthy('failed', 'it is starting up or shutting down'),
  '57P01': unhealthy('failed', 'it is shutting down'),
  '57P02': unhealthy('failed', 'it is recovering from a crash'),
  '57014': unhealthy('timeout', 'the query was stopped by its time limit'),
  '25006': cannotRun('the query wants to write, and checks only read'),
  '42601': cannotRun('the query is not one statement of valid SQL'),
};

const SQLSTATE = /^[0-9A-Z]{5}$/;

const seenFailure = (error: unknown, where: string): Seen => {
  const code = codeOf(error);
  const message = error instanceof Error ? error.message : String(error);
  const known = STATES[code];
  if (known !== undefined) return { ...known, message: `${known.message} (${code}: ${excerpt(message, 120)})` };
  if (SQLSTATE.test(code) && error instanceof Error && 'severity' in error) {
    return unhealthy('failed', `the query failed (${code}: ${excerpt(message, 120)})`);
  }
  if (message.startsWith('Connection terminated')) {
    return unhealthy('wrong-answer', `${where} closed the connection before the answer was complete`);
  }
  return seenError(error, `asking ${where}`);
};

/** One try: connection, transaction and query. */
class Exchange {
  readonly #client: Postgres.Client;
  readonly #socket: Socket;
  readonly #trying: Trying;
  readonly #where: string;
  #connectedMs: number | null = null;
  #readyMs: number | null = null;
  #received = 0;

  constructor(driver: Driver, question: Question<'postgres'>, where: string, trying: Trying) {
    this.#where = where;
    this.#trying = trying;
    this.#socket = new Socket();
    this.#socket.on('connect', () => (this.#connectedMs = trying.elapsed()));
    this.#socket.on('data', (chunk: Buffer) => this.#count(chunk.length));
    this.#client = new driver.Client({ connectionString: question.url, stream: () => this.#socket });
    // With TLS the driver reads one letter here, and all else from a stream of its own after the handshake.
    if (this.#client.ssl) guard(this.#socket, () => this.#refuse());
    else this.#guard(this.#socket);
    this.#client.connection.once('sslconnect', () => this.#guard(this.#client.connection.stream));
    this.#client.on('error', (error) => this.#settle(seenFailure(error, where)));
    void this.#ask(question.query);
  }

  release(): void {
    this.#socket.destroy();
  }

  overdue(waitedMs: number): Seen {
    const connectedMs = this.#connectedMs;
    if (connectedMs === null) return unhealthy('timeout', `${this.#where} not connected after ${ms(waitedMs)}`);
    const what = this.#readyMs === null ? 'no session' : 'no answer to the query';
    const message = `connected in ${ms(connectedMs)}, then ${what} for ${ms(waitedMs - (this.#readyMs ?? connectedMs))}`;
    return this.#withPhases(unhealthy('timeout', message));
  }

  async #ask(query: string): Promise<void> {
    try {
      await this.#client.connect();
      this.#readyMs = this.#trying.elapsed();
      const leftMs = Math.max(1, Math.ceil(this.#trying.deadline - this.#trying.startedAt - this.#readyMs));
      // SET LOCAL instead of start-up options: poolers such as PgBouncer refuse those, and nothing stays behind in the pool.
      await this.#client.query(`BEGIN TRANSACTION READ ONLY; SET LOCAL statement_timeout = ${leftMs}`);
      // A parameter of the driver that its types have forgotten.
      const asked = { text: query, queryMode: 'extended' } as const;
      const answer = await this.#client.query(asked);
      const rows = answer.rowCount ?? 0;
      this.#settle(healthy(`${rows} ${rows === 1 ? 'row' : 'rows'} in ${ms(this.#trying.elapsed())}`));
    } catch (error) {
      this.#settle(seenFailure(error, this.#where));
    }
  }

  #guard(stream: Duplex): void {
    const framing = new Framing();
    guard(stream, () => this.#refuse());
    gate<Buffer>(stream, (chunk) => {
      const isWelcome = framing.take(chunk);
      if (!isWelcome) this.#refuse();
      return isWelcome;
    });
  }

  #refuse(): void {
    this.#settle(unhealthy('wrong-answer', `${this.#where} does not speak the PostgreSQL protocol`));
  }

  #count(bytes: number): void {
    this.#received += bytes;
    if (this.#received <= ANSWER_BYTES_MAX) return;
    this.#settle(unhealthy('wrong-answer', 'the answer is too big: over 1 MB of rows'));
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

const attempt = (driver: Driver, question: Question<'postgres'>, trying: Trying): Trial => {
  const url = URL.parse(question.url);
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) {
    return notAsked(cannotRun('the address is not postgres://'))(trying);
  }
  const exchange = new Exchange(driver, question, url.host, trying);
  return { release: () => exchange.release(), overdue: (waitedMs) => exchange.overdue(waitedMs) };
};

/** Makes the prober for `postgres` checks. Any number of rows is well; an error, or more than 1 MB of rows, is not. */
export const makePostgresProber = (clock: Clock): Prober<'postgres'> => ({
  probe: (check, question, report) => {
    // The default export: in a bundle it is the only one that a CommonJS package has.
    void import('pg').then(
      ({ default: driver }) => runProbe(clock, check, (trying) => attempt(driver, question, trying), report),
      () => runProbe(clock, check, notAsked(cannotRun('the driver for PostgreSQL cannot be loaded')), report),
    );
  },
});
