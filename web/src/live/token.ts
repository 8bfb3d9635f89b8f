// The token: kept for this tab only, and taken from the address bar once.

import { useSyncExternalStore } from 'react';

const KEY = 'sereno.token';

const listeners = new Set<() => void>();

/** Moves `#token=…` out of the address bar, where it would be seen and kept in the history. */
export const takeTokenFromAddress = (): void => {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given === null) return;
  history.replaceState(null, '', location.pathname + location.search);
  if (given !== '') sessionStorage.setItem(KEY, given);
};

export const currentToken = (): string | null => sessionStorage.getItem(KEY);

/** Null forgets it. */
export const keepToken = (token: string | null): void => {
  if (token === null) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, token);
  for (const listener of listeners) listener();
};

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Calls back when the token is another. */
export const onTokenChange = subscribe;

export const useToken = (): string | null => useSyncExternalStore(subscribe, currentToken);
