// Lookup: the values at a JSONPath (RFC 9535) in an answer, within a bounded time.
//
// A path may hold expressions (`match`, `search`) and walk down more than once (`$..a..a`): on an answer made for it such
// a path takes minutes, and all other probes would wait. Those paths run under a time limit; all others are linear.

import { createContext, Script } from 'node:vm';
import { query, type JsonValue } from 'jsonpath-rfc9535';

/** Real answers take less than a millisecond; a fifth of a second is what one answer may cost all others. */
const LOOKUP_MS_MAX = 200;

/** Every path in use is shorter; the parser of paths recurses. */
const PATH_LENGTH_MAX = 1_000;

/** A filter, or a second descent. */
const isCostly = (path: string): boolean => path.includes('?') || path.split('..').length > 2;

const task = new Script('work()');
const room = createContext({ work: () => {} }, { codeGeneration: { strings: false, wasm: false } });

/** Runs the work, and throws when it takes longer than the limit: the engine stops even an expression that backtracks. */
const within = <Value>(limitMs: number, work: () => Value): Value => {
  room['work'] = work;
  try {
    const value: Value = task.runInContext(room, { timeout: limitMs });
    return value;
  } finally {
    room['work'] = null;
  }
};

/** The values at the path; null when the path is not JSONPath, asks for more than the stack can hold, or takes too long. */
export const find = (value: JsonValue, path: string): readonly JsonValue[] | null => {
  if (path.length > PATH_LENGTH_MAX) return null;
  try {
    return isCostly(path) ? within(LOOKUP_MS_MAX, () => query(value, path)) : query(value, path);
  } catch {
    return null;
  }
};
