// Which names this server answers to, and from which pages a change may come: the defence against DNS rebinding
// (a hostile page whose name is made to point at 127.0.0.1) and against forged requests from other sites.

import { isIP } from 'node:net';
import { problem, type Problem } from '#kernel/problem.ts';

export type Names = {
  /** The address that the server is bound to. */
  readonly bound: string;
  /** Names that people declared for it, for example behind a proxy. Lower case. */
  readonly declared: readonly string[];
};

const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]', '::1']);

/** True for addresses that only this machine can reach: 127.0.0.0/8, ::1 and localhost. */
export const isLoopback = (host: string): boolean => LOOPBACK_NAMES.has(host) || /^127(\.\d{1,3}){3}$/.test(host);

const hostnameOf = (host: string): string | null => {
  try {
    return new URL(`http://${host}/`).hostname.toLowerCase().replace(/\.$/, '');
  } catch {
    return null;
  }
};

/** The problem with a Host header, or null. A rebound name is never loopback, never declared and never an address. */
export const hostProblem = (host: string | undefined, names: Names): Problem | null => {
  const hostname = host === undefined || /[/?#@\\\s]/.test(host) ? null : hostnameOf(host);
  if (hostname === null) return problem('bad-request', 'the Host header is missing or cannot be understood');
  const isAddress = isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
  const isKnown = isLoopback(hostname) || names.declared.includes(hostname) || (isAddress && !isLoopback(names.bound));
  return isKnown
    ? null
    : problem('forbidden', `this Sereno does not answer to the name ${hostname}`, {
        mend: 'use the address that `sereno up` printed, or declare the name',
      });
};

/** The problem with where a change comes from, or null. Programs send no Origin; browsers always do on writes. */
export const originProblem = (headers: {
  readonly host: string;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
}): Problem | null => {
  const foreign = problem('forbidden', 'changes are only taken from Sereno’s own page or from programs');
  const site = headers.fetchSite ?? 'none';
  if (site !== 'none' && site !== 'same-origin') return foreign;
  if (headers.origin === undefined) return null;
  return URL.canParse(headers.origin) && new URL(headers.origin).host === headers.host.toLowerCase() ? null : foreign;
};
