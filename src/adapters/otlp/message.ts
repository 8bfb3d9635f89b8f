// Message: the part of OTLP metrics that is read, as a table, and its decoding from Protocol Buffers.
//
// Field numbers from opentelemetry-proto v1.5: collector/metrics/v1, metrics/v1, common/v1, resource/v1. What is not in
// the table is skipped, as the encoding demands. The names are those of the JSON form, so that both forms give one tree.

import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** A decoded message: texts, numbers, bigints, booleans, bytes, lists and trees. Nothing in it is believed yet. */
export type Tree = { readonly [field: string]: unknown };

type Scalar =
  'string' | 'bool' | 'double' | 'int64' | 'uint64' | 'fixed64' | 'sfixed64' | 'sint32' | 'uint32' | 'bytes';
type Field = { readonly name: string; readonly type: Scalar | Message; readonly isList: boolean };
type Message = { readonly fields: () => Readonly<Record<number, Field>> };

const one = (name: string, type: Scalar | Message): Field => ({ name, type, isList: false });
const many = (name: string, type: Scalar | Message): Field => ({ name, type, isList: true });
const message = (fields: () => Readonly<Record<number, Field>>): Message => ({ fields });

const ARRAY = message(() => ({ 1: many('values', VALUE) }));
const PAIRS = message(() => ({ 1: many('values', PAIR) }));
const VALUE: Message = message(() => ({
  1: one('stringValue', 'string'),
  2: one('boolValue', 'bool'),
  3: one('intValue', 'int64'),
  4: one('doubleValue', 'double'),
  5: one('arrayValue', ARRAY),
  6: one('kvlistValue', PAIRS),
  7: one('bytesValue', 'bytes'),
}));
const PAIR: Message = message(() => ({ 1: one('key', 'string'), 2: one('value', VALUE) }));

const TIMES = { 2: one('startTimeUnixNano', 'fixed64'), 3: one('timeUnixNano', 'fixed64') };
const COUNTED = { ...TIMES, 4: one('count', 'fixed64'), 5: one('sum', 'double') };

const NUMBER = message(() => ({
  ...TIMES,
  4: one('asDouble', 'double'),
  6: one('asInt', 'sfixed64'),
  7: many('attributes', PAIR),
  8: one('flags', 'uint32'),
}));
const HISTOGRAM = message(() => ({
  ...COUNTED,
  6: many('bucketCounts', 'fixed64'),
  7: many('explicitBounds', 'double'),
  9: many('attributes', PAIR),
  10: one('flags', 'uint32'),
}));
const BUCKETS = message(() => ({ 1: one('offset', 'sint32'), 2: many('bucketCounts', 'uint64') }));
const EXPONENTIAL = message(() => ({
  ...COUNTED,
  1: many('attributes', PAIR),
  6: one('scale', 'sint32'),
  7: one('zeroCount', 'fixed64'),
  8: one('positive', BUCKETS),
  9: one('negative', BUCKETS),
  10: one('flags', 'uint32'),
}));
const QUANTILE = message(() => ({ 1: one('quantile', 'double'), 2: one('value', 'double') }));
const SUMMARY = message(() => ({
  ...COUNTED,
  6: many('quantileValues', QUANTILE),
  7: many('attributes', PAIR),
  8: one('flags', 'uint32'),
}));

const pointsOf = (point: Message): Message =>
  message(() => ({
    1: many('dataPoints', point),
    2: one('aggregationTemporality', 'uint32'),
    3: one('isMonotonic', 'bool'),
  }));

const METRIC = message(() => ({
  1: one('name', 'string'),
  3: one('unit', 'string'),
  5: one('gauge', pointsOf(NUMBER)),
  7: one('sum', pointsOf(NUMBER)),
  9: one('histogram', pointsOf(HISTOGRAM)),
  10: one('exponentialHistogram', pointsOf(EXPONENTIAL)),
  11: one('summary', pointsOf(SUMMARY)),
}));
const SCOPE = message(() => ({ 1: one('name', 'string') }));
const RESOURCE = message(() => ({ 1: many('attributes', PAIR) }));
const SCOPE_METRICS = message(() => ({ 1: one('scope', SCOPE), 2: many('metrics', METRIC) }));
const RESOURCE_METRICS = message(() => ({ 1: one('resource', RESOURCE), 2: many('scopeMetrics', SCOPE_METRICS) }));
const REQUEST = message(() => ({ 1: many('resourceMetrics', RESOURCE_METRICS) }));

/** Request, resource, scope, metric, kind, point, pair, value, and some lists inside: nothing honest is deeper. */
const DEPTH_MAX = 16;

const tables = new WeakMap<Message, Readonly<Record<number, Field>>>();

const tableOf = (it: Message): Readonly<Record<number, Field>> => {
  const known = tables.get(it) ?? it.fields();
  tables.set(it, known);
  return known;
};

const WIRE: Readonly<Record<Scalar, WireType>> = {
  string: WireType.LengthDelimited,
  bytes: WireType.LengthDelimited,
  bool: WireType.Varint,
  int64: WireType.Varint,
  uint64: WireType.Varint,
  uint32: WireType.Varint,
  sint32: WireType.Varint,
  double: WireType.Bit64,
  fixed64: WireType.Bit64,
  sfixed64: WireType.Bit64,
};

const readNested = (reader: BinaryReader, type: Message, depth: number): Tree => {
  const nested = new BinaryReader(reader.bytes());
  return readMessage(nested, type, depth + 1);
};

/** Lists of numbers may be packed into one field (protobuf.dev/programming-guides/encoding#packed). */
const readPacked = (reader: BinaryReader, type: Scalar): readonly unknown[] => {
  const packed = new BinaryReader(reader.bytes());
  const values: unknown[] = [];
  while (packed.pos < packed.len) values.push(packed[type]());
  return values;
};

const readField = (reader: BinaryReader, field: Field, wire: WireType, depth: number): readonly unknown[] => {
  const { type } = field;
  if (typeof type === 'object') {
    if (wire !== WireType.LengthDelimited) throw new Error(`${field.name} is not a message`);
    return [readNested(reader, type, depth)];
  }
  if (wire === WIRE[type]) return [reader[type]()];
  if (field.isList && wire === WireType.LengthDelimited) return readPacked(reader, type);
  throw new Error(`${field.name} is not of type ${type}`);
};

const readMessage = (reader: BinaryReader, type: Message, depth: number): Tree => {
  if (depth > DEPTH_MAX) throw new Error(`it is deeper than ${DEPTH_MAX} messages`);
  const table = tableOf(type);
  const lists = new Map<string, unknown[]>();
  const tree: Record<string, unknown> = {};
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    const field = table[number];
    if (field === undefined) {
      reader.skip(wire, number);
      continue;
    }
    const values = readField(reader, field, wire, depth);
    if (!field.isList) {
      tree[field.name] = values[0];
      continue;
    }
    const list = lists.get(field.name) ?? [];
    for (const value of values) list.push(value);
    lists.set(field.name, list);
    tree[field.name] = list;
  }
  return tree;
};

/** The request as a tree. Throws for bytes that are not one; it never reads beyond them. */
export const decodeRequest = (bytes: Uint8Array): Tree => readMessage(new BinaryReader(bytes), REQUEST, 0);
