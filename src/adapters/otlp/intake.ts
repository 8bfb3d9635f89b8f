// Intake: takes metrics that are pushed over OTLP/HTTP, as Protocol Buffers or JSON
// (opentelemetry.io/docs/specs/otlp, "OTLP/HTTP"). What can be taken is taken; the rest is told as a partial success,
// which the sender must not repeat.
// decoder: the request is foreign JSON.

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { Labels } from '#kernel/series.ts';
import type { MetricSource } from '#kernel/source.ts';
import type { Instant } from '#kernel/time.ts';
import type { Intake, Pushed, Reading, Receipt } from '#ports/source.ts';
import { decodeRequest, type Tree } from './message.ts';
import { isMonotonicIn, nameOf, readPoint, temporalityOf, type Ground, type PointKind } from './points.ts';
import { Streams } from './streams.ts';
import { childOf, labelsOf, textOf, treesOf } from './tree.ts';

export type IntakeParts = {
  /** The declared source that is pushed to; null when there is none. */
  readonly declared: () => MetricSource | null;
  readonly now: () => Instant;
  /** `series`: how many streams were heard of within two intervals. */
  readonly onReadings: (source: MetricSource, readings: readonly Reading[], series: number) => void;
};

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';

/** Points of one request; the SDK sends what one program has, which is hundreds. */
const POINTS_MAX = 50_000;

type Form = 'protobuf' | 'json';

const formOf = (mediaType: string): Form | null => {
  const type = mediaType.split(';')[0]?.trim().toLowerCase();
  return type === PROTOBUF ? 'protobuf' : type === JSON_TYPE ? 'json' : null;
};

const asBytes = (value: object): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(JSON.stringify(value)));

/** google.rpc.Status, as the protocol demands of every refusal. */
const refuse = (form: Form, status: Receipt['status'], text: string): Receipt =>
  form === 'json'
    ? { status, mediaType: JSON_TYPE, body: asBytes({ message: text }) }
    : {
        status,
        mediaType: PROTOBUF,
        body: new BinaryWriter().tag(2, WireType.LengthDelimited).string(text).finish(),
      };

/** ExportMetricsServiceResponse; empty when all was taken. */
const accept = (form: Form, rejected: number, text: string): Receipt => {
  if (form === 'json') {
    const partialSuccess = { rejectedDataPoints: String(rejected), errorMessage: text };
    return { status: 200, mediaType: JSON_TYPE, body: asBytes(rejected === 0 ? {} : { partialSuccess }) };
  }
  const writer = new BinaryWriter();
  if (rejected > 0) {
    writer.tag(1, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.Varint).int64(rejected);
    writer.tag(2, WireType.LengthDelimited).string(text).join();
  }
  return { status: 200, mediaType: PROTOBUF, body: writer.finish() };
};

const decode = (form: Form, bytes: Uint8Array): Tree | null => {
  try {
    if (form === 'protobuf') return decodeRequest(bytes);
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Tree) : null;
  } catch {
    return null;
  }
};

/** `service.name` says who it is, `service.instance.id` which copy; the rest describes the machine and is left out. */
const resourceLabels = (resource: Tree | null): Labels => {
  const all = labelsOf(treesOf(resource, 'attributes'));
  const { service_name: service, service_instance_id: instance } = all;
  return { ...(service === undefined ? {} : { service }), ...(instance === undefined ? {} : { instance }) };
};

const scopeLabels = (scope: Tree | null): Labels => {
  const name = textOf(scope, 'name');
  return name === '' ? {} : { otel_scope_name: name };
};

const KINDS: readonly PointKind[] = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary'];

/** What has come of one request. */
type Result = { readonly readings: Reading[]; points: number; rejected: number; readonly why: Set<string> };

const reject = (result: Result, count: number, why: string): void => {
  result.rejected += count;
  if (count > 0 && result.why.size < 5) result.why.add(why);
};

const takeMetric = (ground: Ground, tree: Tree, shared: Labels, result: Result): void => {
  const kind = KINDS.find((it) => childOf(tree, it) !== null);
  if (kind === undefined) return;
  const body = childOf(tree, kind) ?? {};
  const points = treesOf(body, 'dataPoints');
  const isMonotonic = isMonotonicIn(body);
  const name = nameOf(tree, kind, isMonotonic);
  const how = kind === 'gauge' || kind === 'summary' ? 'cumulative' : temporalityOf(body);
  if (name === null) return reject(result, points.length, 'a metric has no name');
  if (how === null) return reject(result, points.length, 'a metric is neither delta nor cumulative');
  const metric = { name, unit: textOf(tree, 'unit'), shared, how, isMonotonic };
  for (const point of points) {
    result.points += 1;
    const read = result.points > POINTS_MAX ? `more than ${POINTS_MAX} points` : readPoint(ground, metric, kind, point);
    if (typeof read === 'string') reject(result, 1, read);
    else for (const reading of read) result.readings.push(reading);
  }
};

const takeRequest = (ground: Ground, request: Tree): Result => {
  const result: Result = { readings: [], points: 0, rejected: 0, why: new Set() };
  for (const resource of treesOf(request, 'resourceMetrics')) {
    const owner = resourceLabels(childOf(resource, 'resource'));
    for (const scope of treesOf(resource, 'scopeMetrics')) {
      const shared = { ...owner, ...scopeLabels(childOf(scope, 'scope')) };
      for (const metric of treesOf(scope, 'metrics')) takeMetric(ground, metric, shared, result);
    }
  }
  return result;
};

/** Makes the intake. It remembers one stream for each series, at most `seriesMax` of its source. */
export const makeOtlpIntake = (parts: IntakeParts): Intake => {
  const streams = new Streams(() => parts.declared()?.seriesMax ?? 0);
  return {
    take: ({ mediaType, bytes }: Pushed): Receipt => {
      const form = formOf(mediaType);
      if (form === null) return refuse('json', 415, `the body must be ${PROTOBUF} or ${JSON_TYPE}`);
      const declared = parts.declared();
      if (declared === null) return refuse(form, 404, 'no source takes OTLP here: declare sources: { otlp: {} }');
      const request = decode(form, bytes);
      if (request === null) return refuse(form, 400, 'the body is not an ExportMetricsServiceRequest');
      const now = parts.now();
      const result = takeRequest({ streams, now }, request);
      parts.onReadings(declared, result.readings, streams.since(now - 2 * declared.everyMs));
      return accept(form, result.rejected, [...result.why].join('; '));
    },
  };
};
