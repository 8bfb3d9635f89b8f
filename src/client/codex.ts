// The client of the codex: gives a program what was blessed, verified against a root that the program was given, and goes on
// with the last good one when the server, the network or a signature fails. It never gives what it has not verified.
//
//   const codex = openCodex({ url: 'http://127.0.0.1:7373', root: readFileSync('root.json', 'utf8'), cache: '.codex' });
//   const got = await codex.get('concise_description');
//   if (got.kind !== 'none') ask(got.revision.content.prompt);

import { Held, type Verified } from './held.ts';
import { Line, type Came } from './line.ts';
import type { Trouble } from './order.ts';

/** What a blessed revision says. */
export type CodexContent = {
  readonly task_id: string;
  readonly title: string;
  readonly model_id: string;
  readonly prompt: string;
  readonly temperature: number;
  readonly max_tokens: number;
  readonly format: 'json' | 'markdown';
  readonly expected_behavior: string;
  readonly qa_schema_id: string;
  readonly source_log_id: string;
};

export type CodexRevision = {
  readonly item: string;
  /** As the server counts it. After a rollback the signatures name an earlier one, `blessedAs`. */
  readonly version: number;
  /** The version that the signatures name. */
  readonly blessedAs: number;
  /** SHA-256 of everything that it was made of. */
  readonly digest: string;
  readonly content: CodexContent;
  /** The people whose signatures were verified. */
  readonly blessedBy: readonly string[];
  /** Version of the root of trust that it was judged by. */
  readonly root: number;
  /**
   * Version of the signed head of the log by which this is what was asked for, and none older; null: the server never showed
   * one, and its word is taken for the order of versions.
   */
  readonly head: number | null;
};

/**
 * Why it is not fresh. `unreachable`: no answer. `none`: the server refuses. `unverified`: what came is not believed.
 * `rolled-back`: it is older than what was seen, or than what the signed head of the log names. `stale`: the head has expired,
 * so that newer versions may be held back.
 */
export type CodexDoubt = 'unreachable' | 'none' | 'unverified' | 'rolled-back' | 'stale';

export type CodexGot =
  /** The server says so now, and it was verified. */
  | { readonly kind: 'fresh'; readonly revision: CodexRevision }
  /** The last good one, verified again; `why` it may not be the newest, and when (milliseconds) it last was. */
  | {
      readonly kind: 'cached';
      readonly code: CodexDoubt;
      readonly revision: CodexRevision;
      readonly confirmedAt: number;
      readonly why: string;
    }
  /** Nothing that may be used. `revoked`: somebody who may has said so, and has signed it. */
  | { readonly kind: 'none'; readonly code: CodexDoubt | 'revoked'; readonly why: string };

export type CodexOptions = {
  /** Of the running Sereno, `http://127.0.0.1:7373`. */
  readonly url: string;
  /** The text of a root document that came by a way that is trusted: `sereno codex get --root`. */
  readonly root: string;
  /** A folder for the last good revisions; left out or null: they are forgotten when the program ends. */
  readonly cache?: string | null;
  /** Believe nothing without a signed head of the log, also where none was ever seen; false unless told otherwise. */
  readonly demandHead?: boolean;
  /** Needed when Sereno is bound beyond loopback. */
  readonly token?: string | null;
  /** For one answer; 10 s unless told otherwise. A long poll may take its wait besides. */
  readonly timeoutMs?: number;
  /** The clock, in milliseconds: a root of trust expires. */
  readonly now?: () => number;
};

export type FollowOptions = {
  /** `active` unless told otherwise; or a tag. */
  readonly ref?: string;
  readonly signal: AbortSignal;
  /** How long the server holds a question open; 30 s unless told otherwise, 1 to 60. */
  readonly waitSeconds?: number;
};

export type CodexClient = {
  /** One revision: `active` unless told otherwise, a version, a tag or a digest. Never rejects for what the far side does. */
  readonly get: (item: string, ref?: string) => Promise<CodexGot>;
  /** Calls back with what is there, and whenever that is another; until the signal. */
  readonly follow: (item: string, onGot: (got: CodexGot) => void, options: FollowOptions) => Promise<void>;
};

