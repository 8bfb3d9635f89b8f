// A copy of the town that follows the event stream: fetched whole when the stream greets, then changed message by message.
//
// The stream must be open before the town is fetched, or what changes in between is never seen. A message that comes
// while a fetch is on its way may be older or newer than what the fetch brings, so then the town is fetched once more.

import type { StreamMessage } from '#api/stream.ts';
import type { TownView } from '#kernel/view.ts';

/** The town after a message; null: it must be fetched whole. */
const changed = (town: TownView, message: StreamMessage): TownView | null => {
  switch (message.event) {
    case 'service': {
      const isKnown = town.services.some((service) => service.id === message.body.id);
      const services = town.services.map((service) => (service.id === message.body.id ? message.body : service));
      return isKnown ? { ...town, services } : null;
    }
    case 'town': {
      // A service that came or went is not in the message: the digest of the configuration tells.
      const isSameSite = message.body.configDigest === town.configDigest;
      return isSameSite ? { ...message.body, services: town.services } : null;
    }
    case 'evidence':
      return town;
    default:
      return null;
  }
};

/** Under a storm of changes the copy may be one message behind; the next message mends it. */
const FETCHES_MAX = 3;

export type Mirror = { readonly take: (message: StreamMessage) => void };

/** `fetch` gives null when it did not succeed; then the copy stays as it was until the next greeting. */
export const makeMirror = (fetch: () => Promise<TownView | null>, onChange: (town: TownView) => void): Mirror => {
  let town: TownView | null = null;
  let isFetching = false;
  let isOvertaken = false;
  const refresh = async (): Promise<void> => {
    isFetching = true;
    for (let fetches = 0; fetches < FETCHES_MAX && (fetches === 0 || isOvertaken); fetches += 1) {
      isOvertaken = false;
      town = (await fetch()) ?? town;
    }
    isFetching = false;
    if (town !== null) onChange(town);
  };
  return {
    take: (message) => {
      if (isFetching) {
        isOvertaken = isOvertaken || message.event !== 'evidence';
        return;
      }
      const next = town === null ? null : changed(town, message);
      if (next === null) void refresh();
      else if (next !== town) {
        town = next;
        onChange(next);
      }
    },
  };
};
