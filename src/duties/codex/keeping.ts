// Keeping: the maintenance of the codex by schedule. One task after the other, each once in its time, with evidence.
//
//   resting ──something is due──▶ doing ──reported──▶ resting, or the next one
//                                   │ no report in time: said, and due again with the next look
//
// What was done, when, and what came of it is the state: a start of Sereno repeats nothing, and what was due while it was down
// is done after the start. A task that finds something that is not as it should be is a finding until it finds it well.

import { SERENO } from '#kernel/actor.ts';
import type { Effect } from '#kernel/effect.ts';
import type { Event } from '#kernel/event.ts';
import type { Kept, KeptReport, MaintenanceTask } from '#kernel/keeping.ts';
import { ALERTS, KEEPING } from '#kernel/site.ts';
import type { Machine, Stepped } from '#kernel/step.ts';
import { hours, later, latest, minutes, seconds, type Instant } from '#kernel/time.ts';
import { MAINTENANCE, maintenanceDue, nextMaintenanceAt, type MaintenanceDone } from './maintenance.ts';

/** The longest task looks at every version once: some seconds with 100,000 of them. */
const DOING_MS = minutes(10);
/** After a start there is more urgent work than this. */
const AFTER_START_MS = seconds(10);
/** What could not be done is tried again the next hour, and not all the time. */
const AGAIN_MS = hours(1);

const WAKE = 'keeping';

export type Keeping = {
  readonly done: { readonly [Task in MaintenanceTask]?: Kept };
  readonly doing: { readonly task: MaintenanceTask; readonly since: Instant } | null;
  /** Tasks that never reported, and when they are tried again. */
  readonly putOff: { readonly [Task in MaintenanceTask]?: Instant };
  readonly lookAgainAt: Instant | null;
};

type Turn = Stepped<Keeping>;

const FIRST: Keeping = { done: {}, doing: null, putOff: {}, lookAgainAt: null };

/** Makes the keeper of the codex. */
export const makeKeeping = (): Machine<Keeping> => ({
  id: KEEPING,
  initial: FIRST,
  step: (state, event) => step({ state, effects: [] }, event),
  expects: ({ lookAgainAt }) => (lookAgainAt === null ? [] : [WAKE]),
});

const step = (turn: Turn, event: Event): Turn => {
  const { at } = event;
  switch (event.kind) {
    case 'booted':
      // What was under way is handed over again by the outbox, and has its whole time again.
      return lookAgain(turn, {}, later(at, turn.state.doing === null ? AFTER_START_MS : DOING_MS));
    case 'woke':
      return turn.state.doing === null ? begin(turn, at) : giveUp(turn, turn.state.doing.task, at);
    case 'codex-kept':
      return turn.state.doing?.task === event.task ? end(turn, event.task, event.report, at) : turn;
    default:
      return turn;
  }
};

const lookAgain = (turn: Turn, change: Partial<Keeping>, until: Instant, effects: readonly Effect[] = []): Turn => ({
  state: { ...turn.state, ...change, lookAgainAt: until },
  effects: [...turn.effects, ...effects, { kind: 'wake', name: WAKE, at: until }],
});

/** When each was done, or was last tried in vain so long ago that its next hour is its next time. */
const doneAt = ({ done, putOff }: Keeping, at: Instant): MaintenanceDone =>
  Object.fromEntries(
    MAINTENANCE.flatMap(({ task, everyMs }) => {
      const waitsUntil = putOff[task];
      const last = done[task]?.at;
      if (waitsUntil !== undefined && at < waitsUntil) return [[task, later(waitsUntil, -everyMs)]];
      return last === undefined ? [] : [[task, last]];
    }),
  );

/** What is due now, also for those who only ask. */
export const dueNow = (keeping: Keeping, at: Instant) => maintenanceDue(doneAt(keeping, at), at);

const begin = (turn: Turn, at: Instant): Turn => {
  const [next] = dueNow(turn.state, at);
  if (next === undefined) {
    const soonest = nextMaintenanceAt(doneAt(turn.state, at), at);
    return lookAgain(turn, {}, latest(soonest, later(at, minutes(1))));
  }
  const { task, isForgotten } = next;
  const before = turn.state.done[task] ?? null;
  const why = before === null ? 'for the first time' : isForgotten ? 'long overdue' : 'due';
  return lookAgain(turn, { doing: { task, since: at } }, later(at, DOING_MS), [
    record(at, { type: 'keeping.started', trigger: why, task }),
    { kind: 'keep-codex', task, before },
  ]);
};

const end = (turn: Turn, task: MaintenanceTask, report: KeptReport, at: Instant): Turn => {
  const { done, putOff } = turn.state;
  const { [task]: _past, ...others } = putOff;
  const kept: Kept = { ...report, task, at };
  const change: Partial<Keeping> = { done: { ...done, [task]: kept }, doing: null, putOff: others };
  const wasBad = done[task]?.isGood === false;
  const reported: Turn = {
    state: { ...turn.state, ...change },
    effects: [
      ...turn.effects,
      record(at, { type: 'keeping.done', trigger: 'due', task, report }),
      ...(report.isGood ? [] : [found(kept)]),
      ...(report.isGood && wasBad ? [over(kept)] : []),
    ],
  };
  return begin(reported, at);
};

/** It never reported: that is said, and it is tried again the next hour. */
const giveUp = (turn: Turn, task: MaintenanceTask, at: Instant): Turn => {
  const putOff = { ...turn.state.putOff, [task]: later(at, AGAIN_MS) };
  const report: KeptReport = { isGood: false, says: 'it never reported', figures: {} };
  const noted: Turn = {
    state: { ...turn.state, doing: null, putOff },
    effects: [...turn.effects, record(at, { type: 'keeping.failed', trigger: 'no report in time', task, report })],
  };
  return begin(noted, at);
};

type Note = {
  readonly type: string;
  readonly trigger: string;
  readonly task: MaintenanceTask;
  readonly report?: KeptReport;
};

const saysOf = (task: MaintenanceTask): string => MAINTENANCE.find((it) => it.task === task)?.says ?? task;

const record = (at: Instant, { type, trigger, task, report }: Note): Effect => ({
  kind: 'record',
  evidence: {
    at,
    actor: { kind: SERENO.kind, name: SERENO.name },
    machine: KEEPING,
    type,
    trigger: `${task} (${trigger})`,
    action: saysOf(task),
    outcome: report === undefined ? null : report.says,
    refs: { task, ...(report === undefined ? {} : { isGood: report.isGood, figures: report.figures }) },
  },
});

const keyOf = (task: MaintenanceTask): string => `drift:codex-keeping/${task}`;

const found = ({ task, says, at }: Kept): Effect => ({
  kind: 'tell',
  to: ALERTS,
  message: {
    kind: 'found',
    finding: {
      key: keyOf(task),
      kind: 'drift',
      service: null,
      target: null,
      severityHint: 'SEV3',
      since: at,
      title: `maintenance of the codex: ${says}`,
      reasons: [],
    },
  },
});

const over = ({ task, says }: Kept): Effect => ({
  kind: 'tell',
  to: ALERTS,
  message: { kind: 'found-over', key: keyOf(task), how: says },
});
