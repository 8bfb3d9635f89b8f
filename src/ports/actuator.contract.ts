// The conformance suite of the Actuator port: run by every driver and by the simulator's fake.
//
// An implementation hands in one service that runs until it is ended, ways to look at the world besides the actuator,
// and how time passes: really, or in the simulation. Nothing here sleeps for an event: time passes until it has come.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ActionKind, OperationOutcome } from '#kernel/action.ts';
import type { BlackBox, Exit } from '#kernel/cause.ts';
import { effectKey, machineId } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';
import { durationMs } from '#kernel/time.ts';
import type { Actuator, Presence } from './actuator.ts';

/** An actuator over some lasting memory, one service, and the world as it is besides. */
export type ActuatorUnderTest = {
  readonly actuator: Actuator;
  /** Runs until it is ended; not running at the beginning. */
  readonly service: Service;
  /** Lets this much time pass. */
  readonly settle: (ms: number) => Promise<void>;
  /** Copies of the workload that are alive now. */
  readonly copies: () => number;
  /** Copies that were ever started. */
  readonly starts: () => number;
  /** Ends the workload from outside, as a crash would. */
  readonly crash: () => void;
  /** False when this driver cannot notice the end of its workload: the cases about exits are skipped, with this reason. */
  readonly tellsExits: boolean;
  /** The same memory, opened by a new actuator after the old one died without a word; workloads live on. */
  readonly reopen: () => ActuatorUnderTest;
  /** Ends what is left and clears the memory away; a second call does nothing. */
  readonly close: () => Promise<void>;
};

/** Every operation of the suite must be reported within this time; the slowest real driver needs about 1.5 s. */
const REPORT_MOST_MS = 10_000;
const STEP_MS = 5;
/** The port's promise. */
const EXAMINE_MOST_MS = 2_000;
/** Long enough for a report that must not come a second time, or an exit that must not be told. */
const QUIET_MS = 300;

/** Lets time pass until the value is there; how long that took comes with it. */
const until = async <Value>(
  under: ActuatorUnderTest,
  what: string,
  read: () => Value | undefined,
  mostMs = REPORT_MOST_MS,
): Promise<Value> => {
  for (let passedMs = 0; passedMs <= mostMs; passedMs += STEP_MS) {
    const value = read();
    if (value !== undefined) return value;
    await under.settle(STEP_MS);
  }
  return assert.fail(`${what}: nothing within ${mostMs} ms`);
};

let keys = 0;

type Asked = { readonly key?: number; readonly epoch?: number };

/** Asks for an operation; the report must not come inside the call. */
const ask = (under: ActuatorUnderTest, action: ActionKind, asked: Asked = {}): (() => OperationOutcome | undefined) => {
  keys += 1;
  const key = effectKey(machineId('watch', under.service.id), asked.key ?? 1_000_000 + keys, 0);
  const operation = {
    action,
    subject: under.service.id,
    epoch: asked.epoch ?? 1,
    timeoutMs: durationMs(REPORT_MOST_MS / 2),
  };
  const outcomes: OperationOutcome[] = [];
  under.actuator.operate(key, operation, under.service, (outcome) => {
    outcomes.push(outcome);
    assert.equal(outcomes.length, 1, `${action} is reported once`);
  });
  assert.equal(outcomes.length, 0, `${action} is not reported inside the call`);
  return () => outcomes[0];
};

const operate = (under: ActuatorUnderTest, action: ActionKind, asked: Asked = {}): Promise<OperationOutcome> =>
  until(under, action, ask(under, action, asked));

const mustApply = async (
  under: ActuatorUnderTest,
  action: ActionKind,
  asked: Asked = {},
): Promise<OperationOutcome> => {
  const outcome = await operate(under, action, asked);
  assert.equal(outcome.kind, 'applied', `${action}: ${JSON.stringify(outcome)}`);
  return outcome;
};

const find = (under: ActuatorUnderTest): Promise<Presence> => {
  let found: Presence | undefined;
  under.actuator.find(under.service, (presence) => {
    assert.equal(found, undefined, 'find reports once');
    found = presence;
  });
  return until(under, 'find', () => found);
};

