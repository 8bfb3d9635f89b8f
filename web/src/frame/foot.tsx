// The foot: the watchman's own figures, and what was declared but is not yet active.

import type { ReactNode } from 'react';
import { sayRunning } from '#api/own.ts';
import { usePicture } from '../live/store.ts';
import { Clock } from './moment.tsx';
import { Text } from './text.tsx';
import { sayLatency, sayMegabytes } from './words.ts';

const Own = (): ReactNode => {
  const figures = usePicture((picture) => picture.figures);
  if (figures === null) return null;
  const { p99 } = figures.decisionLatencyMs;
  return (
    <p className="numbers">
      Awake since <Clock at={figures.startedAt} /> · {figures.probesTotal.toLocaleString()} looks ·{' '}
      {figures.eventsTotal.toLocaleString()} events · lag {sayLatency(figures.loopLagMs)} ·{' '}
      {p99 === null ? 'no decisions yet' : `decides in ${sayLatency(p99)} (p99)`} · {sayMegabytes(figures.memoryBytes)}
      {figures.storeFailures === 0 ? '' : ` · ${figures.storeFailures} store failures`}
    </p>
  );
};

export const Foot = (): ReactNode => {
  const town = usePicture((picture) => picture.town);
  return (
    <footer className="foot quiet">
      <Own />
      {town === null ? null : (
        <p>
          Sereno <Text>{[town.version, ...sayRunning(town)].join(' · ')}</Text>
        </p>
      )}
      {town === null || town.declared.length === 0 ? null : (
        <details>
          <summary>Declared, not yet active: {town.declared.length}</summary>
          <ul>
            {town.declared.map((it) => (
              <li key={it.path}>
                <Text className="code">{it.path}</Text> <Text>{it.what}</Text>
              </li>
            ))}
          </ul>
        </details>
      )}
    </footer>
  );
};
