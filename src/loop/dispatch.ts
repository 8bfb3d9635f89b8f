// From an outer effect to the port that carries it out, and from the port's report back to an event.

import { emptyBlackBox } from '#kernel/cause.ts';
import type { KeyedEffect } from '#kernel/effect.ts';
import type { EventBody, SurveyReport } from '#kernel/event.ts';
import type { EffectKey, ServiceId } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';
import { findService, watchMachine, type Site } from '#kernel/site.ts';
import { isOperable } from '#kernel/service.ts';
import { durationMs, seconds, type DurationMs, type Instant } from '#kernel/time.ts';
import { unreachable } from '#kernel/unreachable.ts';
import type { Actuator } from '#ports/actuator.ts';
import type { Copies } from '#ports/copies.ts';
import type { Host } from '#ports/host.ts';
import type { Notifier } from '#ports/notifier.ts';
import type { Crank } from './crank.ts';
import type { Lookout } from './lookout.ts';
import type { Round } from './round.ts';

export type Ports = {
  readonly actuator: Actuator;
  readonly notifier: Notifier;
  readonly host: Host;
  readonly copies: Copies;
};

export type Switchboard = {
  readonly site: () => Site;
  readonly ports: Ports;
  readonly round: Round;
  readonly lookout: Lookout;
  readonly crank: () => Crank;
  readonly now: () => Instant;
};

type Report = (body: EventBody) => void;

/** How long a report may take before the effect is handed over again with the same key. */
export const patienceFor = (keyed: KeyedEffect, now: Instant): DurationMs => {
  const { effect } = keyed;
  switch (effect.kind) {
    case 'confirm':
      return durationMs(Math.max(0, effect.until - now) + seconds(5));
    case 'compare':
      return durationMs(Math.max(0, effect.until - now) + seconds(5));
    case 'examine':
      return seconds(3);
    case 'survey':
    case 'keep-codex':
      return seconds(60);
    case 'inspect-copy':
    case 'apply-revision':
      return seconds(10);
    case 'operate':
      // Its key makes repeating harmless, and a lost report is asked for several times within the lease.
      return seconds(5);
    case 'notify':
      return seconds(30);
    default:
      return unreachable(effect);
  }
};

/** Hands one effect to its port. */
export const dispatchTo = (board: Switchboard, keyed: KeyedEffect, report: Report): void => {
  const { key, effect } = keyed;
  const { actuator, notifier, copies } = board.ports;
  switch (effect.kind) {
    case 'confirm':
      return board.round.confirm(effect.checks, effect.goal, effect.until, (checks) =>
        report({ kind: 'confirmed', key, checks, until: effect.until }),
      );
    case 'compare':
      return board.lookout.compare(key, effect, (verdict) =>
        report({ kind: 'compared', key, release: effect.release, verdict }),
      );
    case 'examine':
      return withService(board, effect.service, (service) => {
        if (service === null)
          return report({
            kind: 'examined',
            key,
            blackBox: emptyBlackBox(effect.service, board.now(), ['the service is not declared any more']),
          });
        return actuator.examine(service, (blackBox) => report({ kind: 'examined', key, blackBox }));
      });
    case 'survey':
      return effect.phase === 'adopt'
        ? adopt(board, key, report)
        : board.ports.host.survey(effect.phase, (found) => report({ kind: 'surveyed', key, report: found }));
    case 'operate':
      return operate(board, keyed.key, effect.operation, report);
    case 'inspect-copy': {
      const { copy, path, look } = effect;
      return copies.inspect(path, (seen) => report({ kind: 'inspected', key, copy, look, seen }));
    }
    case 'apply-revision': {
      const { copy, epoch } = effect.order;
      return copies.apply(effect.order, (outcome) => report({ kind: 'revision-applied', key, copy, epoch, outcome }));
    }
    case 'keep-codex': {
      const { task, before } = effect;
      return copies.keep(task, before, (kept) => report({ kind: 'codex-kept', key, task, report: kept }));
    }
    case 'notify': {
      const { notification } = effect;
      return notifier.deliver(key, notification, (delivery) =>
        report({ kind: 'notified', key, notification: notification.key, ...delivery }),
      );
    }
    default:
      return unreachable(effect);
  }
};

const withService = (board: Switchboard, id: ServiceId, use: (service: Service | null) => void): void =>
  use(findService(board.site(), id));

const operate = (
  board: Switchboard,
  key: EffectKey,
  operation: Parameters<Actuator['operate']>[1],
  report: Report,
): void => {
  const { epoch, subject } = operation;
  const service = findService(board.site(), subject);
  if (service === null) {
    const outcome = { kind: 'refused', detail: `${subject} is not declared any more` } as const;
    return report({ kind: 'operated', key, epoch, outcome });
  }
  return board.ports.actuator.operate(key, operation, service, (outcome) =>
    report({ kind: 'operated', key, epoch, outcome }),
  );
};

/** Looks for every workload that Sereno can operate: what outlived an earlier run is adopted, not started twice. */
const adopt = (board: Switchboard, key: EffectKey, report: Report): void => {
  const services = board.site().services.filter((service) => isOperable(service.workload));
  const found: string[] = [];
  const notes: string[] = [];
  let left = services.length;
  const finish = (): void => {
    const findings = [...(found.length === 0 ? [] : [`adopted ${found.join(', ')}`]), ...notes];
    const surveyed: SurveyReport = { phase: 'adopt', isGood: true, findings };
    report({ kind: 'surveyed', key, report: surveyed });
  };
  if (left === 0) return finish();
  for (const service of services) {
    board.ports.actuator.find(service, (presence) => {
      const { isRunning, pid, detail } = presence;
      if (isRunning) found.push(service.id);
      if (detail !== undefined) notes.push(`${service.id}: ${detail}`);
      board.crank().put(watchMachine(service.id), { kind: 'found', isRunning, pid });
      left -= 1;
      if (left === 0) finish();
    });
  }
  return undefined;
};
