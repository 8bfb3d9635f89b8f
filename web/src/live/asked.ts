// What is asked for now and then, besides the stream: charts, budgets, alerts. What was known stays while it is asked anew.

import { useEffect, useRef, useState } from 'react';
import type { Outcome } from '#api/client.ts';
import type { AnswerOf, ReadName } from '#api/routes.ts';
import { client } from './follow.ts';
import { usePicture } from './store.ts';

export type Asked<Value> =
  | { readonly kind: 'asking' }
  | { readonly kind: 'known'; readonly value: Value }
  /** `value`: what was known before; it may be old. */
  | { readonly kind: 'failed'; readonly detail: string; readonly value: Value | null };

/** What is known by now; null: nothing. */
export const valueOf = <Value>(asked: Asked<Value>): Value | null => (asked.kind === 'asking' ? null : asked.value);

const NOT_YET = { about: '', asked: { kind: 'asking' } } as const;

type Words = Readonly<Record<string, string>>;

type Question = {
  readonly path?: Words;
  /** Made when it is asked: a time in it may go on. */
  readonly query?: () => Words;
  /** What it is about. While that stays, the answer before stays too, until the next one has come. */
  readonly about: string;
  readonly everyMs: number;
};

const sayTrouble = (outcome: Exclude<Outcome<unknown>, { readonly kind: 'ok' }>): string =>
  outcome.kind === 'unreachable' ? outcome.detail : outcome.problems.map((it) => it.message).join('; ');

/** Asks at once, and again every so often while the connection lives and somebody looks at the page. */
export const useAsked = <Name extends ReadName>(name: Name, question: Question): Asked<AnswerOf<Name>> => {
  const { about, everyMs } = question;
  const [told, setTold] = useState<{ readonly about: string; readonly asked: Asked<AnswerOf<Name>> }>(NOT_YET);
  const isLive = usePicture((picture) => picture.connection.kind === 'live');
  const current = useRef(question);
  useEffect(() => {
    current.current = question;
  });
  useEffect(() => {
    if (!isLive) return undefined;
    let isWanted = true;
    const ask = async (): Promise<void> => {
      if (document.hidden) return;
      const { path, query } = current.current;
      const words = { ...(path === undefined ? {} : { path }), ...(query === undefined ? {} : { query: query() }) };
      const outcome = await client().read(name, words);
      if (!isWanted) return;
      setTold((before) => {
        if (outcome.kind === 'ok') return { about, asked: { kind: 'known', value: outcome.value } };
        const value = before.about === about ? valueOf(before.asked) : null;
        return { about, asked: { kind: 'failed', detail: sayTrouble(outcome), value } };
      });
    };
    void ask();
    const timer = setInterval(() => void ask(), everyMs);
    return () => {
      isWanted = false;
      clearInterval(timer);
    };
  }, [name, about, everyMs, isLive]);
  return told.about === about ? told.asked : NOT_YET.asked;
};
