// Symptom: what the error codes of sockets, names and certificates mean for a probe. Whose fault an error is decides
// between unhealthy and unknown: what is broken on our own side says nothing about the target.

import type { HealthState } from '#kernel/health.ts';
import type { Phases, Symptom } from '#kernel/observation.ts';
import { excerpt, visible } from './visible.ts';

/** What one try of a probe saw. */
export type Seen = {
  readonly state: HealthState;
  readonly symptom: Symptom;
  /** One sentence with figures, without the full stop; never holds a secret. */
  readonly message: string;
  readonly phases?: Phases;
  /** See `Observation`. */
  readonly isVoid?: true;
};

export const healthy = (message: string): Seen => ({ state: 'healthy', symptom: 'none', message });
export const unhealthy = (symptom: Symptom, message: string): Seen => ({ state: 'unhealthy', symptom, message });
/** The probe itself could not run: the state of the target is unknown. */
export const cannotRun = (message: string): Seen => ({ state: 'unknown', symptom: 'cannot-run', message });

/** The error code of anything that was thrown; empty when it has none. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

const detailOf = (error: unknown): string => excerpt(error instanceof Error ? error.message : String(error), 160);

/** Errors that are the target's own. */
const TARGET: Readonly<Record<string, Seen>> = {
  ECONNREFUSED: unhealthy('refused', 'the connection was refused'),
  ECONNRESET: unhealthy('wrong-answer', 'the connection was reset before the answer was complete'),
  EPIPE: unhealthy('wrong-answer', 'the connection was closed before the question was sent'),
  ECONNABORTED: unhealthy('wrong-answer', 'the connection was aborted'),
  EHOSTUNREACH: unhealthy('refused', 'the host cannot be reached'),
  EHOSTDOWN: unhealthy('refused', 'the host is down'),
  ETIMEDOUT: unhealthy('timeout', 'the connection was not accepted in time'),
  ENOTFOUND: unhealthy('failed', 'the host name does not exist'),
  ENOENT: unhealthy('refused', 'the socket does not exist'),
  EPROTO: unhealthy('wrong-answer', 'the other side does not speak TLS as expected'),
  ERR_SSL_WRONG_VERSION_NUMBER: unhealthy('wrong-answer', 'the other side does not speak TLS'),
  HPE_HEADER_OVERFLOW: unhealthy('wrong-answer', 'the headers are too big (over 16 KB)'),
  CERT_HAS_EXPIRED: unhealthy('wrong-answer', 'the certificate has expired'),
  CERT_NOT_YET_VALID: unhealthy('wrong-answer', 'the certificate is not valid yet'),
  CERT_REVOKED: unhealthy('wrong-answer', 'the certificate was revoked'),
  DEPTH_ZERO_SELF_SIGNED_CERT: unhealthy('wrong-answer', 'the certificate is self-signed and not trusted here'),
  SELF_SIGNED_CERT_IN_CHAIN: unhealthy('wrong-answer', 'the certificate comes from an authority not trusted here'),
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unhealthy('wrong-answer', 'the certificate chain is incomplete or not trusted here'),
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unhealthy(
    'wrong-answer',
    'the certificate comes from an authority not known here',
  ),
  ERR_TLS_CERT_ALTNAME_INVALID: unhealthy('wrong-answer', 'the certificate is for another name'),
};

/** Errors on our own side: no descriptors, ports, memory, route, resolver or permission. */
const OURS: Readonly<Record<string, string>> = {
  EAI_AGAIN: 'the name server cannot be reached from here',
  EAI_FAIL: 'the name server failed',
  EAI_MEMORY: 'there is no memory to look a name up',
  ENETUNREACH: 'there is no route to its network from here',
  ENETDOWN: 'the network is down here',
  EADDRNOTAVAIL: 'no local port is free',
  EMFILE: 'Sereno has too many files open',
  ENFILE: 'the machine has too many files open',
  ENOBUFS: 'the machine has no buffer space',
  ENOMEM: 'the machine has no memory',
  EAGAIN: 'the machine has no room for another process or thread',
  EACCES: 'Sereno is not permitted to',
  EPERM: 'Sereno is not permitted to',
};

/**
 * What a probe that ended in `error` has seen. `doing` is what was tried, as in `connecting to 127.0.0.1:5432`; it stands
 * in the message. A code that is in neither table is held to be the target's: failed.
 */
export const seenError = (error: unknown, doing: string): Seen => {
  const code = codeOf(error);
  const ours = OURS[code];
  if (ours !== undefined) return cannotRun(`${ours} (${code}) while ${doing}`);
  const target = TARGET[code];
  if (target !== undefined) return { ...target, message: `${target.message} while ${doing}` };
  if (code.startsWith('HPE_')) {
    return unhealthy('wrong-answer', `the answer is not valid HTTP (${visible(code)}) while ${doing}`);
  }
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')) {
    return unhealthy('wrong-answer', `TLS failed (${visible(code)}) while ${doing}`);
  }
  return unhealthy('failed', `failed while ${doing}: ${code === '' ? '' : `${visible(code)} `}${detailOf(error)}`);
};
