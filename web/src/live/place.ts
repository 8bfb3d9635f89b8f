// The place: what the page shows, kept in the address, so that it can be linked, and the way back is the browser's own.

import { useSyncExternalStore } from 'react';

export type Place = { readonly kind: 'town' } | { readonly kind: 'service'; readonly id: string };

const TOWN: Place = { kind: 'town' };
const SERVICE = /^#\/services\/(.+)$/;

/** The place of an address's hash; what it does not know is the town. */
export const placeOf = (hash: string): Place => {
  const found = SERVICE.exec(hash)?.[1];
  if (found === undefined) return TOWN;
  try {
    return { kind: 'service', id: decodeURIComponent(found) };
  } catch {
    return TOWN; // Half an escape: somebody cut the address.
  }
};

export const hashOf = (place: Place): string =>
  place.kind === 'town' ? '#/' : `#/services/${encodeURIComponent(place.id)}`;

export const goTo = (place: Place): void => {
  location.hash = hashOf(place);
};

const subscribe = (listener: () => void): (() => void) => {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
};

/** As a text, which stays equal while the place does. */
export const useHash = (): string => useSyncExternalStore(subscribe, () => location.hash);
