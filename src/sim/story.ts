// Story: a few lines of what happens in a small town, told on the simulator, and the transcript that comes of it.
//
//   service api needs redis        declares a service (traffic 30: its share of traffic in percent)
//   wait 5min                      lets time pass (ms, s, min, h)
//   settle 2min                    the same, and leaves out of the transcript what happened so far
//   crash api | kill api | hang api | freeze api
//   crash-loop api 10min | port-taken api 5min | stubborn api 20min | bad-version api 20min
//   blind 2min                     the path of all probes is silent, the canary's too
//   ask ana restart api            a person asks; also start, stop
//   hold ana | release bo | acknowledge ana api
//   kill watchman                  kill -9; a new run begins a moment later
//   stop watchman 10min            SIGSTOP, and SIGCONT after that time
//   sleep 8h                       the whole machine sleeps: time passes and nothing runs
//   clock 1h | clock back 1h       the wall clock is set
//
// The transcript has the moments since nightfall and what an operator could see: what people were told, what the
// evidence says, what was done. Records that repeat themselves are told once.

import type { Actor } from '#kernel/actor.ts';
import { checkId, serviceId } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';
import { GATE, INCIDENTS, watchMachine, type Site } from '#kernel/site.ts';
import { hours, seconds } from '#kernel/time.ts';
import type { Condition, TroubleKind, Unit } from './world.ts';
import { NO_FAULTS } from './faults.ts';
import { ANA, BO } from './people.ts';
import { DEFAULTS, Simulation } from './simulation.ts';
import { siteOf } from './town.ts';

/** Steps in one story: more is no story any more. */
const STEPS_MAX = 100;
const FOR_EVER = Number.POSITIVE_INFINITY;

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000 };

/** `90s`, `5min`, `2h` as milliseconds; null when it is none. */
const lengthOf = (word: string | undefined): number | null => {
  const parts = /^(\d+)(ms|s|min|h)$/.exec(word ?? '');
  const unit = UNITS_MS[parts?.[2] ?? ''];
  return parts === null || unit === undefined ? null : Number(parts[1]) * unit;
};

const declare = (words: readonly string[]): Service => {
  const [name = '', ...rest] = words;
  const id = serviceId(name);
  const trafficAt = rest.indexOf('traffic');
  const needsAt = rest.indexOf('needs');
  const needsEnd = trafficAt > needsAt ? trafficAt : rest.length;
  const needs = needsAt < 0 ? [] : rest.slice(needsAt + 1, needsEnd).map((need) => serviceId(need));
  return {
    id,
    tier: needs.length === 0 ? 'core' : 'app',
    owner: null,
    needs,
    mustRun: true,
    trafficPercent: trafficAt < 0 ? 0 : Number(rest[trafficAt + 1]),
    replicas: 1,
    workload: {
      kind: 'process',
      command: [`/opt/${name}`],
      cwd: null,
      env: {},
      stopSignal: 'SIGTERM',
      stopTimeoutMs: seconds(5),
      standby: 'none',
    },
    checks: [
      {
        id: checkId(`${name}/http`),
        service: id,
        probe: { kind: 'http', url: `http://${name}/`, method: 'GET', headers: {}, expect: { status: [200] } },
        everyMs: seconds(2),
        slowestMs: seconds(10),
        timeoutMs: seconds(1),
        rise: 2,
        fall: 3,
        retries: 0,
      },
    ],
    targets: [],
    restartBudget: { count: 3, windowMs: hours(1) },
    stableAfterMs: seconds(30),
    startTimeoutMs: seconds(20),
  };
};

const townOf = (lines: readonly (readonly string[])[]): Site =>
  siteOf(
    lines.filter(([verb]) => verb === 'service').map(([, ...words]) => declare(words)),
    {
      autonomy: 4,
      allow: ['restart', 'start', 'stop'],
      approval: [],
      never: [],
      freeze: [],
      restartBudget: { count: 3, windowMs: hours(1) },
      trafficLimitPercent: 25,
    },
  );

type Stage = { readonly simulation: Simulation; readonly unit: Unit | null; readonly words: readonly string[] };

const CONDITIONS: Readonly<Record<string, Condition>> = { hang: 'hung', freeze: 'frozen' };
const TROUBLES: Readonly<Record<string, TroubleKind>> = {
  'crash-loop': 'crash-loop',
  'port-taken': 'port-taken',
  stubborn: 'stubborn',
  'bad-version': 'bad-version',
};

const personOf = (name: string | undefined): Actor => (name === BO.name ? BO : ANA);

/** One verb of the world; false when it is none. */
const ail = ({ simulation, unit, words }: Stage): boolean => {
  const [verb = '', , length] = words;
  if (unit === null) return false;
  const { world, timeline } = simulation;
  const condition = CONDITIONS[verb];
  const trouble = TROUBLES[verb];
  const ending = { isOutOfMemory: false, isOwn: false } as const;
  if (verb === 'crash') world.end(unit, { code: 1, signal: null, ...ending });
  else if (verb === 'kill') world.end(unit, { code: null, signal: 'SIGKILL', ...ending });
  else if (condition !== undefined) world.sicken(unit, condition, FOR_EVER);
  else if (trouble !== undefined) world.beginTrouble(unit, trouble, lengthOf(length) ?? 0);
  else return false;
  timeline.post(timeline.nowMs(), () => world.refresh());
  return true;
};

