// Golden prober: sends known inputs to a processing unit, validates the answers, and holds a time budget for each.
//
// Cases go out one after another over one connection (or one child), so that the unit is measured and not the way to
// it; a chunk of at most a hundred has the check's timeout; the next chunk begins when the last one was answered.

import { spawn, type ChildProcess } from 'node:child_process';
import { Agent, request as requestHttp } from 'node:http';
import { Agent as SecureAgent, request as requestHttps } from 'node:https';
import { createInterface } from 'node:readline';
import type { Check, GoldenCase } from '#kernel/check.ts';
import type { Observation } from '#kernel/observation.ts';
import { durationMs, sayDuration } from '#kernel/time.ts';
import type { Clock } from '#ports/clock.ts';
import { runProbe, type Trial, type Trying } from '#ports/probing.ts';
import type { Prober, Question } from '#ports/sensor.ts';
import { cannotRun, codeOf, healthy, seenError, unhealthy, type Seen } from '#ports/symptom.ts';
import { excerpt } from '#ports/visible.ts';
import { differs } from './answer.ts';

/** One answer of a unit; more is not an answer to a small known question. */
const ANSWER_BYTES_MAX = 1_048_576;

/** What one case came to. */
type Result = { readonly wrong: string | null; readonly tookMs: number };

type Failure = { readonly kind: 'failure'; readonly seen: Seen };
type Answer = { readonly kind: 'answer'; readonly text: string };

/** A way to the unit that is open: asks one case at a time. */
type Line = {
  readonly ask: (input: unknown, heard: (answer: Answer | Failure) => void) => void;
  readonly close: () => void;
};

const failure = (seen: Seen): Failure => ({ kind: 'failure', seen });

const openHttp = (target: Extract<Question<'golden'>['target'], { kind: 'http' }>): Line => {
  const isSecure = target.url.startsWith('https:');
  const agent = isSecure
    ? new SecureAgent({ keepAlive: true, maxSockets: 1 })
    : new Agent({ keepAlive: true, maxSockets: 1 });
  const ask: Line['ask'] = (input, heard) => {
    const body = Buffer.from(JSON.stringify(input));
    const headers = { 'content-type': 'application/json', 'content-length': body.length, ...target.headers };
    const send = isSecure ? requestHttps : requestHttp;
    const request = send(target.url, { method: 'POST', headers, agent }, (response) => {
      const parts: Buffer[] = [];
      let size = 0;
      response.on('data', (part: Buffer) => {
        size += part.length;
        if (size <= ANSWER_BYTES_MAX) parts.push(part);
        else request.destroy(new Error('the answer is too big: over 1 MB'));
      });
      response.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        const status = response.statusCode ?? 0;
        if (status >= 200 && status < 300) heard({ kind: 'answer', text });
        else heard(failure(unhealthy('wrong-answer', `answered ${status}: ${excerpt(text)}`)));
      });
    });
    request.on('error', (error) => heard(failure(seenError(error, `asking ${new URL(target.url).host}`))));
    request.end(body);
  };
  return { ask, close: () => agent.destroy() };
};

const killGroup = (child: ChildProcess): void => {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // ESRCH: it has ended already.
  }
};

const openCommand = (argv: readonly string[]): Line => {
  const [program = '', ...words] = argv;
  const child = spawn(program, words, { detached: true, stdio: ['pipe', 'pipe', 'ignore'] });
  let waiting: ((answer: Answer | Failure) => void) | null = null;
  let ended: Seen | null = null;
  const tell = (answer: Answer | Failure): void => {
    const heard = waiting;
    waiting = null;
    heard?.(answer);
  };
  const end = (seen: Seen): void => {
    ended ??= seen;
    tell(failure(ended));
  };
  child.on('error', (error) => {
    const why = codeOf(error) === 'ENOENT' ? 'was not found' : `could not be started (${codeOf(error)})`;
    end(cannotRun(`${excerpt(program)} ${why}`));
  });
  child.on('exit', (code, signal) =>
    end(unhealthy('failed', `the unit ended (${signal ?? `code ${code ?? ''}`}) before it answered`)),
  );
  child.stdin.on('error', () => {}); // The exit, which follows, says what happened.
  createInterface({ input: child.stdout }).on('line', (text) => tell({ kind: 'answer', text }));
  const ask: Line['ask'] = (input, heard) => {
    if (ended !== null) return heard(failure(ended));
    waiting = heard;
    child.stdin.write(`${JSON.stringify(input)}\n`);
    return undefined;
  };
  return { ask, close: () => killGroup(child) };
};

