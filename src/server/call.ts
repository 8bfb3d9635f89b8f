// A call of a route, and what the answer to it can be.

import type { AnswerOf, ReadName } from '#api/routes.ts';
import type { Problem } from '#kernel/problem.ts';
import type { Sealed } from './reply.ts';

export type Plain<Value> =
  { readonly kind: 'found'; readonly value: Value } | { readonly kind: 'missing'; readonly problem: Problem };

export type Found<Value> =
  | Plain<Value>
  /** With a body, a tag and headers of its own. `known`: what the client has, as If-None-Match says it. */
  | { readonly kind: 'sealed'; readonly body: string; readonly sealed: Sealed; readonly known: string | undefined };

export type Call = {
  readonly path: (name: string) => string;
  /** Decoded with the schema of the route. */
  readonly query: unknown;
  readonly ifNoneMatch: string | undefined;
  /** Calls back when the client has gone; gives the way to be forgotten. */
  readonly onGone: (gone: () => void) => () => void;
};

export type Read<Name extends ReadName> = (call: Call) => Found<AnswerOf<Name>> | Promise<Found<AnswerOf<Name>>>;
