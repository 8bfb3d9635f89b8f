// What the desk in memory says of all that is judged: one of each.

import { serviceId } from '#kernel/id.ts';
import type { SourceView } from '#kernel/source.ts';
import { targetId } from '#kernel/target.ts';
import type { BurndownView, TargetView } from '#kernel/targetView.ts';
import type { ReleaseView } from '#kernel/release.ts';
import { hours, instant, minutes } from '#kernel/time.ts';
import type { AlertsView } from '#kernel/view.ts';
import type { Desk } from '#ports/desk.ts';
import { SERIES_DESK } from './series.fake.test.ts';

export const FAKE_NOW = instant(Date.UTC(2026, 10, 21, 5, 3, 11));

const FAKE_STANDING: Pick<Desk, 'reach' | 'reality' | 'causes'> = {
  reach: (from) => [
    { from: from ?? serviceId('api'), to: serviceId('redis'), hops: 1, state: 'broken', stoppedBy: serviceId('redis') },
  ],
  reality: () => ({
    at: FAKE_NOW,
    claims: [
      {
        service: serviceId('api'),
        kind: 'replicas',
        name: '',
        declared: '2',
        measured: '1',
        state: 'differs',
        since: FAKE_NOW,
        why: 'one of them is down',
      },
    ],
    findings: [
      {
        key: 'reality-gap:api/replicas',
        kind: 'reality-gap',
        service: serviceId('api'),
        target: null,
        severityHint: 'SEV4',
        since: FAKE_NOW,
        title: 'api: replicas',
        reasons: [],
      },
    ],
  }),
  causes: () => [
    {
      since: FAKE_NOW,
      services: [serviceId('api')],
      suspects: [
        {
          kind: 'deployment',
          subject: serviceId('api'),
          what: 'version 2',
          at: FAKE_NOW,
          probability: 0.9,
          clues: [{ says: 'a minute before', ratio: 200, origin: 'measured' }],
        },
      ],
    },
  ],
};

const FAKE_RELEASE: ReleaseView = {
  id: 'api@1',
  service: serviceId('api'),
  version: '1.4.2',
  at: FAKE_NOW,
  source: 'cli',
  by: 'ana',
  trafficPercent: 5,
  until: FAKE_NOW,
  verdict: {
    kind: 'regressed',
    since: FAKE_NOW,
    evidence: 2_100,
    effect: {
      metric: 'errors',
      check: null,
      afterPercent: 12,
      comparedPercent: 0.1,
      ratioLow: 20,
      ratioHigh: null,
    },
    reasons: [],
  },
  judgedAt: FAKE_NOW,
  isOpen: false,
  headline: 'worse',
};

const FAKE_ALERTS: AlertsView = {
  alerts: [],
  suppressions: [{ id: 'S-1', what: 'api', by: 'ana', why: 'work', since: instant(0), until: instant(1), held: 0 }],
  deadChannels: [],
  quality: [],
};

const FAKE_SOURCE: SourceView = {
  name: 'prometheus',
  kind: 'prometheus',
  everyMs: minutes(1),
  lastAt: instant(3_000),
  lastError: 'unreachable: the connection was refused',
  isUp: false,
  series: 3,
  staleSince: instant(4_000),
};

const FAKE_TARGET: TargetView = {
  id: targetId(serviceId('api'), 'availability'),
  service: serviceId('api'),
  name: 'availability',
  said: '99.9% over 30d',
  indicator: 'availability',
  objectivePercent: 99.9,
  state: 'burning',
  budget: {
    allowed: 10,
    used: 4,
    remainingPercent: 60,
    remainingMs: minutes(25),
    shares: { own: 4, upstream: 2, watchman: 0, maintenance: 1, 'no-data': 0, stopped: 0 },
    withoutDataMs: minutes(0),
    exhaustedAt: null,
    exhaustedEarliest: null,
    exhaustedLatest: null,
  },
  burns: [
    {
      severity: 'SEV2',
      longMs: hours(1),
      shortMs: minutes(5),
      factor: 14.4,
      longRate: 20,
      shortRate: 16,
      isHolding: true,
    },
  ],
  episodes: [{ from: instant(1_000), to: instant(2_000), share: 'own', bad: 4 }],
  reasons: [],
  events: { good: 9_996, bad: 4, excused: 3 },
  lastAt: instant(3_000),
  staleSince: null,
};

const FAKE_BURNDOWN: BurndownView = {
  target: FAKE_TARGET.id,
  from: instant(1_000),
  at: instant(3_000),
  endsAt: instant(9_000),
  allowed: 10,
  steps: [
    { at: instant(1_000), used: 0 },
    { at: instant(2_000), used: 4 },
  ],
};

/** What was judged, as the desk in memory tells it. */
export const JUDGED_DESK: Pick<
  Desk,
  | 'reach'
  | 'reality'
  | 'causes'
  | 'alerts'
  | 'deployments'
  | 'sources'
  | 'targets'
  | 'target'
  | 'burndown'
  | keyof typeof SERIES_DESK
> = {
  ...FAKE_STANDING,
  ...SERIES_DESK,
  alerts: () => FAKE_ALERTS,
  deployments: () => [FAKE_RELEASE],
  sources: () => [FAKE_SOURCE],
  targets: () => [FAKE_TARGET],
  target: (id) => (id === FAKE_TARGET.id ? FAKE_TARGET : null),
  burndown: (id) => (id === FAKE_TARGET.id ? FAKE_BURNDOWN : null),
};
