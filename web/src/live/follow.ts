// The connection: follows the event stream, looks at everything anew when it must, and comes back after it was lost.
//
// connecting → (hello, full look) live → lost → (back-off) connecting …; refused waits for another token.
// A stream can be dead without a word: the heartbeat is a comment that the reader drops. So the page asks for the
// watchman's own figures every few seconds, and silence to that is a lost connection too.

import { connectTo, type Client } from '#api/client.ts';
import type { StreamMessage } from '#api/stream.ts';
import { heard, mergeRecords, met, RECORDS_MAX, type Connection } from './picture.ts';
import { changePicture, currentPicture } from './store.ts';
import { currentToken, onTokenChange } from './token.ts';

/** First wait after a loss; short, for a restart of Sereno takes about a second. */
const RETRY_FIRST_MS = 500;
/** Longest wait: a page that was left open over a weekend is back within this after the network is. */
const RETRY_MAX_MS = 10_000;
/** Ten unknown tokens in a minute lock an address out; a page that was left open must not be the reason. */
const REFUSED_RETRY_MS = 60_000;
/** How often the figures are asked for. */
const PULSE_MS = 5_000;
/** Silence to the pulse for this long is a lost connection. */
const PULSE_WITHIN_MS = 4_000;

export const client = (): Client => connectTo({ url: '', token: currentToken() });

const setConnection = (connection: Connection): void => changePicture((picture) => ({ ...picture, connection }));

/** Some of the waits are cut short by jitter, so that a hundred pages do not come back in one instant. */
const waitMs = (failures: number): number =>
  Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(failures, 10)) * (0.75 + Math.random() / 4);

type Ended = { readonly kind: 'lost' | 'refused'; readonly detail: string };

/** The whole town and the newest evidence. Null when it worked. */
const lookAtEverything = async (): Promise<Ended | null> => {
  const asked = client();
  const limit = String(RECORDS_MAX);
  const [town, evidence] = await Promise.all([asked.read('town'), asked.read('evidence', { query: { limit } })]);
  if (town.kind !== 'ok' || evidence.kind !== 'ok') return sayEnd(town.kind === 'ok' ? evidence : town);
  changePicture((picture) => ({
    ...met(picture, town.value, Date.now()),
    records: mergeRecords(picture.records, evidence.value.records),
    connection: { kind: 'live' },
  }));
  return null;
};

type Outcome =
  | { readonly kind: 'ok' }
  | { readonly kind: 'unreachable'; readonly detail: string }
  | { readonly kind: 'refused'; readonly status: number; readonly problems: readonly { readonly message: string }[] };

const sayEnd = (outcome: Outcome): Ended => {
  if (outcome.kind === 'ok') return { kind: 'lost', detail: 'the stream was ended by Sereno' };
  if (outcome.kind === 'unreachable') return { kind: 'lost', detail: outcome.detail };
  const detail = outcome.problems.map((problem) => problem.message).join('; ');
  const isAboutToken = outcome.status === 401 || outcome.status === 403;
  return { kind: isAboutToken ? 'refused' : 'lost', detail };
};

/** Asks for the figures until the stream is over; ends the stream when there is no answer. Null: it was not the pulse. */
const keepPulse = async (over: AbortController): Promise<Ended | null> => {
  // No limit on the number of beats: it lives as long as the stream.
  while (!over.signal.aborted) {
    const figures = await client().read('figures', { timeoutMs: PULSE_WITHIN_MS });
    if (over.signal.aborted) return null;
    if (figures.kind !== 'ok') {
      over.abort();
      return sayEnd(figures);
    }
    changePicture((picture) => ({ ...picture, figures: figures.value, heardAt: Date.now() }));
    await pause(PULSE_MS, over.signal);
  }
  return null;
};

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const stop = (): void => {
      clearTimeout(timer);
      resolve();
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });

/** One life of the stream, from the first byte to the last. */
const followOnce = async (over: AbortController): Promise<Ended> => {
  let failure: Ended | null = null;
  const life: { pulse: Promise<Ended | null> | null } = { pulse: null };
  const look = (): void => {
    void lookAtEverything().then((ended) => {
      failure ??= ended;
      if (ended !== null) over.abort();
    });
  };
  const onMessage = (message: StreamMessage): void => {
    changePicture((picture) => heard(picture, message, Date.now()));
    // A full look after `hello`, not before: nothing can change unseen between the two.
    if (message.event === 'hello' || message.event === 'resync') look();
    life.pulse ??= keepPulse(over);
  };
  const after = currentPicture().records[0]?.seq;
  const outcome = await client().follow({ signal: over.signal, onMessage, ...(after === undefined ? {} : { after }) });
  over.abort();
  const silence = life.pulse === null ? null : await life.pulse;
  return failure ?? silence ?? sayEnd(outcome);
};

const sayLost = (ended: Ended, retryAt: number): void => {
  const { heardAt, connection } = currentPicture();
  const since = connection.kind === 'lost' ? connection.since : (heardAt ?? Date.now());
  setConnection({ ...ended, since, retryAt });
};

/** Follows for ever. A new token, the network coming back, or a person looking at the page again cuts a wait short. */
export const followForEver = async (): Promise<never> => {
  let failures = 0;
  let over = new AbortController();
  let waiting = new AbortController();
  const hurry = (): void => {
    if (currentPicture().connection.kind !== 'refused') waiting.abort();
  };
  onTokenChange(() => {
    over.abort();
    waiting.abort();
  });
  window.addEventListener('online', hurry);
  document.addEventListener('visibilitychange', hurry);
  for (;;) {
    over = new AbortController();
    const ended = await followOnce(over);
    const wasLive = currentPicture().connection.kind === 'live';
    failures = wasLive ? 0 : failures + 1;
    const ms = ended.kind === 'refused' ? REFUSED_RETRY_MS : waitMs(failures);
    waiting = new AbortController();
    sayLost(ended, Date.now() + ms);
    await pause(ms, waiting.signal);
  }
};
