// The server: one HTTP listener over the desk, on loopback unless told otherwise.

import { createAdaptorServer } from '@hono/node-server';
import { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { problem, type Problem } from '#kernel/problem.ts';
import type { Redact } from '#kernel/secret.ts';
import type { Instant } from '#kernel/time.ts';
import type { Desk } from '#ports/desk.ts';
import type { CodexServing } from '#ports/codexServing.ts';
import type { Intake } from '#ports/source.ts';
import { makeAttempts } from './attempts.ts';
import { makeCodexReads, NO_CODEX } from './codexReads.ts';
import { isLoopback } from './origin.ts';
import { openPages } from './pages.ts';
import { makeApplication } from './routing.ts';
import { makeStream } from './stream.ts';
import type { TokenBook } from './tokens.ts';
import { makeWaitingRoom } from './waiting.ts';

export type ServerOptions = {
  readonly desk: Desk;
  readonly tokens: TokenBook;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Further names that the Host header may have, for example behind a proxy. */
  readonly hostNames: readonly string[];
  /** The built dashboard; null when there is none. */
  readonly webDirectory: string | null;
  readonly redact: Redact;
  /** Takes metrics that are pushed; left out: there is none. */
  readonly intake?: Intake;
  /** Gives what was blessed; left out: no codex is declared. */
  readonly codex?: CodexServing;
  readonly now: () => Instant;
  readonly version: string;
  /** Told of every fault of this server, for the log. */
  readonly onFault: (thrown: unknown) => void;
};

export type Started =
  | {
      readonly kind: 'started';
      readonly port: number;
      /** `http://127.0.0.1:7373` */
      readonly url: string;
      /** Open event streams. */
      readonly listeners: () => number;
      /** Says goodbye to streams, lets requests finish for a second, then closes. */
      readonly close: () => Promise<void>;
    }
  | { readonly kind: 'failed'; readonly problem: Problem };

/** Node's own default, written down: longer headers are answered 431. */
const HEADER_BYTES_MAX = 16 * 1_024;
/** An honest client sends its headers at once; a slow one holds a socket. */
const HEADERS_WITHIN_MS = 10_000;
const REQUEST_WITHIN_MS = 30_000;
/** Node looks for those who are late every 30 s: a slow one would hold its socket three times as long as it may. */
const LATE_LOOK_MS = 1_000;
/** 64 streams, a page's six connections each for a team, and room. */
const CONNECTIONS_MAX = 512;
const CLOSE_WITHIN_MS = 1_000;

const listen = (server: Server, host: string, port: number): Promise<Problem | null> =>
  new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE';
      resolve(
        problem('port-in-use', `cannot listen on ${host}:${port}: ${isTaken ? 'the port is taken' : error.message}`, {
          mend: isTaken ? 'choose another with --port, or --port 0 for any free one' : null,
        }),
      );
    });
    server.listen(port, host, () => resolve(null));
  });

/** Bound to all addresses, it is reached from this machine by loopback. */
const urlOf = (bound: string, port: number): string => {
  const reachable = bound === '0.0.0.0' ? '127.0.0.1' : bound === '::' ? '::1' : bound;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
};

/** What Node's parser refuses, by its code; everything else is a 400. */
const RAW_REFUSALS: Readonly<Record<string, { readonly line: string; readonly problem: Problem }>> = {
  HPE_HEADER_OVERFLOW: {
    line: '431 Request Header Fields Too Large',
    problem: problem('request-too-big', `the headers of a request may have ${HEADER_BYTES_MAX} bytes`),
  },
  ERR_HTTP_REQUEST_TIMEOUT: {
    line: '408 Request Timeout',
    problem: problem('bad-request', 'the request did not come in time'),
  },
};

const NOT_HTTP = { line: '400 Bad Request', problem: problem('bad-request', 'this is not a request in HTTP/1.1') };

/** Answers what never became a request, in the form of all refusals, and closes. */
const refuseRaw = (error: NodeJS.ErrnoException, socket: Duplex): void => {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const { line, problem: trouble } = RAW_REFUSALS[error.code ?? ''] ?? NOT_HTTP;
  const body = JSON.stringify({ problems: [trouble], answer: null });
  const head = `HTTP/1.1 ${line}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${body.length}`;
  socket.end(`${head}\r\nconnection: close\r\n\r\n${body}`, () => socket.destroy());
  return undefined;
};

/** Starts the server. Errors: `port-in-use` for an address that cannot be had. */
export const startServer = async (options: ServerOptions): Promise<Started> => {
  const { desk, host, now, redact, version, onFault } = options;
  const bound = host.replace(/^\[|\]$/g, '');
  const stream = makeStream({ desk, redact, now, version });
  const waiting = makeWaitingRoom();
  const application = makeApplication({
    desk,
    codex: makeCodexReads({ serving: options.codex ?? NO_CODEX, waiting, redact }),
    door: { tokens: options.tokens, attempts: makeAttempts(), now, isReadingOpen: isLoopback(bound) },
    names: { bound, declared: options.hostNames.map((name) => name.toLowerCase()) },
    stream,
    pages: openPages(options.webDirectory),
    redact,
    intake: options.intake ?? null,
    version,
    onFault,
  });
  const server = createAdaptorServer({
    fetch: application.fetch,
    overrideGlobalObjects: false,
    serverOptions: {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_WITHIN_MS,
      requestTimeout: REQUEST_WITHIN_MS,
      connectionsCheckingInterval: LATE_LOOK_MS,
    },
  });
  if (!(server instanceof Server)) throw new Error('the adaptor made something other than an HTTP/1.1 server');
  server.maxConnections = CONNECTIONS_MAX;
  server.on('clientError', refuseRaw);
  const trouble = await listen(server, bound, options.port);
  if (trouble !== null) {
    stream.close();
    return { kind: 'failed', problem: trouble };
  }
  server.on('error', onFault);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return {
    kind: 'started',
    port,
    url: urlOf(bound, port),
    listeners: stream.listeners,
    close: () =>
      new Promise((resolve) => {
        stream.close();
        waiting.close();
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), CLOSE_WITHIN_MS).unref();
      }),
  };
};
