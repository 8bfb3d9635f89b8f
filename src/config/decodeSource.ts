// Decodes sources of metrics, and adds to each the queries of the targets that name it.

import { problem } from '#kernel/problem.ts';
import type { Service } from '#kernel/service.ts';
import { splitSelector, targetMetric, type MetricSource, type Query, type SourceOrigin } from '#kernel/source.ts';
import type { Target } from '#kernel/target.ts';
import { minutes, seconds, type DurationMs } from '#kernel/time.ts';
import { declare, whyMissing, type Decoding } from './decoding.ts';
import { about } from './finding.ts';
import { SOURCE_KINDS, type SourceText } from './grammarSource.ts';

type Kind = (typeof SOURCE_KINDS)[number];

/** What the tools themselves do: Prometheus scrapes every 15 s here, an SDK pushes every minute. */
const EVERY_DEFAULT: Readonly<Record<Kind, DurationMs>> = {
  prometheus: seconds(15),
  scrape: seconds(15),
  otlp: minutes(1),
  host: seconds(10),
};
const TIMEOUT_DEFAULT = seconds(10);
/** More than a program has that counts what it does, less than one label too many makes. */
const SERIES_DEFAULT = 10_000;

/** `host: {}` needs no other word: these kinds may be said by the name alone. */
const kindOf = (name: string, text: SourceText): Kind | null =>
  SOURCE_KINDS.find((kind) => text[kind] !== undefined) ?? (name === 'host' || name === 'otlp' ? name : null);

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;

type Address = { readonly url: string; readonly headers: Readonly<Record<string, string>> };

/** Credentials leave the address, where they would stand in messages, and become a header. */
const addressOf = (written: string, text: SourceText): Address => {
  const url = URL.parse(written);
  const { username = '', password = '' } = url ?? {};
  if (url !== null) [url.username, url.password] = ['', ''];
  const inAddress =
    username === '' && password === ''
      ? {}
      : { authorization: basic(decodeURIComponent(username), decodeURIComponent(password)) };
  return {
    url: url?.href ?? written,
    headers: {
      ...inAddress,
      ...(text.basic === undefined ? {} : { authorization: basic(text.basic.user, text.basic.password) }),
      ...(text.bearer === undefined ? {} : { authorization: `Bearer ${text.bearer}` }),
      ...text.headers,
    },
  };
};

const queriesOfTarget = ({ id, indicator }: Target, source: string): readonly Query[] => {
  if ((indicator.kind !== 'value' && indicator.kind !== 'ratio') || indicator.source !== source) return [];
  const one = (part: 'good' | 'total' | 'value', text: string): Query => ({
    metric: targetMetric(id, part),
    text,
    isSingle: true,
  });
  return indicator.kind === 'value'
    ? [one('value', indicator.query)]
    : [one('good', indicator.good), one('total', indicator.total)];
};

const originOf = (kind: Kind, name: string, text: SourceText, services: readonly Service[]): SourceOrigin => {
  if (kind === 'otlp' || kind === 'host') return { kind };
  const address = addressOf(text[kind] ?? '', text);
  if (kind === 'scrape') return { kind, ...address };
  const declared = Object.entries(text.queries ?? {}).map(([metric, query]) => ({
    metric,
    text: query,
    isSingle: false,
  }));
  const targets = services.flatMap((service) => service.targets.flatMap((target) => queriesOfTarget(target, name)));
  return { kind, ...address, queries: [...declared, ...targets] };
};

/** A page says nothing of where it came from; two pages would be one without these. */
const labelsOf = (name: string, text: SourceText, origin: SourceOrigin): MetricSource['labels'] => ({
  ...(text.service === undefined ? {} : { service: text.service }),
  ...(origin.kind === 'scrape' ? { job: name, instance: URL.parse(origin.url)?.host ?? '' } : {}),
});

const complainAboutMissing = (decoding: Decoding, name: string): string | null => {
  const path = ['sources', name];
  const why = whyMissing(decoding, path);
  if (why === null) return null;
  const place = decoding.ground.locate(path);
  decoding.warnings.push(problem('config-secret-missing', `source ${name} cannot be asked: ${why}`, { place }));
  return why;
};

