// Asking: a dry run first, then the real thing under one key, then what became of it.

import { useEffect, useRef, useState } from 'react';
import type { Outcome } from '#api/client.ts';
import { client } from '../live/follow.ts';
import { useToken } from '../live/token.ts';
import type { Answer } from '../live/wire.ts';
import type { Wish } from './wish.ts';

export type Stage =
  | { readonly kind: 'looking' }
  | { readonly kind: 'looked'; readonly outcome: Outcome<Answer> }
  | { readonly kind: 'sending' }
  | { readonly kind: 'sent'; readonly outcome: Outcome<Answer>; readonly isOver: boolean };

const POLL_MS = 700;
/** Two minutes: the longest start that is usual. After that the evidence list tells what became of it. */
const POLLS_MAX = 170;

/** 128 random bits. `crypto.randomUUID` does not exist on pages that came over plain HTTP from another machine. */
const drawKey = (): string =>
  `page-${Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;

const isPending = (outcome: Outcome<Answer>): boolean =>
  outcome.kind === 'ok' && (outcome.value.status === 'pending' || outcome.value.status === 'accepted');

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Follows an accepted request until it is over, for two minutes at most. */
const followAnswer = async (
  askKey: string,
  tell: (outcome: Outcome<Answer>, isOver: boolean) => void,
  isWanted: () => boolean,
): Promise<void> => {
  for (let poll = 0; poll < POLLS_MAX && isWanted(); poll += 1) {
    await pause(POLL_MS);
    const outcome = await client().read('answer', { path: { askKey } });
    if (!isWanted()) return;
    // An answer that cannot be fetched now says nothing about the request: what was last known stays on the page.
    if (outcome.kind !== 'ok') continue;
    tell(outcome, !isPending(outcome));
    if (!isPending(outcome)) return;
  }
};

export type Asking = {
  readonly stage: Stage;
  readonly lookAgain: () => void;
  readonly send: (why: string) => void;
};

/** The life of one wish. Looks again when the token changes. */
export const useAsking = (wish: Wish): Asking => {
  const [stage, setStage] = useState<Stage>({ kind: 'looking' });
  const token = useToken();
  const isOpen = useRef(true);
  // One key for each wish: a second click, or a try after a lost answer, repeats the answer and nothing else.
  const key = useRef<string | null>(null);
  const lookAgain = (): void => {
    setStage({ kind: 'looking' });
    key.current = null;
    void client()
      .change(wish.name, { path: wish.path, isDryRun: true })
      .then((outcome) => isOpen.current && setStage({ kind: 'looked', outcome }));
  };
  const send = (why: string): void => {
    setStage({ kind: 'sending' });
    key.current ??= drawKey();
    void client()
      .change(wish.name, { path: wish.path, why, idempotencyKey: key.current })
      .then(async (outcome) => {
        if (!isOpen.current) return;
        setStage({ kind: 'sent', outcome, isOver: !isPending(outcome) });
        if (outcome.kind !== 'ok' || !isPending(outcome)) return;
        const tell = (next: Outcome<Answer>, isOver: boolean): void =>
          setStage({ kind: 'sent', outcome: next, isOver });
        await followAnswer(outcome.value.askKey, tell, () => isOpen.current);
      });
  };
  useEffect(() => {
    isOpen.current = true;
    lookAgain();
    return () => {
      isOpen.current = false;
    };
    // Only another token makes another verdict; a dialog is made anew for another wish.
  }, [token]);
  return { stage, lookAgain, send };
};
