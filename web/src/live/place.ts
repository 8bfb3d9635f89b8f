// The place: what the page shows, kept in the address, so that it can be linked, and the way back is the browser's own.

import { useSyncExternalStore } from 'react';

export type Place = { readonly kind: 'town' } | { readonly kind: 'service'; readonly id: string } | CodexPlace;

/** All items of the codex, one of them, or two of its versions side by side. */
export type CodexPlace =
  | { readonly kind: 'codex' }
  | { readonly kind: 'codex-item'; readonly item: string }
  | { readonly kind: 'codex-diff'; readonly item: string; readonly from: string; readonly to: string };

const TOWN: Place = { kind: 'town' };
const SERVICE = /^#\/services\/(.+)$/;
const CODEX = /^#\/codex(?:\/([^/]+)(?:\/diff\/([^/]+)\/([^/]+))?)?$/;

/** The place of an address's hash; what it does not know is the town. */
export const placeOf = (hash: string): Place => {
  try {
    const service = SERVICE.exec(hash)?.[1];
    return service === undefined ? codexOf(hash) : { kind: 'service', id: decodeURIComponent(service) };
  } catch {
    return TOWN; // Half an escape: somebody cut the address.
  }
};

const codexOf = (hash: string): Place => {
  const found = CODEX.exec(hash);
  if (found === null) return TOWN;
  const [item, from, to] = found.slice(1).map((part: string | undefined) => part && decodeURIComponent(part));
  if (item === undefined) return { kind: 'codex' };
  return from === undefined || to === undefined ? { kind: 'codex-item', item } : { kind: 'codex-diff', item, from, to };
};

export const hashOf = (place: Place): string => {
  switch (place.kind) {
    case 'town':
      return '#/';
    case 'service':
      return `#/services/${encodeURIComponent(place.id)}`;
    case 'codex':
      return '#/codex';
    case 'codex-item':
      return `#/codex/${encodeURIComponent(place.item)}`;
    case 'codex-diff':
      return `#/codex/${[place.item, 'diff', place.from, place.to].map(encodeURIComponent).join('/')}`;
    default:
      return place satisfies never;
  }
};

export const goTo = (place: Place): void => {
  location.hash = hashOf(place);
};

const subscribe = (listener: () => void): (() => void) => {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
};

/** As a text, which stays equal while the place does. */
export const useHash = (): string => useSyncExternalStore(subscribe, () => location.hash);
