// Decodes services: workload, checks, targets, restart budget, and what is declared about them but not yet active.

import { personId, serviceId } from '#kernel/id.ts';
import { problem } from '#kernel/problem.ts';
import type { RestartBudget, Service, Workload } from '#kernel/service.ts';
import { hours, seconds } from '#kernel/time.ts';
import { decodeChecks } from './decodeCheck.ts';
import { fromFolder } from './folder.ts';
import { decodeTargets, type TargetGround } from './decodeTarget.ts';
import { declare, missingBelow, type Decoding } from './decoding.ts';
import type { Path } from './document.ts';
import type { RunText, ServiceText } from './grammarService.ts';

/** Three restarts an hour: one for bad luck, one to be sure, one more; the fourth is a cause that a person must find. */
export const RESTART_BUDGET_DEFAULT: RestartBudget = { count: 3, windowMs: hours(1) };
/** A crash loop shows itself within some seconds. */
const STABLE_AFTER_DEFAULT = seconds(10);
/** Databases that replay their log need some tens of seconds. */
const START_TIMEOUT_DEFAULT = seconds(30);
/** What docker and systemd users are used to. */
const STOP_TIMEOUT_DEFAULT = seconds(10);
const COMMAND_TIMEOUT_DEFAULT = seconds(30);

const processWorkload = (decoding: Decoding, text: NonNullable<RunText['process']>): Workload => {
  const absent = {
    cwd: undefined,
    env: undefined,
    stop_signal: undefined,
    stop_timeout: undefined,
    standby: undefined,
  };
  const long = { ...absent, ...text };
  return {
    kind: 'process',
    command: long.command,
    // Beside the file that declares it, wherever Sereno was started from.
    cwd: fromFolder(decoding, long.cwd ?? '.'),
    env: long.env ?? {},
    stopSignal: long.stop_signal ?? 'SIGTERM',
    stopTimeoutMs: long.stop_timeout ?? STOP_TIMEOUT_DEFAULT,
    standby: long.standby ?? 'none',
  };
};

const inactiveWorkload = (decoding: Decoding, run: RunText, path: Path): Workload => {
  const kinds = ['systemd', 'docker', 'pm2', 'kubernetes'] as const;
  for (const kind of kinds) {
    const params = run[kind];
    if (params === undefined) continue;
    declare(decoding, [...path, kind], `workload of kind ${kind}: watched, but not started or restarted`);
    return { kind, params };
  }
  return { kind: 'none' };
};

const decodeWorkload = (decoding: Decoding, run: RunText | undefined, path: Path): Workload => {
  if (run === undefined) return { kind: 'none' };
  if (run.process !== undefined) return processWorkload(decoding, run.process);
  if (run.command === undefined) return inactiveWorkload(decoding, run, path);
  return {
    kind: 'command',
    start: run.command.start,
    stop: run.command.stop,
    status: run.command.status ?? null,
    timeoutMs: run.command.timeout ?? COMMAND_TIMEOUT_DEFAULT,
  };
};

/** A program that was started with half of its secrets does harm: here a missing one is a problem, not a warning. */
const complainAboutMissing = (decoding: Decoding, workload: Workload, path: Path): void => {
  const isActive = workload.kind === 'process' || workload.kind === 'command';
  for (const missing of missingBelow(decoding, path)) {
    const found = problem('config-secret-missing', `${missing.why}`, {
      place: decoding.ground.locate(missing.path),
      expected: `a value for ${missing.reference}`,
      mend: isActive ? 'set it before starting Sereno; the workload cannot be started without it' : null,
    });
    (isActive ? decoding.problems : decoding.warnings).push(found);
  }
};

const declareLimits = (decoding: Decoding, text: ServiceText, path: Path): void => {
  const limits = text.limits;
  if (limits === undefined) return;
  const names = Object.keys(limits).filter((name) => name !== 'replicas');
  const isScaled = limits.replicas !== undefined && limits.replicas.min !== limits.replicas.max;
  const said = [...names, ...(isScaled ? ['scaling of replicas'] : [])];
  if (said.length > 0) declare(decoding, [...path, 'limits'], `limits of ${said.join(', ')}`);
};

const decodeService = (ground: TargetGround, name: string, text: ServiceText): Service => {
  const { decoding } = ground;
  const id = serviceId(name);
  const path = ['services', name];
  const workload = decodeWorkload(decoding, text.run, [...path, 'run']);
  complainAboutMissing(decoding, workload, [...path, 'run']);
  declareLimits(decoding, text, path);
  const checks = decodeChecks(decoding, id, text.checks ?? []);
  const restart = { budget: undefined, stable_after: undefined, start_timeout: undefined, ...text.restart };
  return {
    id,
    tier: text.tier ?? 'app',
    owner: text.owner === undefined ? null : personId(text.owner),
    needs: [...new Set(text.needs ?? [])].map(serviceId),
    mustRun: text.must_run ?? false,
    trafficPercent: text.traffic ?? 0,
    replicas: text.limits?.replicas?.min ?? 1,
    workload,
    checks,
    targets: decodeTargets(ground, { service: id, checks, texts: text.targets ?? {} }),
    restartBudget: restart.budget ?? RESTART_BUDGET_DEFAULT,
    stableAfterMs: restart.stable_after ?? STABLE_AFTER_DEFAULT,
    startTimeoutMs: restart.start_timeout ?? START_TIMEOUT_DEFAULT,
  };
};

/** All services. `ground`: where mistakes are told, the zone of the site, and the sources that a target may name. */
export const decodeServices = (
  ground: TargetGround,
  texts: Readonly<Record<string, ServiceText>> | undefined,
): readonly Service[] => Object.entries(texts ?? {}).map(([name, text]) => decodeService(ground, name, text));
