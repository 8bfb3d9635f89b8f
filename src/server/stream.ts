// The event stream: each change is put into words once and sent to everybody who listens.
//
// Changes are gathered for at most 100 ms; of several about one service only the newest is sent. Each listener has a
// queue with a limit: Node's own buffer is filled to its mark and no further, the rest waits in the queue, and who does
// not empty it is told to fetch everything again and is let go. So a slow listener costs a bounded amount of memory
// and delays nobody.

import type { ServerResponse } from 'node:http';
import { frameText } from '#api/frame.ts';
import type { EvidenceRecord } from '#kernel/evidence.ts';
import type { ServiceId } from '#kernel/id.ts';
import type { Redact } from '#kernel/secret.ts';
import type { Instant } from '#kernel/time.ts';
import type { ServiceView } from '#kernel/view.ts';
import type { Change, Desk } from '#ports/desk.ts';
import { unreachable } from '#kernel/unreachable.ts';
import { redactedJson } from './reply.ts';

/** A wall of screens is a dozen; each stream holds a socket and a buffer. */
const LISTENERS_MAX = 64;
/** Well under the promised second, and long enough to fold a storm of changes into one message for each service. */
const GATHER_MS = 100;
/** Two changes of everything on a site with a thousand services. */
const QUEUE_FRAMES_MAX = 2_000;
/** The same two changes at 8 KB for each service. The texts are shared by all who wait for them. */
const QUEUE_LENGTH_MAX = 16_000_000;
/** Proxies cut a silent connection after 30 or 60 s. */
const HEARTBEAT_MS = 15_000;
/** Time for the last words to a slow listener before the socket is closed under it. */
const LAST_WORDS_MS = 5_000;
/** Four heartbeats without a byte taken: nobody is there. */
const STALLED_AFTER_MS = 60_000;
/** Catching up on more than this is slower than fetching the state anew. */
const CATCH_UP_MAX = 1_000;
/** Evidence gathered within 100 ms beyond which listeners are told to fetch instead. */
const GATHERED_RECORDS_MAX = 2_000;

type Listener = {
  readonly outgoing: ServerResponse;
  readonly isAllowed: () => boolean;
  queue: string[];
  queueLength: number;
  lastSeq: number;
  stalledSince: Instant | null;
};

export type StreamParts = {
  readonly desk: Desk;
  readonly redact: Redact;
  readonly now: () => Instant;
  readonly version: string;
};

export type Stream = {
  /** Takes over the response; false when there are too many listeners already. `isAllowed` is asked again at each heartbeat. */
  readonly open: (outgoing: ServerResponse, after: number | null, isAllowed: () => boolean) => boolean;
  readonly listeners: () => number;
  readonly close: () => void;
};

const pump = (listener: Listener, now: () => Instant): void => {
  const { outgoing } = listener;
  while (listener.queue.length > 0 && !outgoing.writableNeedDrain && !outgoing.destroyed) {
    const text = listener.queue.shift();
    if (text === undefined) break;
    listener.queueLength -= text.length;
    outgoing.write(text);
  }
  listener.stalledSince = outgoing.writableNeedDrain ? (listener.stalledSince ?? now()) : null;
};

const endSlowly = (listener: Listener, lastWords: string): void => {
  listener.queue = [];
  listener.outgoing.end(lastWords);
  setTimeout(() => listener.outgoing.destroy(), LAST_WORDS_MS).unref();
};

type Gathered = {
  readonly services: Map<ServiceId, ServiceView>;
  isTownChanged: boolean;
  records: EvidenceRecord[];
  areRecordsLost: boolean;
};

const nothing = (): Gathered => ({ services: new Map(), isTownChanged: false, records: [], areRecordsLost: false });

const gather = (gathered: Gathered, change: Change): void => {
  switch (change.kind) {
    case 'service':
      gathered.services.set(change.service.id, change.service);
      return;
    case 'town':
      gathered.isTownChanged = true;
      return;
    case 'evidence':
      if (gathered.records.length < GATHERED_RECORDS_MAX) gathered.records.push(change.record);
      else gathered.areRecordsLost = true;
      return;
    default:
      unreachable(change);
  }
};

/** Frames with the sequence number of the evidence that they carry; null for all other frames. */
type Spoken = { readonly seq: number | null; readonly text: string };