/** Keys that a kind does not have would be silently ignored. */
const FOREIGN: Readonly<Record<Kind, readonly (keyof SourceText)[]>> = {
  prometheus: [],
  scrape: ['queries'],
  otlp: ['queries', 'headers', 'basic', 'bearer', 'service', 'timeout'],
  host: ['queries', 'headers', 'basic', 'bearer', 'service', 'timeout'],
};

const decodeOne = (
  decoding: Decoding,
  name: string,
  text: SourceText,
  services: readonly Service[],
): readonly MetricSource[] => {
  const path = ['sources', name];
  const kind = kindOf(name, text);
  if (kind === null) {
    decoding.problems.push(
      about(decoding.ground, path, 'config-bad-value', `a source with one of ${SOURCE_KINDS.join(', ')}`),
    );
    return [];
  }
  for (const key of FOREIGN[kind]) {
    if (text[key] === undefined) continue;
    decoding.problems.push(
      about(decoding.ground, [...path, key], 'config-bad-value', `no ${key} at a source of kind ${kind}`),
    );
  }
  const origin = originOf(kind, name, text, services);
  return [
    {
      name,
      origin,
      everyMs: text.every ?? EVERY_DEFAULT[kind],
      timeoutMs: text.timeout ?? TIMEOUT_DEFAULT,
      labels: labelsOf(name, text, origin),
      seriesMax: text.series_max ?? SERIES_DEFAULT,
      cannotLook: complainAboutMissing(decoding, name),
    },
  ];
};

/** Whatever is pushed and whatever the machine says has one place to go. */
const complainAboutTwo = (decoding: Decoding, sources: readonly MetricSource[]): void => {
  for (const kind of ['otlp', 'host'] as const) {
    const [, second] = sources.filter(({ origin }) => origin.kind === kind);
    if (second === undefined) continue;
    decoding.problems.push(
      problem('config-duplicate', `a second source of kind ${kind}: ${second.name}`, {
        place: decoding.ground.locate(['sources', second.name], true),
        expected: `one source of kind ${kind}`,
      }),
    );
  }
};

/** Targets whose source nobody declared have no data; that is told, and the rest is watched. */
const tellUndeclared = (decoding: Decoding, names: readonly string[], services: readonly Service[]): void => {
  for (const { id, targets } of services) {
    for (const { name, indicator } of targets) {
      if (indicator.kind !== 'value' && indicator.kind !== 'ratio') continue;
      if (names.includes(indicator.source)) continue;
      const path = ['services', id, 'targets', name];
      const said = `target ${id}.${name}: its source ${indicator.source} is not declared, so it has no data`;
      declare(decoding, path, said);
      decoding.warnings.push(
        problem('config-unknown-name', said, {
          place: decoding.ground.locate(path),
          expected: names.length === 0 ? 'a source under sources:' : `one of ${names.join(', ')}`,
          mend: `sources: { ${indicator.source}: { prometheus: http://127.0.0.1:9090 } }`,
        }),
      );
    }
  }
};

/** Only Prometheus computes: of all others a target selects series, and a query would select none for ever. */
const complainAboutQueries = (
  decoding: Decoding,
  sources: readonly MetricSource[],
  services: readonly Service[],
): void => {
  for (const target of services.flatMap((service) => service.targets)) {
    for (const source of sources) {
      if (source.origin.kind === 'prometheus') continue;
      const wrong = queriesOfTarget(target, source.name).filter(({ text }) => splitSelector(text) === null);
      for (const { text } of wrong) {
        const expected = `a selector such as http_requests_total{code=~"2.."}: ${source.name} is of kind ${source.origin.kind}, and only Prometheus computes ${text}`;
        decoding.problems.push(
          about(decoding.ground, ['services', target.service, 'targets', target.name], 'config-bad-value', expected),
        );
      }
    }
  }
};

/** All sources. Problems: config-bad-value, config-duplicate; a missing variable and an undeclared source are warnings. */
export const decodeSources = (
  decoding: Decoding,
  texts: Readonly<Record<string, SourceText>> | undefined,
  services: readonly Service[],
): readonly MetricSource[] => {
  const entries = Object.entries(texts ?? {});
  const sources = entries.flatMap(([name, text]) => decodeOne(decoding, name, text, services));
  complainAboutTwo(decoding, sources);
  complainAboutQueries(decoding, sources, services);
  tellUndeclared(
    decoding,
    entries.map(([name]) => name),
    services,
  );
  return sources;
};
