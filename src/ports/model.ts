// Model: answers questions, and turns texts into vectors whose nearness is nearness of meaning.

import type { Answer, ChatMessage } from '#kernel/evaluation.ts';

export type Question = {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly temperature: number;
  readonly maxTokens: number;
  /** `json`: the far side is told that only JSON will do. */
  readonly format: 'json' | 'text';
  /** Asked for only where something is expected of them: not every far side can tell. */
  readonly wantsLogProbabilities: boolean;
};

export type Reply =
  | { readonly kind: 'answered'; readonly answer: Answer; readonly tries: number }
  /** The far side says that the question itself is wrong: the configuration's fault, and asking again is of no use. */
  | { readonly kind: 'refused'; readonly why: string; readonly tries: number }
  /** No answer, for a reason that says nothing of the configuration: an outage, a limit, a key that is not known. */
  | { readonly kind: 'unanswered'; readonly why: string; readonly tries: number };

export type Vectors =
  | { readonly kind: 'answered'; readonly vectors: readonly (readonly number[])[] }
  | { readonly kind: 'unanswered'; readonly why: string };

export interface Model {
  /**
   * Asks once, and again only where the far side has surely not answered. Never from a cache of ours. Always resolves,
   * within the time that it was made with; a reason never holds a secret and draws nothing.
   */
  ask(question: Question): Promise<Reply>;
  /** One vector for each text, in their order. */
  embed(model: string, texts: readonly string[]): Promise<Vectors>;
}
