// The keys. They do nothing while a person types or a dialog is open, and never take a key with a modifier.

import { useEffect, useRef } from 'react';

export type Keys = Readonly<Record<string, () => void>>;

/** For the help sheet, in the order in which one learns them. */
export const KEY_WORDS: readonly (readonly [key: string, what: string])[] = [
  ['j  k', 'next, previous service'],
  ['Enter', 'open or close it'],
  ['o', 'its page: charts, budget, causes'],
  ['r', 'restart it (asks first)'],
  ['h', 'hold, or release (asks first)'],
  ['/', 'filter'],
  ['t', 'token: who you are'],
  ['Esc', 'close, leave the filter, back to all'],
  ['?', 'this help'],
];

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLInputElement || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement;

/** A button, link or summary takes Enter itself. */
const takesEnter = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('button, a, summary') !== null;

const shouldIgnore = (event: KeyboardEvent): boolean => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return true;
  if (document.querySelector('dialog[open]') !== null) return true;
  if (event.key === 'Escape') return false;
  return isTyping(event.target) || (event.key === 'Enter' && takesEnter(event.target));
};

export const useKeys = (keys: Keys): void => {
  const current = useRef(keys);
  useEffect(() => {
    current.current = keys;
  });
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const act = current.current[event.key];
      if (act === undefined || shouldIgnore(event)) return;
      event.preventDefault();
      act();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
};
