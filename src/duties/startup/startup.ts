// Start-up and orderly end: one order, never shortcut.
//
//   repair ─▶ guard ─▶ core ─▶ apps ─▶ verify ─▶ up ─▶ (shutdown) ─▶ down
//
// Each phase is a gate with a timeout: when the time is up it goes on and the start is reported as degraded. Within
// core and apps every service starts as soon as what it needs is well; it waits for nobody else. The end is the same
// in reverse: a service stops when nobody that needs it still runs.

import { SERENO } from '#kernel/actor.ts';
import type { Effect, SurveyPhase } from '#kernel/effect.ts';
import type { Event, SurveyReport } from '#kernel/event.ts';
import { canBeReliedOn } from '#kernel/health.ts';
import type { ServiceId } from '#kernel/id.ts';
import type { Message } from '#kernel/message.ts';
import type { Service } from '#kernel/service.ts';
import { dependantsOf, STARTUP, watchMachine, type Site } from '#kernel/site.ts';
import type { Machine, Stepped } from '#kernel/step.ts';
import { elapsedMs, instant, later, seconds, type DurationMs, type Instant } from '#kernel/time.ts';

/** A survey reads files and figures; a machine where that takes longer is degraded. */
const SURVEY_MS = seconds(30);
/** On top of the services' own start timeouts. */
const SLACK_MS = seconds(10);
/** Good news stand in a line each up to here; those of a larger town are counted. */
const GOOD_LINES_MAX = 200;
/** Orderly ends that take longer are left to the next start's adoption. */
const DOWN_MS = seconds(90);

export type StartupPhase = 'asleep' | SurveyPhase | 'core' | 'apps' | 'verify' | 'up' | 'stopping' | 'down';

export type StartupLine = {
  readonly phase: string;
  readonly isGood: boolean;
  readonly text: string;
  readonly tookMs: number;
};

export type Startup = {
  readonly phase: StartupPhase;
  readonly phaseSince: Instant;
  readonly startedAt: Instant | null;
  readonly endedAt: Instant | null;
  readonly waitingFor: readonly ServiceId[];
  readonly isDegraded: boolean;
  readonly lines: readonly StartupLine[];
  /** Good news beyond those that stand in a line. */
  readonly moreWell: number;
};

type Turn = Stepped<Startup>;

const FIRST: Startup = {
  phase: 'asleep',
  phaseSince: instant(0),
  startedAt: null,
  endedAt: null,
  waitingFor: [],
  isDegraded: false,
  lines: [],
  moreWell: 0,
};

/** Makes the start-up of a site. */
export const makeStartup = (site: Site): Machine<Startup> => ({
  id: STARTUP,
  initial: FIRST,
  step: (state, event) => step(site, { state, effects: [] }, event),
  expects: (state) => (['asleep', 'up', 'down'].includes(state.phase) ? [] : ['phase']),
  stored: (state) => ({ ...state, waitingFor: [], lines: [] }),
});

const go = (turn: Turn, change: Partial<Startup>, effects: readonly Effect[] = []): Turn => ({
  state: { ...turn.state, ...change },
  effects: [...turn.effects, ...effects],
});

const record = (at: Instant, type: string, trigger: string, outcome: string | null = null): Effect => ({
  kind: 'record',
  evidence: {
    at,
    actor: { kind: SERENO.kind, name: SERENO.name },
    machine: STARTUP,
    type,
    trigger,
    action: null,
    outcome,
    refs: {},
  },
});

const tell = (service: ServiceId, message: Message): Effect => ({ kind: 'tell', to: watchMachine(service), message });

const step = (site: Site, turn: Turn, event: Event): Turn => {
  const { at } = event;
  const { phase } = turn.state;
  switch (event.kind) {
    case 'booted':
      return survey(go(turn, { ...FIRST, startedAt: at }), 'repair', at);
    case 'surveyed':
      return event.report.phase === phase ? surveyed(site, turn, event.report, at) : turn;
    case 'told':
      return hear(site, turn, event.message, at);
    case 'woke':
      return event.name === 'phase' ? timeUp(site, turn, at) : turn;
    case 'shutdown':
      return shutDown(site, turn, at);
    default:
      return turn;
  }
};

const enter = (turn: Turn, phase: StartupPhase, limitMs: DurationMs, at: Instant): Turn =>
  go(turn, { phase, phaseSince: at }, [
    { kind: 'wake', name: 'phase', at: later(at, limitMs) },
    record(at, 'startup.phase', phase),
  ]);

const line = (turn: Turn, isGood: boolean, text: string, at: Instant): Turn => {
  const tookMs = elapsedMs(turn.state.phaseSince, at);
  const lines = [...turn.state.lines, { phase: turn.state.phase, isGood, text, tookMs }];
  return go(turn, { lines, isDegraded: turn.state.isDegraded || !isGood });
};

const survey = (turn: Turn, phase: SurveyPhase, at: Instant): Turn =>
  go(enter(turn, phase, SURVEY_MS, at), {}, [{ kind: 'survey', phase }]);

const surveyed = (site: Site, turn: Turn, report: SurveyReport, at: Instant): Turn => {
  const text = report.findings.length === 0 ? 'nothing to report' : report.findings.join('; ');
  return afterSurvey(site, line(turn, report.isGood, text, at), report.phase, at);
};

const afterSurvey = (site: Site, turn: Turn, phase: SurveyPhase, at: Instant): Turn => {
  if (phase === 'repair') return survey(turn, 'guard', at);
  if (phase === 'guard') return survey(turn, 'adopt', at);
  return bringUp(site, turn, 'core', at);
};

const longestStart = (services: readonly Service[]): DurationMs =>
  services.reduce<DurationMs>(
    (longest, service) => (service.startTimeoutMs > longest ? service.startTimeoutMs : longest),
    seconds(0),
  );