const examine = (under: ActuatorUnderTest): Promise<BlackBox> => {
  let box: BlackBox | undefined;
  under.actuator.examine(under.service, (blackBox) => {
    assert.equal(box, undefined, 'examine reports once');
    box = blackBox;
  });
  return until(under, 'examine', () => box, EXAMINE_MOST_MS);
};

const listen = (under: ActuatorUnderTest): readonly Exit[] => {
  const exits: Exit[] = [];
  under.actuator.onExit((service, exit) => {
    assert.equal(service.id, under.service.id);
    exits.push(exit);
  });
  return exits;
};

const copiesBecome = (under: ActuatorUnderTest, count: number): Promise<true> =>
  until(under, `${count} copies`, () => (under.copies() === count ? true : undefined));

type Case = {
  readonly says: string;
  readonly isAboutExits?: true;
  readonly check: (under: ActuatorUnderTest) => Promise<void>;
};

const KEYS: readonly Case[] = [
  {
    says: 'a key that was carried out reports the same outcome and touches nothing',
    check: async (under) => {
      const first = await mustApply(under, 'start', { key: 1 });
      await copiesBecome(under, 1);
      const before = under.starts();
      assert.deepEqual(await operate(under, 'start', { key: 1 }), first);
      await mustApply(under, 'stop', { key: 2 });
      await copiesBecome(under, 0);
      assert.deepEqual(await operate(under, 'start', { key: 1 }), first, 'although it no longer runs');
      await under.settle(QUIET_MS);
      assert.deepEqual([under.copies(), under.starts()], [0, before]);
    },
  },
  {
    says: 'a key is remembered after the actuator died',
    check: async (first) => {
      const outcome = await mustApply(first, 'restart', { key: 1 });
      await copiesBecome(first, 1);
      const second = first.reopen();
      const before = second.starts();
      assert.deepEqual(await operate(second, 'restart', { key: 1 }), outcome);
      await second.settle(QUIET_MS);
      assert.deepEqual([second.copies(), second.starts()], [1, before]);
      await second.close();
    },
  },
  {
    says: 'a key that is asked for again while it is carried out is carried out once, and both are told',
    check: async (under) => {
      const reports = [ask(under, 'restart', { key: 1 }), ask(under, 'restart', { key: 1 })];
      const outcomes = [];
      for (const report of reports) outcomes.push(await until(under, 'restart', report));
      assert.deepEqual(outcomes[0], outcomes[1]);
      await copiesBecome(under, 1);
      assert.equal(under.starts(), 1);
    },
  },
];

const EPOCHS: readonly Case[] = [
  {
    says: 'an older epoch is refused and nothing is touched',
    check: async (under) => {
      await mustApply(under, 'start', { epoch: 5 });
      await copiesBecome(under, 1);
      for (const action of ['stop', 'restart', 'start'] as const) {
        assert.equal((await operate(under, action, { epoch: 4 })).kind, 'refused', action);
      }
      await under.settle(QUIET_MS);
      assert.deepEqual([under.copies(), under.starts()], [1, 1]);
      await mustApply(under, 'stop', { epoch: 5 });
    },
  },
  {
    says: 'the highest epoch is remembered after the actuator died',
    check: async (first) => {
      await mustApply(first, 'start', { epoch: 7 });
      await copiesBecome(first, 1);
      const second = first.reopen();
      assert.equal((await operate(second, 'stop', { epoch: 6 })).kind, 'refused');
      assert.equal(second.copies(), 1);
      await mustApply(second, 'stop', { epoch: 8 });
      await copiesBecome(second, 0);
      await second.close();
    },
  },
];

