// Doubt of what is seen: what fails together is doubted until it is seen to be well, not until it is not seen.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { EventBody } from '#kernel/event.ts';
import type { HealthState } from '#kernel/health.ts';
import { serviceId, type ServiceId } from '#kernel/id.ts';
import type { HealthNews } from '#kernel/message.ts';
import { sayReasons, withFewNames, type Reason } from '#kernel/reason.ts';
import { watchMachine, type Site } from '#kernel/site.ts';
import { instant, later, seconds } from '#kernel/time.ts';
import { makeGate } from './gate.ts';

const COUNT = 400;
const names = Array.from({ length: COUNT }, (_, index) => serviceId(`s${index}`));
const site = {
  services: names.map((id) => ({ id, needs: [], checks: [], trafficPercent: 0 })),
  policy: { restartBudget: { count: 3, windowMs: 3_600_000 } },
} as unknown as Site; // decoder: the gate reads nothing else of a site here

class Scene {
  readonly #gate = makeGate(site, []);
  state = this.#gate.initial;
  at = instant(Date.UTC(2026, 10, 21, 22));

  put(body: EventBody) {
    const { state, effects } = this.#gate.step(this.state, { ...body, at: this.at });
    this.state = state;
    return effects;
  }

  hear(service: ServiceId, health: HealthState) {
    const symptom = health === 'unhealthy' ? 'timeout' : 'none';
    const known = { isFirstHand: false, isStopped: false, impairedBy: null, message: '' };
    const news = { service, health, symptom, since: this.at, ...known } as unknown as HealthNews; // decoder
    return this.put({ kind: 'told', from: watchMachine(service), message: { kind: 'health', news, token: null } });
  }

  /** Whether people may be called for this one. */
  ask(subject: ServiceId) {
    const radius = { trafficPercent: 0, services: [] };
    const by = { kind: 'system', name: 'sereno', roles: [] } as const;
    const asked = {
      action: 'restart',
      subject,
      by,
      why: 'no answer',
      cause: null,
      isByProbeOnly: true,
      radius,
      token: 1,
    };
    const message = { kind: 'is-it-so', request: asked } as const;
    return this.put({ kind: 'told', from: watchMachine(subject), message } as EventBody); // decoder
  }

  reasons(): readonly Reason[] {
    return this.state.suspicion?.reasons ?? [];
  }
}

const fallen = (count: number): Scene => {
  const scene = new Scene();
  for (const name of names) scene.hear(name, 'healthy');
  scene.at = later(scene.at, seconds(60));
  for (const name of names.slice(0, count)) scene.hear(name, 'unhealthy');
  return scene;
};

test('what is not seen any more is doubted as before: the watchman was held up, and the shared cause is there', () => {
  const scene = fallen(100);
  assert.equal(scene.reasons()[0]?.kind, 'shared-cause');
  for (const name of names.slice(0, 100)) scene.hear(name, 'unknown');
  assert.equal(scene.reasons()[0]?.kind, 'shared-cause');
  for (const name of names.slice(0, 100)) scene.hear(name, 'healthy');
  assert.deepEqual(scene.reasons(), []);
});

test('one that was never doubted is unknown and no more', () => {
  const scene = fallen(2);
  scene.hear(names[0] ?? serviceId('none'), 'unknown');
  assert.deepEqual(Object.keys(scene.state.news), ['s1']);
});

test('each of those who fail together is told a few names and how many others there are; it is written down once', () => {
  const scene = fallen(100);
  const [first = serviceId('none')] = names;
  const effects = scene.ask(first);
  const refusals = effects.flatMap((it) =>
    it.kind === 'tell' && it.message.kind === 'you-may-not' ? it.message.reasons : [],
  );
  assert.match(sayReasons(refusals), /^something shared is down: s0, s1, .* and 88 more stopped answering at once/);
  assert.equal(sayReasons(refusals), sayReasons(scene.reasons()), 'the whole list is said in as few words');
  assert.ok(JSON.stringify(effects).length < 2_000, JSON.stringify(effects));
  const doubts = effects.filter((it) => it.kind === 'tell' && it.message.kind === 'doubted');
  assert.equal(doubts.length, 1, 'the alert desk hears of it');
  const again = scene.ask(first);
  assert.deepEqual(
    again.map((it) => it.kind),
    ['tell'],
    'nothing new is written down while the doubt lasts',
  );
});

test('few names stay as they are', () => {
  const few: Reason = { kind: 'path-silent', path: 'p', failing: names.slice(0, 12) };
  assert.deepEqual(withFewNames([few]), [few]);
  assert.equal(sayReasons([few]).includes('more'), false);
});
