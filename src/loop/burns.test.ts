// Burns at the alert desk: told once, over once, over restarts too; and never a second page for what people know.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlertFate, BurnAlert } from '#kernel/alert.ts';
import type { Actor } from '#kernel/actor.ts';
import type { Event, EventBody } from '#kernel/event.ts';
import { serviceId } from '#kernel/id.ts';
import type { Message } from '#kernel/message.ts';
import type { Notification, Severity } from '#kernel/notification.ts';
import { ALERTS, INCIDENTS, watchMachine, type Site } from '#kernel/site.ts';
import { targetId } from '#kernel/target.ts';
import { durationMs, instant, later, minutes, seconds, type Instant } from '#kernel/time.ts';
import { makeIncidents } from '#duties/incidents/incidents.ts';
import { makeAlerts } from './alerts.ts';
import { allBurns, type Alerts } from './alertsState.ts';
import { alertsView } from './alertsView.ts';

const [API, DB] = [serviceId('api'), serviceId('db')];
const SITE = {
  services: [
    { id: API, needs: [serviceId('queue')], checks: [] },
    { id: serviceId('queue'), needs: [DB], checks: [] },
    { id: DB, needs: [], checks: [] },
  ],
  channels: [],
  onCall: [],
} as unknown as Site; // decoder: the desks read nothing else of a site

const ANA: Actor = { kind: 'person', name: 'ana', roles: ['operator'] };

const burnOf = (
  service = API,
  severity: Severity = 'SEV2',
  kind: BurnAlert['kind'] = 'target-burn',
  name = 'availability',
): BurnAlert => {
  const target = targetId(service, name);
  return {
    key: kind === 'target-burn' ? `target-burn:${target}:${severity}` : `target-breach:${target}`,
    subject: kind === 'target-burn' ? target : `${target}/budget`,
    service,
    severity,
    title: `${target} burns`,
    kind,
    target,
    steps: ['look'],
    lingersMs: minutes(35),
  };
};

/** The alert desk and the incident desk, as the crank joins them. */
class Desks {
  readonly #alerts = makeAlerts(SITE);
  readonly #incidents = makeIncidents(SITE);
  state: Alerts = this.#alerts.initial;
  incidents = this.#incidents.initial;
  readonly told: Notification[] = [];
  /** What was written down of agreed work. */
  readonly records: string[] = [];
  at: Instant = instant(1_800_000_000_000);
  #wakeAt: Instant | null = null;

  put(to: typeof ALERTS, body: EventBody): void {
    const event: Event = { ...body, at: this.at };
    const isAlerts = to === ALERTS;
    const { effects } = isAlerts ? this.#turnAlerts(event) : this.#turnIncidents(event);
    for (const effect of effects) {
      if (effect.kind === 'notify') this.told.push(effect.notification);
      else if (effect.kind === 'record' && /^(maintenance|stop)\./.test(effect.evidence.type))
        this.records.push(`${effect.evidence.type}: ${effect.evidence.outcome ?? ''}`);
      else if (effect.kind === 'tell') this.put(effect.to, { kind: 'told', from: to, message: effect.message });
      else if (effect.kind === 'wake' && isAlerts) this.#wakeAt = effect.at;
    }
  }