/** One verb of people or of the watchman's surroundings; false when it is none. */
const turn = ({ simulation, words }: Stage): boolean => {
  const [verb, first, second, third] = words;
  const { people, weather, keeper } = simulation;
  const by = personOf(first);
  switch (verb) {
    case 'blind':
      weather.breakPath(lengthOf(first) ?? 0, false);
      return true;
    case 'hold':
      people.ask(by, GATE, { kind: 'hold', why: 'looking at it' });
      return true;
    case 'release':
      people.ask(by, GATE, { kind: 'release', why: 'done' });
      return true;
    case 'acknowledge':
      people.ask(by, INCIDENTS, { kind: 'acknowledge', subject: second ?? '', why: 'on it' });
      return true;
    case 'ask': {
      const service = serviceId(third ?? '');
      if (second !== 'restart' && second !== 'start' && second !== 'stop') return false;
      people.ask(by, watchMachine(service), { kind: 'operate', action: second, service, why: 'by hand' });
      return true;
    }
    case 'kill':
      if (first !== 'watchman') return false;
      keeper.crash('kill -9');
      return true;
    case 'stop':
      if (first !== 'watchman') return false;
      keeper.stopFor(lengthOf(second) ?? 0);
      return true;
    case 'sleep':
      simulation.sleepFor(lengthOf(first) ?? 0);
      return true;
    case 'clock':
      simulation.wall.jump(first === 'back' ? -(lengthOf(second) ?? 0) : (lengthOf(first) ?? 0));
      return true;
    default:
      return false;
  }
};

/** What is left out of a transcript: bookkeeping that no operator reads line by line. */
const QUIET =
  /alert\.notified|alert\.grouped|state\.changed|check\.changed|blackbox\.frozen|watch\.began|startup\.phase|lease\.returned|start\.wanted/;
const TRACE_LINE = /^\d+-\d+-\d+ (\d+):(\d+):(\d+)\.\d+ {2}(.*)$/;
const NIGHTFALL_HOUR = 22;

/** `#12 [run 1] watch:api health.changed: …` without number and run; null for what is left out. */
const tidy = (text: string): string | null => {
  if (QUIET.test(text) || / (works|does not work)$/.test(text)) return null;
  const said = text.replace(/^#\d+ \[run \d+\] /, '');
  // Instants differ from the story's own clock only by the date: the hour is enough.
  return said.replaceAll(/\d{4}-\d\d-\d\d[ T](\d\d:\d\d:\d\d)(?:\.\d+)?Z/g, '$1');
};

/** What was said within so many lines is not said again: a denial every five seconds is one denial. */
const REPEATED_WITHIN = 6;

const transcribe = (lines: readonly string[]): readonly string[] => {
  const transcript: string[] = [];
  const recent: string[] = [];
  for (const line of lines) {
    const parts = TRACE_LINE.exec(line);
    const said = tidy(parts?.[4] ?? '');
    if (parts === null || said === null || recent.includes(said)) continue;
    recent.push(said);
    if (recent.length > REPEATED_WITHIN) recent.shift();
    const hour = (Number(parts[1]) - NIGHTFALL_HOUR + 24) % 24;
    transcript.push(`${String(hour).padStart(2, '0')}:${parts[2]}:${parts[3]}  ${said}`);
  }
  return transcript;
};

/**
 * Tells a story and returns its transcript. A line that cannot be understood, or an invariant that breaks, is written
 * into the transcript in words: a golden file shows it.
 */
export const tell = (input: string): readonly string[] => {
  const lines = input
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(/\s+/));
  if (lines.length > STEPS_MAX) return [`a story has at most ${STEPS_MAX} steps`];
  const trace: string[] = [];
  const simulation = new Simulation({
    ...DEFAULTS,
    seed: 1,
    faults: { ...NO_FAULTS, people: { ...NO_FAULTS.people, acknowledgeRate: 0 } },
    site: townOf(lines),
    onTrace: (line) => trace.push(line),
  });
  simulation.keeper.begin();
  const problems: string[] = [];
  for (const words of lines) {
    const unit = simulation.world.unit(serviceId(words[1] ?? ''));
    const stage: Stage = { simulation, unit, words };
    const waitMs = words[0] === 'wait' || words[0] === 'settle' ? lengthOf(words[1]) : null;
    if (waitMs !== null) simulation.runFor(waitMs);
    if (waitMs !== null && words[0] === 'settle') trace.length = 0;
    const isUnderstood = waitMs !== null || words[0] === 'service' || ail(stage) || turn(stage);
    if (!isUnderstood) problems.push(`not understood: ${words.join(' ')}`);
  }
  const { violation } = simulation.report();
  if (violation !== null) problems.push(`broken: ${violation.invariant}: ${violation.detail}`);
  return [...transcribe(trace), ...problems];
};
