// Tree: reading a request that came from anywhere. A field that is missing has the default of Protocol Buffers; one of
// another type is treated as missing.
// decoder: the request is foreign; each value is looked at before it is believed.

import type { Labels } from '#kernel/series.ts';
import type { Tree } from './message.ts';

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

export const childOf = (tree: Tree, field: string): Tree | null => {
  const value = tree[field];
  return isTree(value) ? value : null;
};

export const listOf = (tree: Tree | null, field: string): readonly unknown[] => {
  const value = tree?.[field];
  return Array.isArray(value) ? value : [];
};

export const treesOf = (tree: Tree | null, field: string): readonly Tree[] => listOf(tree, field).filter(isTree);

export const textOf = (tree: Tree | null, field: string): string => {
  const value = tree?.[field];
  return typeof value === 'string' ? value : '';
};

/** Whole numbers of 64 bits are bigints, or texts in JSON; beyond 2^53 they lose their last digits, as in Prometheus. */
export const toNumber = (value: unknown): number | null => {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string' || !/^[+-]?[0-9.eE+-]+$|^-?Infinity$|^NaN$/.test(value)) return null;
  return Number(value);
};

/** Null when the field is not there: a sum of zero and no sum are different things. */
export const numberOf = (tree: Tree | null, field: string): number | null => toNumber(tree?.[field]);

export const flagOf = (tree: Tree | null, field: string): boolean => tree?.[field] === true;

/** Nanoseconds since the epoch as milliseconds; null for none, or for what is no time. */
export const timeOf = (tree: Tree, field: string): number | null => {
  const nanos = numberOf(tree, field);
  return nanos === null || !(nanos > 0) || nanos > 8.64e21 ? null : Math.floor(nanos / 1e6);
};

/** Lists inside lists that are written out; deeper ones are cut. */
const DEPTH_MAX = 4;
const LENGTH_MAX = 4_096;

const plainOf = (value: Tree, depth: number): unknown => {
  if (typeof value['stringValue'] === 'string') return value['stringValue'];
  if (typeof value['boolValue'] === 'boolean') return value['boolValue'];
  const number = toNumber(value['intValue']) ?? toNumber(value['doubleValue']);
  if (number !== null) return number;
  const array = childOf(value, 'arrayValue');
  const pairs = childOf(value, 'kvlistValue');
  if (depth >= DEPTH_MAX) return null;
  if (array !== null) return treesOf(array, 'values').map((it) => plainOf(it, depth + 1));
  if (pairs !== null) {
    return Object.fromEntries(
      treesOf(pairs, 'values').map((it) => [textOf(it, 'key'), plainOf(childOf(it, 'value') ?? {}, depth + 1)]),
    );
  }
  const bytes = value['bytesValue'];
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString('base64') : typeof bytes === 'string' ? bytes : '';
};

const sayValue = (value: Tree): string => {
  const plain = plainOf(value, 0);
  return (typeof plain === 'string' ? plain : JSON.stringify(plain)).slice(0, LENGTH_MAX).toWellFormed();
};

/** A label's name has no dots: `http.route` becomes `http_route` (OpenTelemetry, Prometheus compatibility). */
export const labelName = (key: string): string => {
  const name = key.replaceAll(/[^a-zA-Z0-9_]/g, '_').slice(0, 200);
  return /^[0-9]/.test(name) ? `key_${name}` : name;
};

/** Attributes as labels; of two that become the same name, the values are joined. Empty ones are left out. */
export const labelsOf = (attributes: readonly Tree[]): Labels => {
  const labels = new Map<string, string>();
  for (const pair of attributes) {
    const name = labelName(textOf(pair, 'key'));
    const value = sayValue(childOf(pair, 'value') ?? {});
    if (name === '' || value === '') continue;
    const known = labels.get(name);
    labels.set(name, known === undefined ? value : `${known};${value}`);
  }
  return Object.fromEntries(labels);
};
