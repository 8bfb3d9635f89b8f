// The 3 a.m. ladder: what a person who was just woken does, in order, with the real names filled in.

import type { Cause } from '#kernel/cause.ts';
import { sayReasons, type Reason } from '#kernel/reason.ts';
import { isOperable, type Service } from '#kernel/service.ts';
import { sayDuration } from '#kernel/time.ts';

/** Steps on one ladder: more than a dozen are not read at 3 a.m. */
const STEPS_MAX = 12;
const LOG_LINES_SHOWN = 3;

export type LadderFacts = {
  readonly service: Service;
  readonly cause: Cause | null;
  readonly reasons: readonly Reason[];
  readonly logTail: readonly string[];
  /** Names and contacts in the order in which they are paged. */
  readonly contacts: readonly string[];
  readonly approval: string | null;
};

const causeStep = (cause: Cause | null): string => {
  if (cause === null) return 'The cause is not known.';
  const signs = cause.signs.length === 0 ? '' : ` (${cause.signs.join('; ')})`;
  return `Likely cause: ${cause.class}${cause.culprit === null ? '' : `, ${cause.culprit}`}${signs}.`;
};

const mendStep = (facts: LadderFacts): string => {
  const { cause, service } = facts;
  if (!isOperable(service.workload))
    return `Mend ${service.id} where it runs: no run: is declared, so Sereno cannot restart it.`;
  switch (cause?.class) {
    case 'port-taken':
      return `Stop ${cause.culprit ?? 'the program that holds the port'}, or give it another port; Sereno then starts ${service.id} by itself.`;
    case 'bad-deployment':
      return `Take back the change (${cause.culprit ?? 'the last one'}), then: sereno service restart ${service.id}`;
    case 'out-of-memory':
      return `Look for a leak or raise the memory limit of ${service.id}, then: sereno service restart ${service.id}`;
    case 'descriptors':
      return `Look for what ${service.id} opens and does not close, or raise its limit (ulimit -n), then: sereno service restart ${service.id}`;
    case 'half-open':
      return `Look at ${cause.culprit ?? 'its peer'} and the way there; a timeout on its connections lets ${service.id} notice by itself.`;
    case 'dependency':
      return `Mend ${cause.culprit ?? 'the dependency'} first; ${service.id} follows by itself.`;
    default:
      return `Read its log, mend what it says, then: sereno service restart ${service.id}`;
  }
};

/** The lines that say something: no blanks, no brackets; of the rest, those that speak of errors before the last ones. */
const telling = (logTail: readonly string[]): readonly string[] => {
  const lines = logTail.filter((line) => /\w{3}/.test(line) && !/^\s+at |^Node\.js v/.test(line));
  const errors = lines.filter((line) => /error|exception|fatal|panic|EADDR|refused|denied/i.test(line));
  return (errors.length > 0 ? errors : lines).slice(-LOG_LINES_SHOWN);
};

const commandLine = (service: Service): string | null => {
  const { workload } = service;
  if (workload.kind === 'process') return `It runs as: ${workload.command.join(' ')}`;
  if (workload.kind === 'command') return `It is started by: ${workload.start}`;
  return null;
};

/** The ladder of one service, one sentence or command a step. */
export const ladderOf = (facts: LadderFacts): readonly string[] => {
  const { service } = facts;
  const budget = service.restartBudget;
  const steps: readonly (string | null)[] = [
    `Look: sereno explain ${service.id}`,
    causeStep(facts.cause),
    `Why Sereno stopped: ${sayReasons(facts.reasons)}.`,
    ...telling(facts.logTail).map((line) => `Log: ${line.slice(0, 200)}`),
    commandLine(service),
    mendStep(facts),
    facts.approval === null ? null : `If you agree to the action: sereno approval approve ${facts.approval}`,
    isOperable(service.workload)
      ? `Restart budget: ${budget.count} per ${sayDuration(budget.windowMs)}. To stop all acting: sereno hold --why "…"`
      : null,
    facts.contacts.length === 0 ? 'Nobody else is declared to be asked.' : `Ask: ${facts.contacts.join(', ')}`,
  ];
  return steps.filter((step) => step !== null).slice(0, STEPS_MAX);
};