  #turnAlerts(event: Event) {
    const turned = this.#alerts.step(this.state, event);
    this.state = turned.state;
    return turned;
  }

  #turnIncidents(event: Event) {
    const turned = this.#incidents.step(this.incidents, event);
    this.incidents = turned.state;
    return turned;
  }

  tell(message: Message): void {
    this.put(ALERTS, { kind: 'told', from: watchMachine(API), message });
  }

  wait(ms: number): void {
    const end = later(this.at, ms);
    for (let due = this.#wakeAt; due !== null && due <= end; due = this.#wakeAt) {
      this.at = due > this.at ? due : this.at;
      this.#wakeAt = null;
      this.put(ALERTS, { kind: 'woke', name: 'look' });
    }
    this.at = end;
  }

  restart(): void {
    this.state = JSON.parse(JSON.stringify(this.#alerts.stored?.(this.state))) as Alerts; // decoder: as the store does
  }

  fate(alert: BurnAlert): AlertFate['kind'] | undefined {
    return alertsView(this.state, this.at).alerts.find((it) => it.key === alert.key)?.fate.kind;
  }

  begin(alert: BurnAlert): void {
    this.tell({ kind: 'burn-began', alert });
    this.wait(seconds(30));
  }

  over({ key, service, subject }: BurnAlert): void {
    this.tell({ kind: 'burn-over', key, service, subject, proof: 'it burns no more', how: 'measured' });
  }

  /** A service is in trouble; `isTold`: people were told of it. */
  trouble(service: string, isTold: boolean): void {
    const id = serviceId(service);
    const alert = { key: `${service}/http`, subject: service, service: id, severity: 'SEV3', title: 'fails' } as const;
    this.tell({ kind: 'raised', alert });
    if (isTold) this.#say('trouble', service);
  }

  well(service: string): void {
    this.tell({ kind: 'cleared', key: `${service}/http`, subject: service });
    this.#say('recovered', service);
    this.tell({ kind: 'trouble-over', subject: service, isStopped: false });
  }

  #say(kind: 'trouble' | 'recovered', subject: string): void {
    const { at } = this;
    const key = `${kind}:${subject}@${at}`;
    const notification = { key, kind, severity: 'SEV3', subject, title: kind, body: '', people: [], at } as const;
    this.tell({ kind: 'say', notification });
  }

  kinds(): readonly string[] {
    return this.told.map((it) => `${it.kind} ${it.subject}`);
  }
}

test('a fast burn is an incident: paged once, resolved once, over a restart as well', () => {
  const desks = new Desks();
  const burn = burnOf();
  desks.begin(burn);
  assert.deepEqual([desks.kinds(), desks.fate(burn)], [['page api.availability'], 'notified']);
  desks.restart();
  assert.equal(desks.fate(burn), undefined, 'raw events are not stored');
  desks.begin(burn);
  assert.equal(desks.fate(burn), 'notified');
  desks.wait(minutes(20));
  assert.deepEqual(desks.kinds(), ['page api.availability']);
  desks.over(burn);
  desks.over(burn);
  assert.deepEqual(desks.kinds(), ['page api.availability', 'recovered api.availability']);
  assert.equal(desks.incidents.incidents[0]?.status, 'resolved');
  assert.deepEqual(allBurns(desks.state), []);
});

test('a slow burn is a notice, and its end another', () => {
  const desks = new Desks();
  const burn = burnOf(API, 'SEV3');
  desks.begin(burn);
  desks.restart();
  desks.over(burn);
  assert.deepEqual(desks.kinds(), ['trouble api.availability', 'recovered api.availability']);
  assert.equal(desks.incidents.incidents.length, 0);
});

test('a slow burn that grows is paged; a fast one that people know of makes no notice of the slow one', () => {
  const grows = new Desks();
  grows.begin(burnOf(API, 'SEV3'));
  grows.begin(burnOf(API, 'SEV2'));
  assert.deepEqual(grows.kinds(), ['trouble api.availability', 'page api.availability']);
  const fast = new Desks();
  fast.begin(burnOf(API, 'SEV2'));
  fast.begin(burnOf(API, 'SEV3'));
  fast.begin(burnOf(API, 'SEV3', 'target-breach'));
  assert.deepEqual(fast.kinds(), ['page api.availability']);
  assert.deepEqual(
    [fast.fate(burnOf(API, 'SEV3')), fast.fate(burnOf(API, 'SEV3', 'target-breach'))],
    ['grouped', 'grouped'],
  );
});

