// The picture: all that the page knows, replaced as a whole with every message. Pure; the connection feeds it.
//
// It begins empty. `met` is the answer to the first full look and replaces everything but the evidence; then the
// stream's messages change parts of it. When the connection is lost the picture stays as it was and is called old.

import type { StreamMessage } from '#api/stream.ts';
import type { EvidenceRecord, Figures, ServiceView, TownSummary, TownView } from './wire.ts';

/** What the page holds in memory: some hours of a lively town, about 1 MB. */
export const RECORDS_MAX = 500;

export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** `since`: when the last word was heard, by the clock of this machine; null: never in this page's life. */
  | { readonly kind: 'lost'; readonly since: number; readonly detail: string; readonly retryAt: number }
  /** Sereno answers but wants a token to be looked at. */
  | { readonly kind: 'refused'; readonly since: number; readonly detail: string };

export type Picture = {
  readonly connection: Connection;
  readonly town: TownSummary | null;
  /** In the order in which they were declared. */
  readonly services: ReadonlyMap<string, ServiceView>;
  /** Newest first. */
  readonly records: readonly EvidenceRecord[];
  readonly figures: Figures | null;
  /** Viewer's clock at the last word from Sereno. */
  readonly heardAt: number | null;
  /** Sereno's clock minus the viewer's, so that ages are right on a machine with a wrong clock. */
  readonly offsetMs: number;
};

export const EMPTY: Picture = {
  connection: { kind: 'connecting' },
  town: null,
  services: new Map(),
  records: [],
  figures: null,
  heardAt: null,
  offsetMs: 0,
};

/** True when what is shown may no longer be so. */
export const isOld = (picture: Picture): boolean => picture.connection.kind !== 'live';

/** Both lists as one, newest first, each number once, bounded. */
export const mergeRecords = (
  known: readonly EvidenceRecord[],
  more: readonly EvidenceRecord[],
): readonly EvidenceRecord[] => {
  const newest = known[0]?.seq ?? 0;
  const isPlain = more.length === 1 && more.every((record) => record.seq > newest);
  if (isPlain) return [...more, ...known].slice(0, RECORDS_MAX);
  const bySeq = new Map([...known, ...more].map((record) => [record.seq, record]));
  return [...bySeq.values()].sort((a, b) => b.seq - a.seq).slice(0, RECORDS_MAX);
};

/** A full look at the town: what was there before and is not there now is gone. */
export const met = (picture: Picture, town: TownView, now: number): Picture => {
  const { services, ...summary } = town;
  return {
    ...picture,
    town: summary,
    services: new Map(services.map((service) => [service.id, service])),
    heardAt: now,
    offsetMs: town.at - now,
  };
};

const withService = (picture: Picture, service: ServiceView): Picture => {
  const services = new Map(picture.services);
  services.set(service.id, service);
  return { ...picture, services };
};

/** One message of the stream. `resync` changes nothing here: whoever feeds the picture looks again. */
export const heard = (picture: Picture, message: StreamMessage, now: number): Picture => {
  const awake = { ...picture, heardAt: now };
  switch (message.event) {
    case 'hello':
      return { ...awake, offsetMs: message.body.at - now };
    case 'service':
      return withService(awake, message.body);
    case 'town':
      return { ...awake, town: message.body, offsetMs: message.body.at - now };
    case 'evidence':
      return { ...awake, records: mergeRecords(picture.records, [message.body]) };
    case 'resync':
      return awake;
    default:
      return message satisfies never;
  }
};
