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
  tell: (outcome: Outcome<Answer>) => void,
  isWanted: () => boolean,
): Promise<void> => {
  for (let poll = 0; poll < POLLS_MAX && isWanted(); poll += 1) {
    await pause(POLL_MS);
    const outcome = await client().read('answer', { path: { askKey } });
    if (!isWanted()) return;
    // An answer that cannot be fetched now says nothing about the request: what was last known stays on the page.
    if (outcome.kind !== 'ok') continue;
    tell(outcome);
    if (!isPending(outcome)) return;
  }
};

export type Asking = {
  readonly stage: Stage;
  readonly lookAgain: () => void;
  readonly send: (why: string) => void;
};

/** Which look a verdict belongs to: another token, or another try, makes another verdict. */
type Look = { readonly token: string | null; readonly turn: number };
type Looked = { readonly look: Look; readonly outcome: Outcome<Answer> };

type Dry = { readonly outcome: Outcome<Answer> | null; readonly lookAgain: () => void };

/** The gate's verdict on the wish, without a change to anything; null while it is asked for. */
const useDryRun = (wish: Wish): Dry => {
  const token = useToken();
  const [turn, setTurn] = useState(0);
  const [looked, setLooked] = useState<Looked | null>(null);
  useEffect(() => {
    let isWanted = true;
    void client()
      .change(wish.name, { path: wish.path, isDryRun: true })
      .then((outcome) => isWanted && setLooked({ look: { token, turn }, outcome }));
    return () => {
      isWanted = false;
    };
  }, [wish, token, turn]);
  const isFresh = looked !== null && looked.look.token === token && looked.look.turn === turn;
  return { outcome: isFresh ? looked.outcome : null, lookAgain: () => setTurn(turn + 1) };
};

type Sent = Extract<Stage, { readonly kind: 'sending' | 'sent' }>;

/** The life of one wish, from its dry run to its outcome. */
export const useAsking = (wish: Wish): Asking => {
  const dry = useDryRun(wish);
  const [sent, setSent] = useState<Sent | null>(null);
  const isOpen = useRef(true);
  // One key for each wish: a second click, or a try after a lost answer, repeats the answer and nothing else.
  const key = useRef<string | null>(null);
  useEffect(() => {
    isOpen.current = true;
    return () => {
      isOpen.current = false;
    };
  }, []);
  const tell = (outcome: Outcome<Answer>): void => {
    if (isOpen.current) setSent({ kind: 'sent', outcome, isOver: !isPending(outcome) });
  };
  const send = (why: string): void => {
    setSent({ kind: 'sending' });
    key.current ??= drawKey();
    void client()
      .change(wish.name, { path: wish.path, why, idempotencyKey: key.current })
      .then(async (outcome) => {
        tell(outcome);
        if (outcome.kind === 'ok' && isPending(outcome)) {
          await followAnswer(outcome.value.askKey, tell, () => isOpen.current);
        }
      });
  };
  const verdict: Stage = dry.outcome === null ? { kind: 'looking' } : { kind: 'looked', outcome: dry.outcome };
  return { stage: sent ?? verdict, lookAgain: dry.lookAgain, send };
};
