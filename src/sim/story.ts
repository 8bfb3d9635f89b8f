// Story: a few lines of what happens in a small town, told on the simulator, and the transcript that comes of it.
//
// What a story declares stands at the head of storyTown.ts; what happens is told in these lines:
//
//   wait 5min                      lets time pass (ms, s, min, h, d)
//   settle 2min                    the same, and leaves out of the transcript what happened so far
//   crash api | kill api | hang api | freeze api
//   crash-loop api 10min | port-taken api 5min | stubborn api 20min | bad-version api 20min
//   stumble api | stumble api 40 in 30d     fails the next look at it, once or from time to time
//   blind 2min                     the path of all probes is silent, the canary's too
//   ask ana restart api            a person asks; also start, stop
//   hold ana | release bo | acknowledge ana api
//   kill watchman                  kill -9; a new run begins a moment later
//   stop watchman 10min            SIGSTOP, and SIGCONT after that time
//   sleep 8h                       the whole machine sleeps: time passes and nothing runs
//   clock 1h | clock back 1h       the wall clock is set
//   smear 1s in 24h                the wall clock runs fast by so much, as around a leap second; `smear off` ends it
//   edit describe | remove describe | link describe     somebody meddles with the deployed file of an item
//   bless describe 2               another version becomes active
//   show                           how each target stands
//   only told target               leaves out of the transcript all lines that begin otherwise
//
// The transcript has the moments since the beginning and what an operator could see: what people were told, what the
// evidence says, what was done, how targets stand, and what became of their burns. Records that repeat themselves are told once.

import type { Actor } from '#kernel/actor.ts';
import { digest } from '#kernel/codex.ts';
import { serviceId } from '#kernel/id.ts';
import { sayInstant } from '#kernel/reason.ts';
import { GATE, INCIDENTS, watchMachine } from '#kernel/site.ts';
import { instant } from '#kernel/time.ts';
import type { Condition, TroubleKind, Unit } from './world.ts';
import { NO_FAULTS } from './faults.ts';
import { ANA, BO } from './people.ts';
import { DEFAULTS, Simulation } from './simulation.ts';
import { sayBurn, sayTarget, TargetTeller } from './storyTargets.ts';
import {
  beginningOf,
  hasRunBefore,
  isDeclaration,
  lengthOf,
  linesOf,
  momentOf,
  RUNS_BEFORE_MS,
  sayElapsed,
  townOf,
} from './storyTown.ts';

/** Steps in one story: more is no story any more. */
const STEPS_MAX = 100;
const FOR_EVER = Number.POSITIVE_INFINITY;
const MINUTE_MS = 60_000;

type Stage = { readonly simulation: Simulation; readonly unit: Unit | null; readonly words: readonly string[] };

const CONDITIONS: Readonly<Record<string, Condition>> = { hang: 'hung', freeze: 'frozen' };
const TROUBLES: Readonly<Record<string, TroubleKind>> = {
  'crash-loop': 'crash-loop',
  'port-taken': 'port-taken',
  stubborn: 'stubborn',
  'bad-version': 'bad-version',
};

/** Evenly spread, and never on the minute: the watchman looks at what he likes. */
const stumble = ({ simulation, words }: Stage, unit: Unit): void => {
  const { world, timeline } = simulation;
  const times = Number(words[2] ?? 1);
  const overMs = lengthOf(words[4]) ?? 0;
  for (let turn = 0; turn < times; turn += 1) {
    timeline.post(timeline.nowMs() + ((turn + 0.5) * overMs) / times, () => world.stumble(unit));
  }
};

/** One verb of the codex; false when it is none. */
const meddle = ({ simulation, words }: Stage): boolean => {
  const [verb, item = '', version] = words;
  const { copies } = simulation;
  const spot = copies.spot(`codex:${item}`);
  if (spot === null) return false;
  if (verb === 'edit') copies.put(spot, { kind: 'file', digest: digest('e'.padEnd(64, '0')), mode: 0o644 });
  else if (verb === 'remove') copies.put(spot, { kind: 'missing' });
  else if (verb === 'link') copies.put(spot, { kind: 'foreign' });
  else if (verb === 'bless') copies.activate(item, Number(version), true);
  else return false;
  return true;
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
  else if (verb === 'stumble') stumble({ simulation, unit, words }, unit);
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
    case 'smear': {
      const [byMs, inMs] = [lengthOf(first) ?? 0, lengthOf(third) ?? FOR_EVER];
      simulation.wall.slew(byMs / inMs);
      return true;
    }
    default:
      return false;
  }
};

/** What is left out of a transcript: bookkeeping that no operator reads line by line. */
const QUIET =
  /alert\.notified|alert\.grouped|state\.changed|check\.changed|blackbox\.frozen|watch\.began|startup\.phase|lease\.returned|start\.wanted/;