const COPIES: readonly Case[] = [
  {
    says: 'start on something that runs is applied without a second copy',
    check: async (under) => {
      await mustApply(under, 'start');
      await mustApply(under, 'start');
      await copiesBecome(under, 1);
      await under.settle(QUIET_MS);
      assert.deepEqual([under.copies(), under.starts()], [1, 1]);
    },
  },
  {
    says: 'stop on something that does not run is applied',
    check: async (under) => {
      await mustApply(under, 'stop');
      assert.deepEqual([under.copies(), under.starts()], [0, 0]);
    },
  },
  {
    says: 'restart replaces the copy, and starts what does not run',
    check: async (under) => {
      await mustApply(under, 'restart');
      await copiesBecome(under, 1);
      await mustApply(under, 'restart');
      await until(under, 'a second start', () => (under.starts() === 2 ? true : undefined));
      await copiesBecome(under, 1);
    },
  },
  {
    says: 'find tells what is there, also to the next actuator, which does not start a second one',
    check: async (first) => {
      assert.equal((await find(first)).isRunning, false);
      await mustApply(first, 'start');
      await copiesBecome(first, 1);
      const presence = await find(first);
      assert.equal(presence.isRunning, true);
      const second = first.reopen();
      const found = await find(second);
      assert.deepEqual([found.isRunning, found.pid], [true, presence.pid]);
      await mustApply(second, 'start');
      await second.settle(QUIET_MS);
      assert.deepEqual([second.copies(), second.starts()], [1, 1]);
      await second.close();
    },
  },
];

const EXITS: readonly Case[] = [
  {
    says: 'an end from outside is told once, and then it is not there',
    isAboutExits: true,
    check: async (under) => {
      const exits = listen(under);
      await mustApply(under, 'start');
      await copiesBecome(under, 1);
      under.crash();
      await until(under, 'the exit', () => (exits.length > 0 ? true : undefined));
      await under.settle(QUIET_MS);
      assert.equal(exits.length, 1);
      assert.equal((await find(under)).isRunning, false);
      await mustApply(under, 'start');
      await copiesBecome(under, 1);
    },
  },
  {
    says: 'an end that an operation caused is not told',
    isAboutExits: true,
    check: async (under) => {
      const exits = listen(under);
      await mustApply(under, 'start');
      await mustApply(under, 'restart');
      await mustApply(under, 'stop');
      await copiesBecome(under, 0);
      await under.settle(QUIET_MS);
      assert.deepEqual(exits, []);
    },
  },
  {
    says: 'the end of a child that outlived its actuator is told by the next one, with what is known of it',
    isAboutExits: true,
    check: async (first) => {
      await mustApply(first, 'start');
      await copiesBecome(first, 1);
      const { pid } = await find(first);
      const second = first.reopen();
      const exits = listen(second);
      await find(second);
      second.crash();
      const exit = await until(second, 'the exit', () => exits[0]);
      assert.equal(exit.pid, pid);
      await second.close();
    },
  },
];

const LOOKS: readonly Case[] = [
  {
    says: 'examine reports in time, reads only, and never calls a missing figure zero',
    check: async (under) => {
      const asleep = await examine(under);
      assert.equal(asleep.service, under.service.id);
      assert.deepEqual([asleep.pid, asleep.memoryBytes, asleep.descriptors, asleep.threads], [null, null, null, null]);
      await mustApply(under, 'start');
      await copiesBecome(under, 1);
      const { pid } = await find(under);
      const awake = await examine(under);
      if (awake.pid !== null) assert.equal(awake.pid, pid);
      await under.settle(QUIET_MS);
      assert.deepEqual([under.copies(), under.starts()], [1, 1]);
      assert.deepEqual(await find(under), { ...(await find(under)), pid });
    },
  },
];

/** Runs the suite. `open` gives a fresh world and an actuator over it, for each case. */
export const actuatorContract = (name: string, open: () => ActuatorUnderTest): void => {
  describe(`actuator contract: ${name}`, () => {
    for (const { says, isAboutExits, check } of [...KEYS, ...EPOCHS, ...COPIES, ...EXITS, ...LOOKS]) {
      it(says, async (context) => {
        const under = open();
        try {
          if (isAboutExits === true && !under.tellsExits)
            context.skip(`${name} cannot notice the end of this workload`);
          else await check(under);
        } finally {
          await under.close();
        }
      });
    }
  });
};
