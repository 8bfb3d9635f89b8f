// Gathering: the sources of metrics of one run, put together: who is asked, who pushes, and where the values go.

import type { Service } from '#kernel/service.ts';
import type { Site } from '#kernel/site.ts';
import type { MetricSource, SourceView } from '#kernel/source.ts';
import { unreachable } from '#kernel/unreachable.ts';
import type { Clock } from '#ports/clock.ts';
import type { SeriesStore } from '#ports/metrics.ts';
import type { Intake, Reading, Source } from '#ports/source.ts';
import { makeHostSource } from '#adapters/host/source.ts';
import { makeOtlpIntake } from '#adapters/otlp/intake.ts';
import { makePromqlSource } from '#adapters/prometheus/promql.ts';
import { makeScrapeSource } from '#adapters/prometheus/scrape.ts';
import { Collector } from '#loop/collect.ts';
import { Filing } from '#loop/filing.ts';

export type GatheringParts = {
  readonly clock: Clock;
  readonly metrics: SeriesStore;
  /** Its file system is told, beside the root's. */
  readonly stateDirectory: string;
  readonly services: () => readonly Service[];
  readonly pidOf: (service: Service['id']) => number | null;
  /** Takes the values after they were kept, oldest first. */
  readonly onReadings: (source: MetricSource, readings: readonly Reading[]) => void;
  readonly shout: (line: string) => void;
};

export type Gathering = {
  readonly intake: Intake;
  readonly views: () => readonly SourceView[];
  /** Takes up what is declared; what is declared as before goes on. */
  readonly setSite: (site: Site) => void;
  readonly stop: () => void;
};

const patternsOf = (service: Service): readonly string[] =>
  service.checks.flatMap(({ probe }) =>
    probe.kind === 'process' && probe.pattern !== undefined ? [probe.pattern] : [],
  );

const makeSource = (parts: GatheringParts, declared: MetricSource): Source | null => {
  const { clock, services, pidOf } = parts;
  const { origin } = declared;
  switch (origin.kind) {
    case 'prometheus':
      return makePromqlSource(clock, declared, origin);
    case 'scrape':
      return makeScrapeSource(clock, declared, origin);
    case 'host':
      return makeHostSource({
        clock,
        places: [...new Set(['/', parts.stateDirectory])],
        owners: () =>
          services().map((service) => ({ service: service.id, pid: pidOf(service.id), patterns: patternsOf(service) })),
      });
    case 'otlp':
      return null;
    default:
      return unreachable(origin);
  }
};

/** Makes the collector, the filing and the intake. A source that fails is told once and stops nothing else. */
export const makeGathering = (parts: GatheringParts): Gathering => {
  const filing = new Filing(parts.metrics);
  const collector = new Collector({
    clock: parts.clock,
    make: (declared) => makeSource(parts, declared),
    onReadings: ({ source, readings }) => {
      filing.file(source, readings);
      parts.onReadings(source, readings);
    },
    onChange: ({ name, isUp, detail }) =>
      parts.shout(isUp ? `source ${name}: ${detail}` : `source ${name} gives nothing: ${detail}`),
  });
  return {
    intake: makeOtlpIntake({
      declared: () => collector.find('otlp'),
      now: () => parts.clock.now(),
      onReadings: (source, readings, series) => collector.push(source.name, readings, series),
    }),
    views: () => collector.views(),
    setSite: (site) => {
      filing.forget();
      collector.setSources(site.sources);
    },
    stop: () => collector.stop(),
  };
};
