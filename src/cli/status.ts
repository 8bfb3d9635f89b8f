// `sereno status [--watch]`: how everything is. It reads two small files and asks; it writes nothing.

import { setTimeout } from 'node:timers/promises';
import type { Client } from '#api/client.ts';
import { sayRunning } from '#api/own.ts';
import { visible } from '#api/visible.ts';
import type { HealthState } from '#kernel/health.ts';
import { EXIT, type ExitCode } from '#kernel/problem.ts';
import { sayInstant, sayReason } from '#kernel/reason.ts';
import type { TownView } from '#kernel/view.ts';
import type { Define, Setting, Work } from './command.ts';
import { failWithOutcome, withClient } from './connection.ts';
import { makeMirror } from './mirror.ts';
import { paint, paintHealth, printJson, table } from './terminal.ts';

/** Degraded still serves, as on the health page. */
const EXIT_OF: Record<HealthState, ExitCode> = {
  healthy: EXIT.ok,
  degraded: EXIT.ok,
  unhealthy: EXIT.unhealthy,
  unknown: EXIT.unhealthy,
};

/** One line of what is wrong, and where the rest of it stands. */
const sayRefused = (detail: string): string => {
  const command = detail.includes('[codex-unblessed]') ? 'sereno codex own' : 'sereno check';
  return `${detail.split('\n', 1).join('')}; more: ${command}`;
};

/** What stands above the table, only when it is so. */
const notices = (town: TownView): readonly string[] => [
  ...(town.hold === null ? [] : [`HELD by ${town.hold.by} since ${sayInstant(town.hold.since)}: ${town.hold.why}`]),
  ...(town.isSafeMode ? ['safe mode: one action at a time'] : []),
  ...(town.configProblem === null
    ? []
    : [`the configuration on disk is refused, the old one goes on: ${sayRefused(town.configProblem)}`]),
  ...(town.own.some(({ state }) => state !== 'blessed') ? ['the configuration that runs is not the blessed one'] : []),
  ...town.suspicion.map((reason) => `the watchman suspects itself: ${sayReason(reason)}`),
  ...(town.startup.phase === 'up' ? [] : [`start-up is at ${town.startup.phase}`]),
  ...town.brokenMachines.map((machine) => `broken machine: ${machine}`),
  ...(town.evidence.isIntact === false ? ['the evidence chain is BROKEN'] : []),
  ...town.incidents
    .filter((incident) => incident.status !== 'resolved')
    .map((incident) => `${incident.number} ${incident.severity} ${incident.status}: ${incident.title}`),
  ...town.approvals
    .filter((approval) => approval.status === 'pending')
    .map((approval) => `waits for approval ${approval.id}: ${approval.action} ${approval.subject}`),
];

const standing = ({ score, streak }: TownView): string => {
  const days = `${streak.isAtLeast ? 'at least ' : ''}${streak.days} smooth ${streak.days === 1 ? 'day' : 'days'} in a row`;
  return `${score === null ? '' : `, score ${score}`}, ${days}`;
};

const townText = async ({ terminal }: Setting, town: TownView): Promise<string> => {
  const rows = town.services.map((service) => [
    service.id,
    service.health,
    `${service.score.value}`,
    service.since === null ? 'never' : sayInstant(service.since),
    service.headline,
  ]);
  const site = paint(terminal, 'bold', visible(town.site));
  return [
    `${site} is ${paintHealth(terminal, town.health)}${standing(town)}, ${sayInstant(town.at)}`,
    ...sayRunning(town),
    ...notices(town).map((notice) => paint(terminal, 'yellow', visible(notice))),
    await table(terminal, ['service', 'state', 'score', 'since', 'why'], rows),
  ].join('\n');
};

const print = async (setting: Setting, town: TownView): Promise<void> => {
  if (setting.settings.format === 'json') printJson(setting.terminal, town);
  else setting.terminal.out(await townText(setting, town));
};

const once = async (setting: Setting, client: Client): Promise<ExitCode> => {
  const outcome = await client.read('town');
  if (outcome.kind !== 'ok') return failWithOutcome(setting, outcome);
  await print(setting, outcome.value);
  return EXIT_OF[outcome.value.health];
};

/** Redraws at most this often: quicker is only flicker. */
const REDRAW_MS = 250;
/** Between attempts to reach a Sereno that went away. */
const RETRY_MS = 2_000;

const CLEAR = '\u001b[2J\u001b[H';

/** Waits, or is woken by the signal; either way it returns. */
const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  try {
    await setTimeout(ms, undefined, { signal });
  } catch {
    // The signal came first: the caller looks at it.
  }
};

/** Draws what is newest, at most every REDRAW_MS, until the signal. */
const drawUntil = async (setting: Setting, newest: () => TownView | null, signal: AbortSignal): Promise<void> => {
  let drawn: TownView | null = null;
  while (!signal.aborted) {
    const town = newest();
    if (town !== null && town !== drawn) {
      drawn = town;
      if (setting.terminal.isInteractive) setting.terminal.out(CLEAR);
      await print(setting, town);
    }
    await pause(REDRAW_MS, signal);
  }
};

/** One connection's worth of watching: follow, fetch, draw, until the stream ends. Says why it ended. */
const followOnce = async (setting: Setting, client: Client, signal: AbortSignal): Promise<string> => {
  const ending = new AbortController();
  let newest: TownView | null = null;
  const mirror = makeMirror(
    async () => {
      const outcome = await client.read('town');
      return outcome.kind === 'ok' ? outcome.value : null;
    },
    (town) => {
      newest = town;
    },
  );
  const drawing = drawUntil(setting, () => newest, AbortSignal.any([signal, ending.signal]));
  const ended = await client.follow({ signal, onMessage: mirror.take });
  ending.abort();
  await drawing;
  if (ended.kind === 'refused') return ended.problems.map((each) => each.message).join('; ');
  return ended.kind === 'unreachable' ? ended.detail : 'the stream ended';
};

const watch = async (setting: Setting, client: Client): Promise<ExitCode> => {
  const ending = new AbortController();
  process.once('SIGINT', () => ending.abort());
  process.once('SIGTERM', () => ending.abort());
  // No limit: a person ends it.
  while (!ending.signal.aborted) {
    const why = await followOnce(setting, client, ending.signal);
    if (ending.signal.aborted) break;
    setting.terminal.err(visible(`everything is unknown since ${new Date().toISOString()}: ${why}; trying again`));
    await pause(RETRY_MS, ending.signal);
  }
  return EXIT.ok;
};

const status: Work = (setting, _words, options) =>
  withClient(setting, (client) => (options['watch'] === true ? watch(setting, client) : once(setting, client)));

export const defineStatus: Define = (command, running) => {
  command.option('--watch', 'stay and show changes as they come').action(running(status));
};
