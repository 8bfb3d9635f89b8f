// Lookup: the values at a JSONPath (RFC 9535) in an answer, within a bounded time.
//
// A path may hold expressions (`match`, `search`) and walk down more than once (`$..a..a`): on an answer made for it such
// a path takes minutes, and all other probes would wait. Those paths run under a time limit; all others are linear.

import { createContext, Script } from 'node:vm';
import { query, type JsonValue } from 'jsonpath-rfc9535';

/**
 * Real answers take less than a millisecond. What one answer costs, all other probes wait: a fifth of a second was enough
 * to make timeouts of other services unknown, because this program itself was stalled for so long.
 */
const LOOKUP_MS_MAX = 40;

/** On a busy machine the limit can pass while this thread does not run at all: then the answer is not to blame. */
const TRIES_MAX = 3;

/** Every path in use is shorter; the parser of paths recurses. */
const PATH_LENGTH_MAX = 1_000;

/** A filter, or a second descent. */
const isCostly = (path: string): boolean => path.includes('?') || path.split('..').length > 2;

const task = new Script('work()');
const room = createContext({ work: () => {} }, { codeGeneration: { strings: false, wasm: false } });

const spentMs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
};

/** Runs the work, and throws when it takes longer than the limit: the engine stops even an expression that backtracks. */
const within = <Value>(limitMs: number, work: () => Value, triesLeft = TRIES_MAX): Value => {
  const before = spentMs();
  room['work'] = work;
  try {
    const value: Value = task.runInContext(room, { timeout: limitMs });
    return value;
  } catch (error) {
    const isOurFault = spentMs() - before < limitMs / 2 && triesLeft > 1;
    if (isOurFault) return within(limitMs, work, triesLeft - 1);
    throw error;
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