const makeWords = ({ desk, redact, now, version }: StreamParts) => {
  const frame = (event: string, body: unknown, id: string | null = null): string =>
    frameText({ event, body: redactedJson(body, redact), id });
  const record = (it: EvidenceRecord): string => frame('evidence', it, String(it.seq));
  const resync = (why: string): string => frame('resync', { why });
  return {
    record,
    resync,
    hello: (): string => {
      const town = desk.summary();
      return frame('hello', { version, site: town.site, lastSeq: town.evidence.lastSeq, at: now() });
    },
    all: (gathered: Gathered): readonly Spoken[] => {
      return [
        ...[...gathered.services.values()].map((view) => ({ seq: null, text: frame('service', view) })),
        ...(gathered.isTownChanged ? [{ seq: null, text: frame('town', desk.summary()) }] : []),
        ...gathered.records.map((each) => ({ seq: each.seq, text: record(each) })),
        ...(gathered.areRecordsLost ? [{ seq: null, text: resync('too much evidence at once') }] : []),
      ];
    },
  };
};

type Words = ReturnType<typeof makeWords>;

/** All who listen. Each gets every frame, in order, or is let go. */
const makeCrowd = (words: Words, now: () => Instant) => {
  const listeners = new Set<Listener>();
  const letGo = (listener: Listener, why: string): void => {
    listeners.delete(listener);
    endSlowly(listener, words.resync(why));
  };
  const send = (listener: Listener, spoken: readonly Spoken[]): void => {
    for (const { seq, text } of spoken) {
      if (seq !== null && seq <= listener.lastSeq) continue;
      listener.lastSeq = seq ?? listener.lastSeq;
      listener.queue.push(text);
      listener.queueLength += text.length;
    }
    pump(listener, now);
    const isOver = listener.queue.length > QUEUE_FRAMES_MAX || listener.queueLength > QUEUE_LENGTH_MAX;
    if (isOver) letGo(listener, 'too slow: fetch everything again');
  };
  return {
    send,
    size: (): number => listeners.size,
    sendAll: (spoken: readonly Spoken[]): void => {
      for (const listener of listeners) send(listener, spoken);
    },
    admit: (listener: Listener): void => {
      listeners.add(listener);
      listener.outgoing.on('close', () => listeners.delete(listener));
      listener.outgoing.on('error', () => listeners.delete(listener));
      listener.outgoing.on('drain', () => pump(listener, now));
    },
    beat: (): void => {
      for (const listener of listeners) {
        const stalledMs = listener.stalledSince === null ? 0 : now() - listener.stalledSince;
        if (stalledMs > STALLED_AFTER_MS) letGo(listener, 'nothing was taken for a minute');
        else if (!listener.isAllowed()) letGo(listener, 'the token has ended');
        else send(listener, [{ seq: null, text: ': still here\n\n' }]);
      }
    },
    dismiss: (why: string): void => {
      for (const listener of listeners) letGo(listener, why);
    },
  };
};

/** What a newcomer has missed; a resync when that is more than can be sent at once. */
const catchUp = (desk: Desk, words: Words, after: number): readonly Spoken[] => {
  const records = desk.evidence({ after, limit: CATCH_UP_MAX + 1, order: 'oldest-first' });
  if (records.length > CATCH_UP_MAX) return [{ seq: null, text: words.resync('too far behind') }];
  return records.map((each) => ({ seq: each.seq, text: words.record(each) }));
};

/** Starts listening to the desk. One stream for each server. */
export const makeStream = (parts: StreamParts): Stream => {
  const { desk, now } = parts;
  const words = makeWords(parts);
  const crowd = makeCrowd(words, now);
  let gathered = nothing();
  let timer: NodeJS.Timeout | null = null;
  const flush = (): void => {
    timer = null;
    const spoken = crowd.size() === 0 ? [] : words.all(gathered);
    gathered = nothing();
    crowd.sendAll(spoken);
  };
  const unsubscribe = desk.subscribe((change) => {
    if (crowd.size() === 0) return;
    gather(gathered, change);
    timer ??= setTimeout(flush, GATHER_MS);
  });
  const heartbeat = setInterval(crowd.beat, HEARTBEAT_MS);
  heartbeat.unref();
  return {
    open: (outgoing, after, isAllowed) => {
      if (crowd.size() >= LISTENERS_MAX) return false;
      const lastSeq = after ?? 0;
      const listener: Listener = { outgoing, isAllowed, queue: [], queueLength: 0, lastSeq, stalledSince: null };
      crowd.admit(listener);
      outgoing.flushHeaders();
      crowd.send(listener, [
        { seq: null, text: words.hello() },
        ...(after === null ? [] : catchUp(desk, words, after)),
      ]);
      return true;
    },
    listeners: crowd.size,
    close: () => {
      unsubscribe();
      clearInterval(heartbeat);
      if (timer !== null) clearTimeout(timer);
      crowd.dismiss('Sereno is going down');
    },
  };
};
