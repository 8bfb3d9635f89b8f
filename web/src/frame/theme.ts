// The theme: what the system prefers, unless the person chose otherwise on this machine.

import { useState } from 'react';

export type Theme = 'system' | 'light' | 'dark';

const KEY = 'sereno.theme';
const NEXT: Readonly<Record<Theme, Theme>> = { system: 'dark', dark: 'light', light: 'system' };

const chosen = (): Theme => {
  const kept = localStorage.getItem(KEY);
  return kept === 'light' || kept === 'dark' ? kept : 'system';
};

/** Before the first paint. */
export const wearTheme = (theme: Theme = chosen()): void => {
  if (theme === 'system') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
};

/** The theme, and a way to the next: system → dark → light. */
export const useTheme = (): { readonly theme: Theme; readonly next: Theme; readonly turn: () => void } => {
  const [theme, setTheme] = useState(chosen);
  const next = NEXT[theme];
  const turn = (): void => {
    if (next === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
    wearTheme(next);
    setTheme(next);
  };
  return { theme, next, turn };
};
