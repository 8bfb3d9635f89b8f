// A check: one read-only question put to the world, how often, and when its answer is believed.

import type { CheckId, ServiceId } from './id.ts';
import { durationMs, type DurationMs } from './time.ts';

/** What an HTTP answer must be. Every part that is present must hold. */
export type HttpExpectation = {
  readonly status: readonly number[];
  readonly contains?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSONPath (RFC 9535) to the value that must be found there. */
  readonly json?: Readonly<Record<string, unknown>>;
};

/** One known input for a processing unit and the answer that is right for it. */
export type GoldenCase = { readonly name: string; readonly input: unknown; readonly expect: unknown };

/** How a golden check reaches the unit: POST of JSON, or a command that reads a JSON line and writes one. */
export type GoldenTarget =
  | { readonly kind: 'http'; readonly url: string; readonly headers: Readonly<Record<string, string>> }
  | { readonly kind: 'command'; readonly argv: readonly string[] };

/** What is asked. Closed: a new kind of check is a new member here and a prober in adapters/. */
export type Probe =
  | {
      readonly kind: 'http';
      readonly url: string;
      readonly method: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body?: string;
      readonly expect: HttpExpectation;
    }
  | {
      readonly kind: 'tcp';
      readonly host: string;
      readonly port: number;
      readonly send?: string;
      readonly contains?: string;
    }
  | { readonly kind: 'redis'; readonly url: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly query: string }
  | {
      readonly kind: 'command';
      readonly argv: readonly string[];
      readonly exitCode: number;
      readonly contains?: string;
    }
  | {
      /** Alive and listening. Without `pattern` it means the child that Sereno supervises for this service. */
      readonly kind: 'process';
      readonly pattern?: string;
      readonly port?: number;
    }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly maxAgeMs?: DurationMs;
      readonly minBytes?: number;
      readonly contains?: string;
    }
  | {
      readonly kind: 'golden';
      readonly target: GoldenTarget;
      readonly cases: readonly GoldenCase[];
      /** Each case must be answered within this time; 10 ms unless declared. */
      readonly budgetMs: DurationMs;
      /** At most this many cases are sent before their answers are awaited; 100. */
      readonly chunk: number;
    };

export type ProbeKind = Probe['kind'];

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '::1', '[::1]', '0.0.0.0']);

/** `scheme://user@host:port/…` without a URL parser: the core has none. */
const ADDRESS = /^[a-z]+:\/\/(?:[^/@]*@)?(\[[^\]]*\]|[^/:?]*)(?::(\d+))?/i;

/** Where the probe's connection goes; null when it makes none, or when the address names no port. */
export const farSide = (probe: Probe): { readonly host: string; readonly port: number } | null => {
  if (probe.kind === 'tcp') return { host: probe.host, port: probe.port };
  const [, host, port] = ADDRESS.exec(urlOf(probe)) ?? [];
  return host === undefined || port === undefined ? null : { host, port: Number(port) };
};

const urlOf = (probe: Probe): string => {
  if (probe.kind === 'golden') return probe.target.kind === 'http' ? probe.target.url : '';
  return probe.kind === 'http' || probe.kind === 'redis' || probe.kind === 'postgres' ? probe.url : '';
};

export const isLoopback = (host: string): boolean => LOOPBACK.has(host) || host.startsWith('127.');

/** The port of this machine that a probe looks at; null when it looks elsewhere, or at no port. */
export const localPort = (probe: Probe): number | null => {
  if (probe.kind === 'process') return probe.port ?? null;
  const far = farSide(probe);
  return far !== null && LOOPBACK.has(far.host) ? far.port : null;
};

export type Check = {
  readonly id: CheckId;
  readonly service: ServiceId;
  readonly probe: Probe;
  /** Interval while all is well; adaptive checks start here and slow down to `slowestMs`. */
  readonly everyMs: DurationMs;
  readonly slowestMs: DurationMs;
  /** For golden checks this is the limit of one chunk. */
  readonly timeoutMs: DurationMs;
  /** Passes in a row before a failing check is believed healthy. */
  readonly rise: number;
  /** Failures in a row before a healthy check is believed unhealthy. */
  readonly fall: number;
  /** Immediate repetitions inside one probe, before its result counts. */
  readonly retries: number;
  /** An answer slower than this is degraded. */
  readonly slowMs?: DurationMs;
  /**
   * Why it cannot run as configured (`environment variable DATABASE_URL is not set`). A sensor never probes such a
   * check: it reports unknown, symptom cannot-run, with this sentence as the message.
   */
  readonly cannotRun?: string;
};

/** The longest that one probe of the check may take: a golden check has its timeout for each chunk of its cases. */
export const longestProbeMs = (check: Check): DurationMs => {
  const { probe, timeoutMs } = check;
  if (probe.kind !== 'golden') return timeoutMs;
  return durationMs(timeoutMs * Math.max(1, Math.ceil(probe.cases.length / Math.max(1, probe.chunk))));
};
