// Differences between two revisions: field by field for values, line by line for texts.
//
// Lines are compared after Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), the greedy form: the fewest lines
// removed and added. Two texts that have little in common are not worth that: they are shown as one that went and one that came.

import type { Json } from '#kernel/evidence.ts';

/** A JSON Pointer (RFC 6901): `/source/value/model/model_id`. The root is the empty text. */
export type Pointer = string;

export type FieldChange =
  | { readonly kind: 'added'; readonly path: Pointer; readonly after: Json }
  | { readonly kind: 'removed'; readonly path: Pointer; readonly before: Json }
  | { readonly kind: 'changed'; readonly path: Pointer; readonly before: Json; readonly after: Json };

type Members = { readonly [key: string]: Json };

const isMembers = (value: Json): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

const below = (path: Pointer, key: string | number): Pointer =>
  `${path}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;

/**
 * What changed between two values, sorted by path. Lists are compared position by position: in configurations the order of a
 * list says something. Equal values give nothing.
 */
export const diffFields = (before: Json, after: Json, path: Pointer = ''): readonly FieldChange[] => {
  if (isMembers(before) && isMembers(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
    return keys.flatMap((key) => diffMember(pick(before, key), pick(after, key), below(path, key)));
  }
  if (isList(before) && isList(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }, (_, index) => index).flatMap((index) =>
      diffMember(before[index], after[index], below(path, index)),
    );
  }
  return Object.is(before, after) ? [] : [{ kind: 'changed', path, before, after }];
};

const pick = (members: Members, key: string): Json | undefined =>
  Object.hasOwn(members, key) ? members[key] : undefined;

const diffMember = (before: Json | undefined, after: Json | undefined, path: Pointer): readonly FieldChange[] => {
  if (before === undefined) return after === undefined ? [] : [{ kind: 'added', path, after }];
  if (after === undefined) return [{ kind: 'removed', path, before }];
  return diffFields(before, after, path);
};

/** One line: it stayed, it went, or it came. */
export type LineChange = { readonly kind: 'same' | 'removed' | 'added'; readonly line: string };

/** Lines that went or came before the search for the shortest way is given up: time and memory grow with its square. */
const EDITS_MAX = 500;

/** What changed between two texts, line by line. A text without a line feed at its end differs from one with it. */
export const diffLines = (before: string, after: string): readonly LineChange[] => {
  const [old, now] = [before.split('\n'), after.split('\n')];
  const head = sameAtHead(old, now);
  const tail = sameAtTail(old, now, head);
  const [oldMiddle, newMiddle] = [old.slice(head, old.length - tail), now.slice(head, now.length - tail)];
  return [
    ...old.slice(0, head).map(same),
    ...shortest(oldMiddle, newMiddle),
    ...old.slice(old.length - tail).map(same),
  ];
};

const same = (line: string): LineChange => ({ kind: 'same', line });
const removed = (line: string): LineChange => ({ kind: 'removed', line });
const added = (line: string): LineChange => ({ kind: 'added', line });

const sameAtHead = (old: readonly string[], now: readonly string[]): number => {
  let count = 0;
  while (count < old.length && count < now.length && old[count] === now[count]) count += 1;
  return count;
};

const sameAtTail = (old: readonly string[], now: readonly string[], head: number): number => {
  const most = Math.min(old.length, now.length) - head;
  let count = 0;
  while (count < most && old[old.length - 1 - count] === now[now.length - 1 - count]) count += 1;
  return count;
};

/** `ends[k]`: how far down the old lines one comes on the diagonal k (old minus new) with so many edits. */
type Ends = ReadonlyMap<number, number>;

const shortest = (old: readonly string[], now: readonly string[]): readonly LineChange[] => {
  const traces: Ends[] = [];
  let ends: Ends = new Map([[1, 0]]);
  for (let edits = 0; edits <= Math.min(old.length + now.length, EDITS_MAX); edits += 1) {
    traces.push(ends);
    ends = advance(ends, edits, old, now);
    if ((ends.get(old.length - now.length) ?? -1) >= old.length) return walkBack(traces, old, now);
  }
  return [...old.map(removed), ...now.map(added)];
};

/** One edit more on each diagonal that can be reached, and then as far as the lines are the same. */
const advance = (ends: Ends, edits: number, old: readonly string[], now: readonly string[]): Ends => {
  const next = new Map(ends);
  for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
    let x = comesFromAbove(ends, diagonal, edits) ? (ends.get(diagonal + 1) ?? 0) : (ends.get(diagonal - 1) ?? 0) + 1;
    while (x < old.length && x - diagonal < now.length && old[x] === now[x - diagonal]) x += 1;
    next.set(diagonal, x);
  }
  return next;
};

/** True when the best way to a diagonal adds a line, false when it removes one. */
const comesFromAbove = (ends: Ends, diagonal: number, edits: number): boolean =>
  diagonal === -edits || (diagonal !== edits && (ends.get(diagonal - 1) ?? 0) < (ends.get(diagonal + 1) ?? 0));

const walkBack = (traces: readonly Ends[], old: readonly string[], now: readonly string[]): readonly LineChange[] => {
  const changes: LineChange[] = [];
  let [x, y] = [old.length, now.length];
  for (const [edits, ends] of [...traces.entries()].toReversed()) {
    const diagonal = x - y;
    const isAdded = comesFromAbove(ends, diagonal, edits);
    const from = isAdded ? diagonal + 1 : diagonal - 1;
    const fromX = edits === 0 ? 0 : (ends.get(from) ?? 0);
    const fromY = edits === 0 ? 0 : fromX - from;
    for (; x > fromX && y > fromY; x -= 1, y -= 1) changes.push(same(old[x - 1] ?? ''));
    if (edits === 0) break;
    changes.push(isAdded ? added(now[fromY] ?? '') : removed(old[fromX] ?? ''));
    [x, y] = [fromX, fromY];
  }
  return changes.toReversed();
};

const CONTEXT_LINES = 3;

const MARKS = { same: ' ', removed: '-', added: '+' } as const;

/** The changes in the unified form (`@@ -1,3 +1,4 @@`), with three lines around each; empty when nothing changed. */
export const sayLines = (changes: readonly LineChange[]): string => {
  const numbered = number(changes);
  return hunksOf(changes)
    .map(([from, to]) => {
      const [first, part] = [numbered[from], changes.slice(from, to)];
      const count = (kind: LineChange['kind']): number => part.filter((it) => it.kind !== kind).length;
      const [oldCount, newCount] = [count('added'), count('removed')];
      const oldLine = (first?.old ?? 0) + (oldCount === 0 ? 0 : 1);
      const newLine = (first?.now ?? 0) + (newCount === 0 ? 0 : 1);
      const title = `@@ -${oldLine},${oldCount} +${newLine},${newCount} @@`;
      return [title, ...part.map(({ kind, line }) => `${MARKS[kind]}${line}`)].join('\n');
    })
    .join('\n');
};

/** How many old and new lines stand before each change. */
const number = (changes: readonly LineChange[]): readonly { readonly old: number; readonly now: number }[] => {
  let [old, now] = [0, 0];
  return changes.map(({ kind }) => {
    const before = { old, now };
    if (kind !== 'added') old += 1;
    if (kind !== 'removed') now += 1;
    return before;
  });
};

/** Stretches of changes with what stands around them, from and up to; those that touch are one. */
const hunksOf = (changes: readonly LineChange[]): readonly (readonly [number, number])[] => {
  const hunks: [number, number][] = [];
  for (const [index, { kind }] of changes.entries()) {
    if (kind === 'same') continue;
    const from = Math.max(0, index - CONTEXT_LINES);
    const to = Math.min(changes.length, index + CONTEXT_LINES + 1);
    const last = hunks.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = to;
    else hunks.push([from, to]);
  }
  return hunks;
};
