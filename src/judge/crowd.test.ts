// One more of a crowd is told as a look at all of them would tell it, or not at all.

import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { serviceId } from '#kernel/id.ts';
import type { HealthNews } from '#kernel/message.ts';
import type { Reason } from '#kernel/reason.ts';
import { durationMs, instant, later } from '#kernel/time.ts';
import { suspect, type Scene } from './correlate.ts';
import { joinCrowd } from './crowd.ts';

const at = instant(1_800_000_000_000);
const TOTAL = 400;

const newsOf = (index: number, change: Partial<HealthNews> = {}): HealthNews => ({
  service: serviceId(`s${index}`),
  health: 'unhealthy',
  since: at,
  impairedBy: null,
  isFirstHand: false,
  symptom: 'timeout',
  isStopped: false,
  ...change,
});

const sceneOf = (heard: readonly HealthNews[], open: readonly Reason[]): Scene => ({
  news: Object.fromEntries(heard.filter((it) => it.health === 'unhealthy').map((it) => [it.service, it])),
  isUp: () => false,
  needsOf: () => [],
  total: TOTAL,
  paths: [],
  canary: null,
  open,
  atOnceMs: durationMs(30_000),
  at: later(at, 1),
});

const sorted = (reasons: readonly Reason[]): readonly Reason[] =>
  reasons.map((it) => ('failing' in it ? { ...it, failing: it.failing.toSorted() } : it));

const anyNews = fc.record({
  index: fc.integer({ min: 0, max: 130 }),
  change: fc.record({
    health: fc.constantFrom('unhealthy', 'unhealthy', 'healthy', 'unknown'),
    symptom: fc.constantFrom('timeout', 'timeout', 'wrong-answer', 'refused'),
    isFirstHand: fc.constantFrom(false, false, true),
    isStopped: fc.constantFrom(false, false, true),
    impairedBy: fc.constantFrom(null, null, serviceId('db')),
  }),
});

test('whoever joins is told as a look at all would tell it', () => {
  let joined = 0;
  fc.assert(
    fc.property(fc.integer({ min: 40, max: 205 }), anyNews, (size, { index, change }) => {
      const crowd = Array.from({ length: size }, (_, each) => newsOf(each));
      const open = suspect(sceneOf(crowd, []));
      const news = newsOf(index, change as Partial<HealthNews>); // decoder
      const one = joinCrowd(open, { news, total: TOTAL, isAlone: true });
      if (one === null) return;
      joined += 1;
      const heard = [...crowd.filter((it) => it.service !== news.service), news];
      assert.deepEqual(sorted(one), sorted(suspect(sceneOf(heard, open))));
    }),
    { numRuns: 1_500 },
  );
  assert.ok(joined > 30, `${joined} of 1,500 joined`);
});

test('who is not alone, or makes it half of the town, is looked at with all others', () => {
  const crowd = Array.from({ length: 200 }, (_, each) => newsOf(each));
  const open = suspect(sceneOf(crowd, []));
  assert.equal(joinCrowd(open, { news: newsOf(300), total: TOTAL, isAlone: true }), null);
  assert.notEqual(joinCrowd(open, { news: newsOf(300), total: 10 * TOTAL, isAlone: true }), null);
  assert.equal(joinCrowd(open, { news: newsOf(300), total: 10 * TOTAL, isAlone: false }), null);
});