const TRACE_LINE = /^(\d+-\d+-\d+ \d+:\d+:\d+)\.\d+ {2}(.*)$/;

/** `#12 [run 1] watch:api health.changed: …` without number and run; null for what is left out. */
const tidy = (text: string): string | null => {
  const plain = text.replace(/^#\d+ \[run \d+\] /, '');
  const burn = sayBurn(plain);
  if (burn === null && (QUIET.test(text) || / (works|does not work)$/.test(text))) return null;
  const said = burn ?? plain;
  // Instants differ from the story's own clock only by the date: the hour is enough.
  return said.replaceAll(/\d{4}-\d\d-\d\d[ T](\d\d:\d\d:\d\d)(?:\.\d+)?Z/g, '$1');
};

/** What was said within so many lines is not said again: a denial every five seconds is one denial. */
const REPEATED_WITHIN = 6;

type Telling = {
  readonly beganMs: number;
  /** How lines begin that are told; empty: all are. */
  readonly only: readonly string[];
};

const transcribe = (lines: readonly string[], { beganMs, only }: Telling): readonly string[] => {
  const transcript: string[] = [];
  const recent: string[] = [];
  for (const line of lines) {
    const [, moment = '', text = ''] = TRACE_LINE.exec(line) ?? [];
    const said = tidy(text);
    if (moment === '' || said === null || recent.includes(said)) continue;
    if (only.length > 0 && !only.some((word) => said.startsWith(word))) continue;
    recent.push(said);
    if (recent.length > REPEATED_WITHIN) recent.shift();
    transcript.push(`${sayElapsed(momentOf(moment) - beganMs)}  ${said}`);
  }
  return transcript;
};

/** Writes into the trace how the targets stand: when a state has changed, asked once a minute, and when it is asked for. */
const followTargets = (simulation: Simulation, trace: string[]): { readonly show: () => void } => {
  const { timeline, keeper } = simulation;
  const teller = new TargetTeller();
  const write = (text: string): void => {
    const at = sayInstant(instant(timeline.nowMs())).slice(0, -1);
    trace.push(`${at}.${String(timeline.nowMs() % 1_000).padStart(3, '0')}  ${text}`);
  };
  const views = () => keeper.run()?.engine.judging.views() ?? [];
  const ask = (): void => {
    const run = keeper.run();
    for (const line of run === null ? [] : teller.news(run.engine.judging)) write(line);
    timeline.post(timeline.nowMs() + MINUTE_MS, ask);
  };
  if (simulation.site.services.some((service) => service.targets.length > 0)) ask();
  return { show: () => views().forEach((view) => write(`target ${view.id} is ${sayTarget(view)}`)) };
};

/** All programs run already, as on a machine on which the watchman is new: he adopts them. */
const runAll = ({ world, timeline }: Simulation): void => {
  for (const unit of world.units) world.spawn(unit);
  timeline.runTo(timeline.nowMs() + RUNS_BEFORE_MS);
};

/** One step of a story; false when it cannot be understood. */
const act = (stage: Stage, show: () => void): boolean => {
  const { words, simulation } = stage;
  const [verb = '', first] = words;
  const waitMs = verb === 'wait' || verb === 'settle' ? lengthOf(first) : null;
  if (waitMs !== null) simulation.runFor(waitMs);
  else if (verb === 'show') show();
  else return isDeclaration(words) || verb === 'only' || meddle(stage) || ail(stage) || turn(stage);
  return true;
};

/**
 * Tells a story and returns its transcript. A line that cannot be understood, or an invariant that breaks, is written
 * into the transcript in words: a golden file shows it.
 */
export const tell = (input: string): readonly string[] => {
  const lines = linesOf(input);
  if (lines.length > STEPS_MAX) return [`a story has at most ${STEPS_MAX} steps`];
  const trace: string[] = [];
  const simulation = new Simulation({
    ...DEFAULTS,
    seed: 1,
    beginsAt: beginningOf(lines),
    faults: { ...NO_FAULTS, people: { ...NO_FAULTS.people, acknowledgeRate: 0 } },
    site: townOf(lines),
    onTrace: (line) => trace.push(line),
  });
  if (hasRunBefore(lines)) runAll(simulation);
  simulation.keeper.begin();
  const beganMs = simulation.timeline.nowMs();
  const { show } = followTargets(simulation, trace);
  const problems: string[] = [];
  for (const words of lines) {
    const unit = simulation.world.unit(serviceId(words[1] ?? ''));
    if (!act({ simulation, unit, words }, show)) problems.push(`not understood: ${words.join(' ')}`);
    if (words[0] === 'settle') trace.length = 0;
  }
  const { violation } = simulation.report();
  if (violation !== null) problems.push(`broken: ${violation.invariant}: ${violation.detail}`);
  const only = lines.filter(([verb]) => verb === 'only').flatMap(([, ...words]) => words);
  return [...transcribe(trace, { beganMs, only }), ...problems];
};