const ANSWER_WITHIN_MS = 10_000;
const WAIT_SECONDS = 30;
const WAIT_SECONDS_MAX = 60;
/** Between two questions an item may move on; more than so often is no chance. */
const LOOKS_MAX = 3;
/** The first wait after a failure, and the longest. */
const RETRY_FIRST_MS = 250;
const RETRY_MAX_MS = 15_000;

const ITEM = /^[a-z][a-z0-9_]{0,99}$/;
const REF = /^(?:(?:sha256:)?[0-9a-f]{64}|v?[1-9]\d{0,14}|[a-z][a-z0-9._-]{0,63})$/;

/** Opens a client. Throws when the root is none, or is not signed by its own people: nothing could ever be verified. */
export const openCodex = (options: CodexOptions): CodexClient => {
  const now = options.now ?? Date.now;
  const line = new Line({
    url: options.url.replace(/\/+$/, ''),
    token: options.token ?? null,
    timeoutMs: options.timeoutMs ?? ANSWER_WITHIN_MS,
  });
  const held = new Held({ root: options.root, folder: options.cache ?? null, now });
  const desk: Desk = { line, held, isHeadDemanded: options.demandHead === true };
  const ask = (asked: Asked): Promise<CodexGot> => askSettled(desk, asked);
  return {
    get: (item, ref = 'active') => ask({ item, ref, waitSeconds: null, signal: null }),
    follow: (item, onGot, wanted) => follow(ask, item, onGot, wanted),
  };
};

type Asked = {
  readonly item: string;
  readonly ref: string;
  readonly waitSeconds: number | null;
  readonly signal: AbortSignal | null;
};

type Desk = { readonly line: Line; readonly held: Held; readonly isHeadDemanded: boolean };

/** What was given and the head of the log are asked for one after the other, and may be of two moments: then both once more. */
const askSettled = async (desk: Desk, asked: Asked): Promise<CodexGot> => {
  let got = await askOnce(desk, asked, false);
  for (let looks = 1; looks < LOOKS_MAX && got.kind !== 'fresh' && got.code === 'rolled-back'; looks += 1)
    got = await askOnce(desk, { ...asked, waitSeconds: null }, true);
  return got;
};

const askOnce = async (desk: Desk, asked: Asked, isAgain: boolean): Promise<CodexGot> => {
  const { line, held } = desk;
  const { item, ref } = asked;
  if (!ITEM.test(item) || !REF.test(ref)) return none('none', `${item}@${ref} is no revision`);
  const known = held.good(item, ref);
  const came = await line.content({ ...asked, known: known?.digest ?? null });
  if (came.kind === 'failed') return fallBack(held, asked, came.why);
  const trouble = await headTrouble(desk, came, { signal: asked.signal, isAgain });
  if (trouble !== null && came.kind !== 'refused') return fallBack(held, asked, trouble.why, trouble.code);
  if (came.kind === 'same' && came.root <= held.rootVersion()) return confirmed(held, asked);
  const version = came.kind === 'refused' ? known?.version : came.version;
  if (version === undefined) return fallBack(held, asked, came.kind === 'refused' ? came.why : 'no version', 'none');
  // Also after a refusal: it may be that what is held was revoked, or that a new root does not believe it any more.
  const proof = await line.proof(item, version, held.rootVersion(), asked.signal);
  if (proof.kind === 'failed') return fallBack(held, asked, came.kind === 'refused' ? came.why : proof.why);
  const taken = held.take(item, ref, { value: proof.value, body: came.kind === 'other' ? came.body : null });
  if (came.kind === 'refused') return fallBack(held, asked, came.why, 'none');
  return taken === null ? confirmed(held, asked) : fallBack(held, asked, taken.why, taken.code);
};

type Heading = { readonly signal: AbortSignal | null; readonly isAgain: boolean };

