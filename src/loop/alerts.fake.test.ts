// A desk under test: the machine with a clock of its own, and what it told, recorded and asked for.

import assert from 'node:assert/strict';
import type { Actor } from '#kernel/actor.ts';
import type { AlertFate } from '#kernel/alert.ts';
import type { Event, EventBody } from '#kernel/event.ts';
import type { HealthState } from '#kernel/health.ts';
import { checkId, effectKey, serviceId, type MachineId } from '#kernel/id.ts';
import type { Message, Request } from '#kernel/message.ts';
import type { Notification } from '#kernel/notification.ts';
import { ALERTS, INCIDENTS, watchMachine, type Site } from '#kernel/site.ts';
import { instant, later, seconds, type Instant } from '#kernel/time.ts';
import { makeAlerts } from './alerts.ts';
import type { Alerts } from './alertsState.ts';
import { alertsView } from './alertsView.ts';

export const START = instant(1_800_000_000_000);
export const API = serviceId('api');
export const LOOK = checkId('api/http');
export const SITE = {
  services: [
    { id: API, needs: [serviceId('db')], checks: [{ id: LOOK }] },
    { id: serviceId('db'), needs: [], checks: [] },
  ],
  channels: [{ name: 'chat', kind: 'webhook', url: 'http://chat' }],
} as unknown as Site; // decoder: the desk reads nothing else of a site

export const ANA: Actor = { kind: 'person', name: 'ana', roles: ['operator'] };
export const BOT: Actor = { kind: 'agent', name: 'bot', roles: ['operator', 'admin'] };
export const EVE: Actor = { kind: 'person', name: 'eve', roles: ['viewer'] };

/** A desk with a clock: what was told, and the state. */
export class Desk {
  readonly machine = makeAlerts(SITE);
  state: Alerts = this.machine.initial;
  readonly told: Notification[] = [];
  readonly records: string[] = [];
  readonly said: Message[] = [];
  readonly looks: Instant[] = [];
  at: Instant = START;
  #wakeAt: Instant | null = null;

  put(body: EventBody): void {
    const event: Event = { ...body, at: this.at };
    const { state, effects } = this.machine.step(this.state, event);
    this.state = state;
    for (const effect of effects) {
      if (effect.kind === 'notify') this.told.push(effect.notification);
      else if (effect.kind === 'record') this.records.push(effect.evidence.type);
      else if (effect.kind === 'tell') this.said.push(effect.message);
      else if (effect.kind === 'wake') this.#wakeAt = effect.at;
      else if (effect.kind === 'confirm') this.looks.push(effect.until);
    }
    assert.equal(this.machine.expects(this.state).length > 0, this.#wakeAt !== null, 'it sleeps and expects nothing');
  }

  tell(message: Message, from: MachineId = watchMachine(API)): void {
    this.put({ kind: 'told', from, message });
  }

  /** Lets time pass; wakes ring. */
  wait(ms: number): void {
    const end = later(this.at, ms);
    for (let due = this.#wakeAt; due !== null && due <= end; due = this.#wakeAt) {
      this.at = due > this.at ? due : this.at;
      this.#wakeAt = null;
      this.put({ kind: 'woke', name: 'look' });
    }
    this.at = end;
  }

  restart(): void {
    this.state = JSON.parse(JSON.stringify(this.machine.stored?.(this.state))) as Alerts; // decoder: as the store does
  }

  /** The fresh look that was asked for last reports. */
  saw(state: HealthState): void {
    const until = this.looks.at(-1) ?? assert.fail('no look was asked for');
    this.put({ kind: 'confirmed', key: effectKey(ALERTS, 1, 0), checks: [{ check: LOOK, state }], until });
  }

  fate(key: string): AlertFate['kind'] | undefined {
    return alertsView(this.state, this.at).alerts.find((it) => it.key === key)?.fate.kind;
  }

  ask(by: Actor, request: Request): string {
    this.put({ kind: 'asked', by, request, askKey: `ask-${this.at}-${this.state.answers.length}` });
    return this.state.answers[0]?.status ?? 'none';
  }

  raise(key = 'api/http'): void {
    this.tell({
      kind: 'raised',
      alert: { key, subject: 'api', service: API, severity: 'SEV3', title: `${key} fails` },
    });
  }

  clear(key = 'api/http'): void {
    this.tell({ kind: 'cleared', key, subject: 'api' });
  }

  say(kind: Notification['kind'], key: string, more: Partial<Notification> = {}): void {
    const notification: Notification = {
      key,
      kind,
      severity: 'SEV3',
      subject: 'api',
      title: `api ${kind}`,
      body: '',
      people: [],
      at: this.at,
      ...more,
    };
    this.tell({ kind: 'say', notification }, kind === 'page' ? INCIDENTS : watchMachine(API));
  }

  /** One trouble from its first sign to its end. */
  trouble(turn: number): void {
    this.raise();
    this.say('trouble', `trouble:api@${turn}`);
    this.wait(seconds(30));
    this.clear();
    this.say('recovered', `recovered:api@${turn}`);
    this.tell({ kind: 'trouble-over', subject: 'api', isStopped: false });
  }
}

export const until = (desk: Desk, ms: number): Request => ({
  kind: 'suppress',
  what: 'api',
  until: later(desk.at, ms),
  why: 'moving the disk',
});