test('what its own service is in trouble for is grouped with it', () => {
  const desks = new Desks();
  desks.trouble('api', true);
  desks.begin(burnOf());
  assert.equal(desks.fate(burnOf()), 'grouped');
  desks.well('api');
  desks.wait(minutes(10));
  desks.over(burnOf());
  desks.wait(minutes(60));
  assert.deepEqual(desks.kinds(), ['trouble api', 'recovered api']);
});

test('it waits two minutes for the word of whoever watches the service, and no longer', () => {
  const [spoken, mute] = [new Desks(), new Desks()];
  for (const desks of [spoken, mute]) {
    desks.trouble('api', false);
    desks.begin(burnOf());
    assert.equal(desks.fate(burnOf()), 'waiting');
  }
  spoken.trouble('api', true);
  spoken.wait(minutes(30));
  assert.deepEqual([spoken.kinds(), spoken.fate(burnOf())], [['trouble api'], 'grouped']);
  mute.wait(minutes(2));
  assert.deepEqual([mute.kinds(), mute.fate(burnOf())], [['page api.availability'], 'notified']);
});

test('the burn of a symptom is inhibited by the trouble, or by the burn, of what it needs at any distance', () => {
  const [down, slow] = [new Desks(), new Desks()];
  down.trouble('db', true);
  slow.begin(burnOf(DB));
  for (const desks of [down, slow]) {
    desks.begin(burnOf());
    assert.equal(desks.fate(burnOf()), 'inhibited');
    desks.restart();
    desks.begin(burnOf());
    assert.equal(desks.fate(burnOf()), 'inhibited');
  }
  assert.deepEqual([down.kinds(), slow.kinds()], [['trouble db'], ['page db.availability']]);
});

test('what lasts longer than its windows after the cause is gone is told for its own sake', () => {
  const desks = new Desks();
  desks.trouble('db', true);
  desks.begin(burnOf());
  desks.wait(minutes(10));
  desks.well('db');
  desks.wait(minutes(30));
  assert.deepEqual(desks.kinds(), ['trouble db', 'recovered db']);
  desks.wait(minutes(10));
  assert.deepEqual(desks.kinds(), ['trouble db', 'recovered db', 'page api.availability']);
});

test('quiet about a service is quiet about its targets', () => {
  const desks = new Desks();
  const until = later(desks.at, minutes(60));
  const request = { kind: 'suppress', what: 'api', until, why: 'work' } as const;
  desks.put(ALERTS, { kind: 'asked', by: ANA, askKey: 'ask', request });
  desks.begin(burnOf());
  assert.deepEqual([desks.kinds(), desks.fate(burnOf())], [[], 'silenced']);
  desks.over(burnOf());
  desks.wait(durationMs(minutes(120)));
  assert.deepEqual(desks.kinds(), []);
});

test('a target that is not judged any more closes its incident', () => {
  const desks = new Desks();
  desks.begin(burnOf());
  const { key, service, subject } = burnOf();
  desks.tell({ kind: 'burn-over', key, service, subject, proof: 'it was declared anew', how: 'unwatched' });
  assert.match(desks.told[1]?.title ?? '', /not watched any more/);
  assert.equal(INCIDENTS.length > 0 && desks.incidents.incidents[0]?.status, 'resolved');
});

test('a second target of the same service is grouped with the first, and told when it outlasts it', () => {
  const desks = new Desks();
  const latency = burnOf(API, 'SEV2', 'target-burn', 'latency');
  desks.begin(burnOf());
  desks.begin(latency);
  assert.deepEqual([desks.kinds(), desks.fate(latency)], [['page api.availability'], 'grouped']);
  desks.over(burnOf());
  desks.wait(minutes(60));
  assert.deepEqual(desks.kinds(), ['page api.availability', 'recovered api.availability', 'page api.latency']);
});