const bringUp = (site: Site, turn: Turn, phase: 'core' | 'apps', at: Instant): Turn => {
  const tier = phase === 'core' ? 'core' : 'app';
  const services = site.services.filter((service) => service.tier === tier);
  const limitMs = seconds((longestStart(services) * Math.max(1, depthOf(services)) + SLACK_MS) / 1_000);
  const entered = go(enter(turn, phase, limitMs, at), { waitingFor: services.map((service) => service.id) });
  const told = go(
    entered,
    {},
    services.map((service) => tell(service.id, { kind: 'come-up' })),
  );
  return services.length === 0 ? tierDone(site, told, at) : told;
};

/** The longest chain of needs within a set: starts along it follow one another. */
const depthOf = (services: readonly Service[]): number => {
  const byId = new Map(services.map((service) => [service.id, service]));
  const known = new Map<ServiceId, number>();
  const depth = (id: ServiceId): number => {
    const service = byId.get(id);
    if (service === undefined) return 0;
    const found = known.get(id);
    if (found !== undefined) return found;
    known.set(id, 1);
    const deepest = 1 + Math.max(0, ...service.needs.map(depth));
    known.set(id, deepest);
    return deepest;
  };
  return Math.max(0, ...services.map((service) => depth(service.id)));
};

const hear = (site: Site, turn: Turn, message: Message, at: Instant): Turn => {
  const { phase, waitingFor } = turn.state;
  if (message.kind === 'is-up' && (phase === 'core' || phase === 'apps')) {
    const waiting = waitingFor.filter((id) => id !== message.service);
    if (waiting.length === waitingFor.length) return turn;
    const heard = go(hearOne(turn, message, at), { waitingFor: waiting });
    return waiting.length === 0 ? tierDone(site, heard, at) : heard;
  }
  if (message.kind === 'is-down' && phase === 'stopping') return oneDown(site, turn, message.service, at);
  return turn;
};

const hearOne = (turn: Turn, { service, health }: Message & { kind: 'is-up' }, at: Instant): Turn => {
  const isWell = canBeReliedOn(health);
  if (isWell && turn.state.lines.length >= GOOD_LINES_MAX) return go(turn, { moreWell: turn.state.moreWell + 1 });
  return line(turn, isWell, isWell ? `${service} is ${health}` : `${service} stays ${health}`, at);
};

const tierDone = (site: Site, turn: Turn, at: Instant): Turn =>
  turn.state.phase === 'core' ? bringUp(site, turn, 'apps', at) : verify(turn, at);

const verify = (turn: Turn, at: Instant): Turn => {
  const { isDegraded, startedAt } = turn.state;
  const took = startedAt === null ? 0 : elapsedMs(startedAt, at);
  const entered = enter(turn, 'verify', seconds(0), at);
  const bad = turn.state.lines.filter((it) => !it.isGood).length;
  const text = isDegraded
    ? `degraded: ${bad} of ${turn.state.lines.length + turn.state.moreWell} points are not good`
    : 'everything that was declared answers';
  const checked = line(entered, !isDegraded, `${text} (${took} ms)`, at);
  return go(checked, { phase: 'up', phaseSince: at, endedAt: at, waitingFor: [] }, [
    { kind: 'unwake', name: 'phase' },
    record(at, 'startup.completed', isDegraded ? 'degraded' : 'good', text),
  ]);
};

/** A gate's time is up: it says so, and goes on. */
const timeUp = (site: Site, turn: Turn, at: Instant): Turn => {
  const { phase, waitingFor } = turn.state;
  if (phase === 'repair' || phase === 'guard' || phase === 'adopt') {
    return afterSurvey(site, line(turn, false, 'did not report in time', at), phase, at);
  }
  if (phase === 'core' || phase === 'apps') {
    const text = `not up in time: ${waitingFor.join(', ')}`;
    return tierDone(site, go(line(turn, false, text, at), { waitingFor: [] }), at);
  }
  if (phase !== 'stopping') return turn;
  return ended(line(turn, false, `not down in time: ${waitingFor.join(', ')}`, at), at);
};

const shutDown = (site: Site, turn: Turn, at: Instant): Turn => {
  if (turn.state.phase === 'stopping' || turn.state.phase === 'down') return turn;
  const waitingFor = site.services.map((service) => service.id);
  const entered = go(enter(turn, 'stopping', DOWN_MS, at), { waitingFor, lines: [], moreWell: 0, isDegraded: false });
  const first = site.services.filter((service) => dependantsOf(site, service.id).length === 0);
  const told = go(
    entered,
    {},
    first.map((service) => tell(service.id, { kind: 'come-down' })),
  );
  return waitingFor.length === 0 ? ended(told, at) : told;
};

const oneDown = (site: Site, turn: Turn, down: ServiceId, at: Instant): Turn => {
  if (!turn.state.waitingFor.includes(down)) return turn;
  const waitingFor = turn.state.waitingFor.filter((id) => id !== down);
  const heard = go(turn, { waitingFor });
  if (waitingFor.length === 0) return ended(heard, at);
  const needs = site.services.find((service) => service.id === down)?.needs ?? [];
  const free = needs.filter((need) =>
    dependantsOf(site, need).every((dependant) => !waitingFor.includes(dependant.id)),
  );
  return go(
    heard,
    {},
    [...new Set(free)].map((need) => tell(need, { kind: 'come-down' })),
  );
};

const ended = (turn: Turn, at: Instant): Turn =>
  go(turn, { phase: 'down', phaseSince: at, endedAt: at }, [
    { kind: 'unwake', name: 'phase' },
    record(at, 'shutdown.completed', turn.state.isDegraded ? 'degraded' : 'good'),
  ]);
