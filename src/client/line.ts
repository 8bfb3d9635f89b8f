// The line to the server: two questions, and every way in which an answer can fail to come.

import { sha256 } from './proof.ts';

export type LineParts = { readonly url: string; readonly token: string | null; readonly timeoutMs: number };

export type Question = {
  readonly item: string;
  readonly ref: string;
  /** The digest that is held already. */
  readonly known: string | null;
  readonly waitSeconds: number | null;
  readonly signal: AbortSignal | null;
};

/** What the server says besides: the version of the root that it judges by, and of the head of its log (0: it shows none). */
type Said = { readonly version: number; readonly root: number; readonly head: number };

export type Came =
  | ({ readonly kind: 'same' } & Said)
  | ({ readonly kind: 'other'; readonly body: string } & Said)
  /** The server answers, and gives nothing: revoked, not blessed, not believed, damaged. */
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string };

export type Proven =
  { readonly kind: 'proof'; readonly value: unknown } | { readonly kind: 'failed'; readonly why: string };

/** `none`: the server knows of no head, or is older than heads. */
export type Headed =
  | { readonly kind: 'head'; readonly value: unknown }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed'; readonly why: string };

/** A prompt has some KB; a source may have 50 MB. */
const BYTES_MAX = 134_217_728;

const failed = (why: string): { readonly kind: 'failed'; readonly why: string } => ({ kind: 'failed', why });

const causeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== '' ? error.cause.message : error.message;
};

/** What a refusal says, in the form of Sereno's; its status when it has another form. */
const problemIn = (status: number, text: string): string => {
  try {
    const body: unknown = JSON.parse(text);
    const problems: unknown = typeof body === 'object' && body !== null && 'problems' in body ? body.problems : null;
    const [first]: readonly unknown[] = Array.isArray(problems) ? problems : [];
    if (typeof first === 'object' && first !== null && 'message' in first) return String(first.message);
  } catch {
    // Something else answers at that address.
  }
  return `the server answered ${status}`;
};

const bodyOf = async (response: Response): Promise<string> => {
  if (response.body === null) return '';
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body) {
    length += part.length;
    if (length > BYTES_MAX) throw new Error(`the answer has more than ${BYTES_MAX} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
};

const numberIn = (response: Response, name: string): number => Number(response.headers.get(name) ?? 0);

const saidIn = (response: Response): Said => ({
  version: numberIn(response, 'sereno-codex-version'),
  root: numberIn(response, 'sereno-codex-root'),
  head: numberIn(response, 'sereno-codex-head'),
});

export class Line {
  readonly #parts: LineParts;

  constructor(parts: LineParts) {
    this.#parts = parts;
  }

  async content({ item, ref, known, waitSeconds, signal }: Question): Promise<Came> {
    const isWaiting = known !== null && waitSeconds !== null;
    const query = isWaiting ? `?wait=${waitSeconds}s&than=${known}` : '';
    const path = `/api/codex/${item}/${encodeURIComponent(ref)}${query}`;
    const ms = this.#parts.timeoutMs + (isWaiting ? waitSeconds * 1_000 : 0);
    try {
      const tag = known === null ? {} : { 'if-none-match': `"${known}"` };
      const response = await this.#ask(path, { ms, signal, headers: tag });
      const body = await bodyOf(response);
      const said = saidIn(response);
      if (response.status === 304) return { kind: 'same', ...said };
      if (response.status === 200) return whole(response, { ...said, body });
      return { kind: 'refused', why: problemIn(response.status, body) };
    } catch (error) {
      return failed(causeOf(error));
    }
  }

  async proof(item: string, version: number, afterRoot: number, signal: AbortSignal | null): Promise<Proven> {
    try {
      const path = `/api/codex/${item}/${version}/proof?root=${afterRoot}`;
      const response = await this.#ask(path, { ms: this.#parts.timeoutMs, signal, headers: {} });
      const body = await bodyOf(response);
      if (response.status !== 200) return failed(problemIn(response.status, body));
      return { kind: 'proof', value: JSON.parse(body) };
    } catch (error) {
      return failed(causeOf(error));
    }
  }

  /** The signed head of the log, with the roots after the one that is known. */
  async head(afterRoot: number, signal: AbortSignal | null): Promise<Headed> {
    try {
      const asking = { ms: this.#parts.timeoutMs, signal, headers: {} };
      const response = await this.#ask(`/api/codex-head?root=${afterRoot}`, asking);
      const body = await bodyOf(response);
      if (response.status === 404) return { kind: 'none' };
      return response.status === 200
        ? { kind: 'head', value: JSON.parse(body) }
        : failed(problemIn(response.status, body));
    } catch (error) {
      return failed(causeOf(error));
    }
  }

  #ask(path: string, { ms, signal, headers }: Asking): Promise<Response> {
    const { url, token } = this.#parts;
    const over = AbortSignal.timeout(ms);
    return fetch(`${url}${path}`, {
      headers: {
        ...headers,
        accept: 'application/json',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      signal: signal === null ? over : AbortSignal.any([over, signal]),
      redirect: 'error',
      cache: 'no-store',
    });
  }
}

type Asking = {
  readonly ms: number;
  readonly signal: AbortSignal | null;
  readonly headers: Readonly<Record<string, string>>;
};

/** RFC 9530: the bytes that came are the bytes that were sent. */
const whole = (response: Response, it: Said & { readonly body: string }): Came => {
  const said = response.headers.get('content-digest');
  const found = `sha-256=:${Buffer.from(sha256(it.body), 'hex').toString('base64')}:`;
  if (said !== null && said !== found) return failed('the answer was cut off or changed on its way');
  return { kind: 'other', ...it };
};