const judge = (it: GoldenCase, text: string): string | null => {
  try {
    const difference = differs(JSON.parse(text), it.expect);
    return difference === null ? null : `case ${excerpt(it.name)}: ${difference}`;
  } catch {
    return `case ${excerpt(it.name)}: the answer is not JSON: ${excerpt(text)}`;
  }
};

const ms = (value: number): string => `${value < 10 ? value.toFixed(2) : Math.round(value)} ms`;

/** One round over all cases, chunk after chunk. */
class Exam {
  readonly #question: Question<'golden'>;
  readonly #trying: Trying;
  readonly #line: Line;
  readonly #results: Result[] = [];
  #isOver = false;

  constructor(question: Question<'golden'>, line: Line, trying: Trying) {
    this.#question = question;
    this.#line = line;
    this.#trying = trying;
    this.#next();
  }

  close(): void {
    this.#isOver = true;
    this.#line.close();
  }

  overdue(): Seen {
    const it = this.#question.cases[this.#results.length];
    return unhealthy(
      'timeout',
      `case ${excerpt(it?.name ?? '')} was not answered; ${this.#results.length} were before it`,
    );
  }

  #next(): void {
    const it = this.#question.cases[this.#results.length];
    if (this.#isOver) return undefined;
    if (it === undefined) return this.#trying.settle(this.#verdict());
    const startedAt = performance.now();
    return this.#line.ask(it.input, (answer) => {
      const tookMs = performance.now() - startedAt;
      if (this.#isOver) return undefined;
      if (answer.kind === 'failure') {
        return this.#trying.settle({ ...answer.seen, message: `case ${excerpt(it.name)}: ${answer.seen.message}` });
      }
      const wrong = judge(it, answer.text);
      this.#results.push({ wrong, tookMs });
      return wrong === null ? this.#next() : this.#trying.settle(unhealthy('wrong-answer', wrong));
    });
  }

  #verdict(): Seen {
    // The first answer carries the connecting or the starting; the unit itself is judged by the others where there are any.
    const judged = this.#results.length > 1 ? this.#results.slice(1) : this.#results;
    const offset = this.#results.length - judged.length;
    const worst = judged.reduce(
      (slowest, result, index) => (result.tookMs > (judged[slowest]?.tookMs ?? 0) ? index : slowest),
      0,
    );
    const tookMs = judged[worst]?.tookMs ?? 0;
    const name = this.#question.cases[worst + offset]?.name ?? '';
    const count = this.#results.length;
    if (tookMs > this.#question.budgetMs) {
      const budget = sayDuration(this.#question.budgetMs);
      return {
        state: 'degraded',
        symptom: 'slow',
        message: `${count} right, but case ${excerpt(name)} took ${ms(tookMs)}, the budget is ${budget}`,
      };
    }
    return healthy(`${count} of ${count} right, the slowest in ${ms(tookMs)}`);
  }
}

const open = (question: Question<'golden'>): Line =>
  question.target.kind === 'http' ? openHttp(question.target) : openCommand(question.target.argv);

const attempt = (question: Question<'golden'>, trying: Trying): Trial => {
  const exam = new Exam(question, open(question), trying);
  return { release: () => exam.close(), overdue: () => exam.overdue() };
};

const worse = (a: Observation, b: Observation): Observation => (b.state === 'degraded' ? b : a);

/** Makes the prober for `golden` checks: chunks of `chunk` cases, each with the check's timeout, until one is not right. */
export const makeGoldenProber = (clock: Clock): Prober<'golden'> => {
  const askChunk = (
    check: Check,
    question: Question<'golden'>,
    from: number,
    sofar: Observation | null,
    report: (seen: Observation) => void,
  ): void => {
    const cases = question.cases.slice(from, from + question.chunk);
    if (cases.length === 0 && sofar !== null) return report(sofar);
    return runProbe(
      clock,
      check,
      (trying) => attempt({ ...question, cases }, trying),
      (seen) => {
        const isRight = seen.state === 'healthy' || seen.state === 'degraded';
        const total = durationMs((sofar?.latencyMs ?? 0) + seen.latencyMs);
        const joined = { ...(sofar === null ? seen : worse(sofar, seen)), at: seen.at, latencyMs: total };
        const isLast = from + cases.length >= question.cases.length;
        if (!isRight) report({ ...seen, latencyMs: total });
        else if (isLast) report(joined);
        else askChunk(check, question, from + cases.length, joined, report);
      },
    );
  };
  return {
    probe: (check, question, report) => {
      if (question.cases.length === 0) {
        const nothing = (trying: Trying): Trial => {
          trying.settle(cannotRun('it has no cases'));
          return { release: () => {}, overdue: () => cannotRun('it has no cases') };
        };
        return runProbe(clock, check, nothing, report);
      }
      return askChunk(check, question, 0, null, report);
    },
  };
};