/** Asks for the head of the log unless the one that is held is said to be the newest, and is fresh. Null: nothing is wrong. */
const headTrouble = async (desk: Desk, came: Came, { signal, isAgain }: Heading): Promise<Trouble | null> => {
  const { line, held, isHeadDemanded } = desk;
  const known = held.headVersion();
  const said = came.kind === 'same' || came.kind === 'other' ? came.head : 0;
  if (said === 0 && known === null && !isHeadDemanded) return null;
  if (said === known && held.isHeadFresh() && !isAgain) return null;
  const headed = await line.head(held.rootVersion(), signal);
  if (headed.kind === 'head') return held.takeHead(headed.value);
  if (headed.kind === 'failed') return { code: 'unreachable', why: headed.why };
  if (known !== null)
    return { code: 'rolled-back', why: `head ${known} of the log was there before, and the server knows of none` };
  return isHeadDemanded || said !== 0
    ? { code: 'unverified', why: 'the server shows no signed head of its log' }
    : null;
};

type NoneCode = Extract<CodexGot, { kind: 'none' }>['code'];

const none = (code: NoneCode, why: string): CodexGot => ({ kind: 'none', code, why });

const revisionOf = ({ item, version, origin, digest, content, by, root, head }: Verified): CodexRevision => ({
  item,
  version,
  blessedAs: origin,
  digest,
  content,
  blessedBy: by,
  root,
  head,
});

type Named = Pick<Asked, 'item' | 'ref'>;

const confirmed = (held: Held, { item, ref }: Named): CodexGot => {
  const trouble = held.outOfOrder(item, ref);
  if (trouble !== null) return fallBack(held, { item, ref }, trouble.why, trouble.code);
  const good = held.confirm(item, ref);
  return good === null
    ? lost(held, { item, ref }, 'it is not believed any more', 'unverified')
    : { kind: 'fresh', revision: revisionOf(good) };
};

/** Without a good answer: the last good one, if there is one that is still believed. */
const fallBack = (held: Held, { item, ref }: Named, why: string, code: CodexDoubt = 'unreachable'): CodexGot => {
  const good = held.good(item, ref);
  if (good === null) return lost(held, { item, ref }, why, code);
  return { kind: 'cached', code, revision: revisionOf(good), confirmedAt: held.confirmedAt(item, ref), why };
};

const lost = (held: Held, { item, ref }: Named, why: string, code: NoneCode): CodexGot => {
  const ended = held.ended(item, ref);
  if (ended === null) return none(code, why);
  return none(ended.kind === 'revoked' ? 'revoked' : 'unverified', ended.why);
};

const sameGot = (a: CodexGot | null, b: CodexGot): boolean => {
  if (a === null || a.kind !== b.kind) return false;
  if (a.kind === 'none' || b.kind === 'none') return a.kind === 'none' && b.kind === 'none' && a.code === b.code;
  if (a.kind === 'cached' && b.kind === 'cached' && a.code !== b.code) return false;
  return a.revision.digest === b.revision.digest && a.revision.version === b.revision.version;
};

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    signal.addEventListener('abort', over);
    if (signal.aborted) over();
  });

const follow = async (
  ask: (asked: Asked) => Promise<CodexGot>,
  item: string,
  onGot: (got: CodexGot) => void,
  { ref = 'active', signal, waitSeconds = WAIT_SECONDS }: FollowOptions,
): Promise<void> => {
  let told: CodexGot | null = null;
  let failures = 0;
  const seconds = Math.min(WAIT_SECONDS_MAX, Math.max(1, Math.round(waitSeconds)));
  // No limit on the questions: it lives until the program ends it.
  while (!signal.aborted) {
    const got = await ask({ item, ref, waitSeconds: told?.kind === 'fresh' ? seconds : null, signal });
    if (signal.aborted) return;
    if (!sameGot(told, got)) onGot(got);
    told = got;
    failures = got.kind === 'fresh' ? 0 : failures + 1;
    // Many programs lose one server at the same moment, and must not come back at the same moment. Chance is enough for that:
    // nobody gains by guessing how long a program waits, so `Math.random` need not be one for secrets.
    const ms = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(failures - 1, 10)) * (0.5 + Math.random() / 2);
    if (failures > 0) await pause(ms, signal);
  }
};