test('agreed work stands in the evidence once, with what it kept out of which budget', () => {
  const desks = new Desks();
  const [from, to] = [desks.at, later(desks.at, minutes(30))];
  const work = { key: 'api@1', services: [API], why: 'disks', from, to };
  desks.tell({ kind: 'work-began', work });
  desks.restart();
  desks.tell({ kind: 'work-began', work });
  const { target } = burnOf();
  desks.tell({ kind: 'work-over', key: work.key, endedAt: to, excluded: [{ target, bad: 12 }] });
  desks.tell({ kind: 'work-over', key: work.key, endedAt: to, excluded: [] });
  assert.deepEqual(desks.records, [
    'maintenance.began: until 2027-01-15 08:30:00Z what fails is not taken from a budget',
    'maintenance.ended: 12 bad events kept out of api.availability',
  ]);
});

test('so does the stop of a person, of which nobody knows when it is over', () => {
  const desks = new Desks();
  const work = { key: 'stop:api@1', services: [API], why: 'stopped by kim', from: desks.at, to: null };
  desks.tell({ kind: 'work-began', work });
  desks.tell({ kind: 'work-over', key: work.key, endedAt: desks.at, excluded: [{ target: burnOf().target, bad: 3 }] });
  assert.deepEqual(desks.records, [
    'stop.began: until it is up again what fails is not taken from a budget',
    'stop.ended: 3 bad events kept out of api.availability',
  ]);
});

test('what explains it may come to light within half a minute: one outage is one page', () => {
  const desks = new Desks();
  desks.tell({ kind: 'burn-began', alert: burnOf() });
  desks.tell({ kind: 'burn-began', alert: burnOf(DB) });
  assert.deepEqual([desks.kinds(), desks.fate(burnOf())], [[], 'waiting']);
  desks.wait(seconds(2));
  desks.trouble('db', true);
  desks.wait(minutes(5));
  assert.deepEqual(desks.kinds(), ['trouble db']);
  assert.deepEqual([desks.fate(burnOf()), desks.fate(burnOf(DB))], ['inhibited', 'grouped']);
});

test('how long a burn outlasts its cause is not counted over a time in which nobody watched', () => {
  const desks = new Desks();
  desks.trouble('db', true);
  desks.begin(burnOf());
  desks.wait(minutes(10));
  desks.well('db');
  desks.wait(minutes(6));
  desks.restart();
  desks.wait(minutes(300));
  assert.deepEqual(desks.kinds(), ['trouble db', 'recovered db'], 'the judge has not said it again');
});

test('a burn of a trouble that people were told of is not told after it, however soon that was over', () => {
  const desks = new Desks();
  const burn = burnOf();
  desks.trouble('api', false);
  desks.tell({ kind: 'burn-began', alert: burn });
  desks.wait(seconds(1));
  desks.trouble('api', true);
  assert.equal(desks.fate(burn), 'grouped');
  desks.wait(seconds(10));
  desks.well('api');
  desks.wait(minutes(30));
  assert.deepEqual(desks.kinds(), ['trouble api', 'recovered api']);
});

test('what is doubted together with others is told by the watchman alone, and by itself when it outlasts the doubt', () => {
  const desks = new Desks();
  desks.trouble('api', false);
  desks.begin(burnOf());
  desks.tell({ kind: 'doubted', subject: API, why: 'something shared is down' });
  assert.equal(desks.fate(burnOf()), 'inhibited');
  desks.wait(minutes(30));
  assert.deepEqual(desks.kinds(), [], 'the page is that of the gate');
  desks.tell({ kind: 'doubted', subject: API, why: null });
  desks.wait(minutes(60));
  assert.deepEqual(desks.kinds(), ['information api', 'page api.availability']);
  assert.match(desks.told[0]?.body ?? '', /nobody was told/);
});

test('a symptom of something declared is not freed by the end of a doubt', () => {
  const desks = new Desks();
  desks.trouble('api', false);
  desks.tell({ kind: 'blamed', subject: 'api', on: DB });
  desks.tell({ kind: 'doubted', subject: API, why: null });
  desks.wait(minutes(30));
  assert.deepEqual(desks.kinds(), []);
});
