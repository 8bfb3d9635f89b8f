// One path of each route that the desk in memory has an answer to.

import { fillPath, ROUTES, type RouteName } from '#api/routes.ts';

const QUERIES: Partial<Record<RouteName, string>> = {
  suppress: '?what=api&until=2026-11-21T18:00:00Z',
  markDeployment: '?version=1.4.2&traffic=5',
  seriesRange: '?check=api/http',
  codexDiff: '?from=1&to=2',
};

const WORDS: Partial<Record<RouteName, Readonly<Record<string, string>>>> = {
  service: { id: 'api' },
  target: { id: 'api.availability' },
  burndown: { id: 'api.availability' },
  explain: { subject: 'api' },
  acknowledge: { subject: 'INC-2026-001' },
  approve: { id: 'APR-1' },
  deny: { id: 'APR-1' },
  restart: { id: 'api' },
  markDeployment: { id: 'api' },
  start: { id: 'api' },
  stop: { id: 'api' },
  answer: { askKey: 'known' },
  proof: { seq: '1' },
  unsuppress: { id: 'S-1' },
  codexItem: { item: 'concise' },
  codexDiff: { item: 'concise' },
  codexContent: { item: 'concise', ref: 'active' },
  codexProof: { item: 'concise', ref: 'active' },
};

export const fakePath = (name: RouteName): string =>
  `${fillPath(ROUTES[name].path, WORDS[name] ?? {})}${QUERIES[name] ?? ''}`;
