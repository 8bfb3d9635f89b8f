// Golden prober: sends known inputs to a processing unit, validates the answers, and holds a time budget for each.
//
// Cases go out one after another over one connection (or to one child), so that the unit is measured and not the way to
// it. The first case is asked twice: its first answer carries connecting, starting and warming up, so it is validated
// and not timed. A chunk of cases (100) has the check's timeout; the next one begins when all of it is answered. The
// first wrong answer ends the exam: one proof is enough.

import type { GoldenCase } from '#kernel/check.ts';
import { later, sayDuration } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';
import { notAsked, runProbe, type Trial, type Trying } from '#ports/probing.ts';
import type { Prober, Question } from '#ports/sensor.ts';
import { stallsOf } from '#ports/stall.ts';
import { cannotRun, healthy, unhealthy, type Seen } from '#ports/symptom.ts';
import { excerpt } from '#ports/visible.ts';
import { differs } from './answer.ts';
import { openCommand } from './command.ts';
import { openHttp } from './http.ts';
import type { Heard, Line } from './line.ts';

const judge = (it: GoldenCase, text: string): string | null => {
  try {
    return differs(JSON.parse(text), it.expect);
  } catch {
    return `the answer is not JSON: ${excerpt(text)}`;
  }
};

const ms = (value: number): string => `${value < 10 ? value.toFixed(2) : Math.round(value)} ms`;

/** What an exam needs besides its cases. */
type Hall = { readonly clock: Clock; readonly line: Line; readonly chunkMs: number };

type Timed = { readonly name: string; readonly tookMs: number };

/** One round over all cases, chunk after chunk. */
class Exam {
  readonly #question: Question<'golden'>;
  readonly #hall: Hall;
  readonly #trying: Trying;
  #next = 0;
  #isWarm = false;
  #isOver = false;
  #overBudget = 0;
  #slowest: Timed = { name: '', tookMs: 0 };
  #cancelChunk: Cancel = () => {};

  constructor(question: Question<'golden'>, hall: Hall, trying: Trying) {
    this.#question = question;
    this.#hall = hall;
    this.#trying = trying;
    this.#beginChunk();
    this.#ask();
  }

  close(): void {
    this.#isOver = true;
    this.#cancelChunk();
    this.#hall.line.close();
  }

  overdue(): Seen {
    const name = excerpt(this.#question.cases[this.#next]?.name ?? '');
    const chunkMs = sayDuration(this.#hall.chunkMs);
    return unhealthy('timeout', `case ${name} was not answered within the ${chunkMs} of its chunk; ${this.#next} were before it`);
  }

  /** The time of the last chunk is the deadline of the probe itself; it has the rules for a process that was stalled. */
  #beginChunk(): void {
    this.#cancelChunk();
    const { clock, chunkMs } = this.#hall;
    const end = later(clock.now(), chunkMs);
    this.#cancelChunk = end < this.#trying.deadline ? clock.at(end, () => this.#trying.settle(this.overdue())) : () => {};
  }

  #ask(): void {
    const it = this.#question.cases[this.#next];
    if (this.#isOver) return;
    if (it === undefined) {
      this.#trying.settle(this.#verdict());
      return;
    }
    const stalls = stallsOf(this.#hall.clock);
    const stalledBefore = stalls.read();
    const startedAt = performance.now();
    this.#hall.line.ask(it.input, (heard) => {
      const stalledMs = stalls.read() - stalledBefore;
      if (!this.#isOver) this.#take(it, heard, Math.max(0, performance.now() - startedAt - stalledMs));
    });
  }

  #take(it: GoldenCase, heard: Heard, tookMs: number): void {
    const name = excerpt(it.name);
    if (heard.kind === 'failure') {
      this.#trying.settle({ ...heard.seen, message: `case ${name}: ${heard.seen.message}` });
      return;
    }
    const wrong = judge(it, heard.text);
    if (wrong !== null) {
      this.#trying.settle(unhealthy('wrong-answer', `case ${name}: ${wrong}`));
      return;
    }
    if (this.#isWarm) this.#count({ name, tookMs });
    this.#isWarm = true;
    this.#ask();
  }

  #count(timed: Timed): void {
    if (timed.tookMs > this.#slowest.tookMs) this.#slowest = timed;
    if (timed.tookMs > this.#question.budgetMs) this.#overBudget += 1;
    this.#next += 1;
    if (this.#next % this.#question.chunk === 0) this.#beginChunk();
  }

  #verdict(): Seen {
    const { cases, budgetMs } = this.#question;
    const { name, tookMs } = this.#slowest;
    if (this.#overBudget === 0) return healthy(`${cases.length} of ${cases.length} right, the slowest in ${ms(tookMs)}`);
    const how = `case ${name} took ${ms(tookMs)}, the budget is ${sayDuration(budgetMs)}`;
    const message = `${cases.length} right, but ${how} (${this.#overBudget} of ${cases.length} over it)`;
    return { state: 'degraded', symptom: 'slow', message };
  }
}

const open = (question: Question<'golden'>): Line =>
  question.target.kind === 'http' ? openHttp(question.target) : openCommand(question.target.argv);

/**
 * Makes the prober for `golden` checks. Healthy: every case was answered right and within `budgetMs`, counted from the
 * question to the whole answer. Degraded: all right, but at least one over the budget. Unhealthy: a wrong answer.
 */
export const makeGoldenProber = (clock: Clock): Prober<'golden'> => ({
  probe: (check, question, report) => {
    const attempt = (trying: Trying): Trial => {
      if (question.cases.length === 0) return notAsked(cannotRun('it has no cases'))(trying);
      const exam = new Exam(question, { clock, line: open(question), chunkMs: check.timeoutMs }, trying);
      return { release: () => exam.close(), overdue: () => exam.overdue() };
    };
    runProbe(clock, check, attempt, report);
  },
});
