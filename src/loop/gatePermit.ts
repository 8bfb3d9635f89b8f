// The gate's answers: looks around when trouble was only seen through probes, judges, and hands out leases.

import type { ActionRequest, Lease } from '#kernel/action.ts';
import type { Verdict } from '#kernel/decision.ts';
import { sayReasons, withFewNames, type Reason } from '#kernel/reason.ts';
import type { Effect } from '#kernel/effect.ts';
import type { CheckId } from '#kernel/id.ts';
import type { Service } from '#kernel/service.ts';
import { findService, watchMachine, type Site } from '#kernel/site.ts';
import { durationMs, elapsedMs, instant, latest, later, minutes, seconds, type Instant } from '#kernel/time.ts';
import { leaseTime } from '#act/plan.ts';
import { concerns } from '#judge/correlate.ts';
import type { Path } from '#judge/paths.ts';
import { lookAtBudget, withinWindow, type BudgetState } from '#decide/budget.ts';
import { handsLimit, permit, type Posture } from '#decide/permit.ts';
import { reasonsAsJson } from './note.ts';
import { barredAfter, isDoubted, whyDoubted } from './gateBars.ts';
import { agreeToConfig } from './gateConfig.ts';
import { go, record, reply, tellDoubt, type Turn } from './gateNotes.ts';
import type { Approval, Gate, Looking } from './gateState.ts';
import { allNeeds } from './needs.ts';
import { isOn } from './roll.ts';

/** What the gate knows beside its state. */
export type Ground = {
  readonly site: Site;
  readonly canaryChecks: readonly CheckId[];
  readonly paths: readonly Path[];
};

/** Neighbours that are looked at before a restart on the word of probes alone: 30 ms of processor, most of them well. */
const NEIGHBOURS_MAX = 64;
/** The canary needs two looks of up to 1 s and two pauses of up to 250 ms to be believed bad: 2.5 s, and some room. */
const LOOK_AROUND_MS = durationMs(3_000);
/** After a look around that did not end: by then, what hung is believed to be bad and is not looked at again. */
const LOOK_AGAIN_MS = seconds(5);
/** A failing check is looked at every second, and its probe may hang for as long as its timeout: ten seconds cover both. */
const EYES_SETTLE_MS = seconds(10);
/** What needs something that is in hands is asked about again after this long. */
const MENDING_MS = seconds(5);
/** Most outages of what others need are over by then; and somebody was paged at once. */
const SHARED_PATIENCE_MS = minutes(10);
/** Who is held back for a doubt is called when it is over; this is the net below that, for who is not named any more. */
const HELD_PAGE_MS = minutes(1);
const APPROVAL_MS = minutes(15);
/** Approvals that are kept for those who ask. */
const APPROVALS_KEPT = 50;

const postureFor = (
  ground: Ground,
  gate: Gate,
  request: ActionRequest,
  moment: { at: Instant; isApproved: boolean },
): Posture => {
  const service = findService(ground.site, request.subject);
  const budget = service?.restartBudget ?? ground.site.policy.restartBudget;
  // What the action would hurt anyway is counted with it, and not twice.
  const others = gate.leases.filter((lease) => !request.radius.services.includes(lease.subject));
  const inHands = others.map((lease) => findService(ground.site, lease.subject)?.trafficPercent ?? 0);
  return {
    at: moment.at,
    policy: ground.site.policy,
    hold: gate.hold,
    suspicion: doubtsAbout(gate, request).filter((reason) => !isTryDue(gate, reason, moment.at)),
    selection: gate.selection,
    safeModeSince: gate.safeModeSince,
    leases: gate.leases,
    trafficInHandsPercent: inHands.reduce((sum, share) => sum + share, 0),
    serviceCount: ground.site.services.length,
    budget,
    spent: gate.spent[request.subject] ?? [],
    isApproved: moment.isApproved,
  };
};

/**
 * What speaks against believing this one request. An end that the parent saw is a fact, whatever is wrong with the way
 * to the others; only when the canary fails is the machine itself in doubt.
 */
const doubtsAbout = ({ suspicion, isTrustedByPerson }: Gate, request: ActionRequest): readonly Reason[] => {
  if (suspicion === null || isTrustedByPerson) return [];
  return suspicion.reasons.filter(
    (reason) => reason.kind === 'canary-failed' || (request.isByProbeOnly && concerns(reason, request.subject)),
  );
};

/**
 * A shared cause that lasts gets a careful try: one of those that suffer, and the next only when it helped, for then it
 * is not among them any more.
 */
const isTryDue = (gate: Gate, reason: Reason, at: Instant): boolean => {
  if (reason.kind !== 'shared-cause') return false;
  const lastTry = reason.failing.flatMap((id) => gate.spent[id] ?? []).reduce(latest, gate.suspicion?.since ?? at);
  return elapsedMs(lastTry, at) >= SHARED_PATIENCE_MS;
};

/** A request comes in: refused at once, or judged after a look around, or judged at once. */
export const takeRequest = (ground: Ground, turn: Turn, request: ActionRequest, at: Instant): Turn =>
  weighRequest(ground, turn, { request, isApproved: false, isForPeople: false }, at);

/**
 * People are to be called for what only probes saw: the neighbours are looked at first. What is in doubt together with
 * others is one page, by the gate; each of them would be one of its own, and none would name the cause.
 */
export const takeQuestion = (ground: Ground, turn: Turn, request: ActionRequest, at: Instant): Turn => {
  if (doubtsAbout(turn.state, request).length > 0) return answerQuestion(turn, request, at);
  return lookAround(ground, turn, { request, isApproved: false, isForPeople: true }, at);
};

const answerQuestion = (turn: Turn, request: ActionRequest, at: Instant): Turn => {
  const reasons = withFewNames(doubtsAbout(turn.state, request));
  const { token, subject } = request;
  if (reasons.length === 0) return go(turn, {}, [reply(request, { kind: 'it-is-so', token })]);
  const noted = [
    record(at, {
      type: 'page.held',
      trigger: `${subject}: ${request.why}`,
      outcome: sayReasons(reasons),
      refs: { subject, reasons: reasonsAsJson(reasons) },
    }),
    tellDoubt(subject, whyDoubted(reasons)),
  ];
  return go(turn, { barred: barredAfter(turn.state.barred, request, reasons) }, [
    // Who asks again while the doubt lasts is told the same; it stands in the evidence once.
    ...(turn.state.barred.includes(subject) ? [] : noted),
    reply(request, { kind: 'you-may-not', token, approval: null, reasons, lookAgainAt: later(at, HELD_PAGE_MS) }),
  ]);
};

/** Trouble that was only seen through probes is looked at with other eyes first, whoever has agreed to the remedy. */
const weighRequest = (ground: Ground, turn: Turn, asked: Omit<Looking, 'until'>, at: Instant): Turn => {
  const { request, isApproved } = asked;
  const isDoubtful = request.isByProbeOnly && request.by.kind === 'system' && request.action === 'restart';
  const verdict = permit(request, postureFor(ground, turn.state, request, { at, isApproved }));
  if (!isDoubtful || verdict.kind !== 'allow') return answer(ground, turn, request, { verdict, at });
  const dazzled = isDazzled(turn.state, at);
  if (dazzled !== null) return answer(ground, turn, request, { verdict: dazzled, at });
  const mending = isMending(ground, turn.state, request, at);
  if (mending !== null) return answer(ground, turn, request, { verdict: mending, at });
  return lookAround(ground, turn, asked, at);
};

const lookAround = (ground: Ground, turn: Turn, asked: Omit<Looking, 'until'>, at: Instant): Turn => {
  const until = later(at, LOOK_AROUND_MS);
  return go(turn, { looking: [...turn.state.looking, { ...asked, until }] }, [
    { kind: 'confirm', checks: lookAroundAt(ground, turn.state, asked.request), goal: 'settled', until },
    { kind: 'wake', name: 'look', at: until },
  ]);
};

/** Right after a doubt is over, what was seen before is still believed: each check needs a fresh look first. */
const isDazzled = (gate: Gate, at: Instant): Verdict | null => {
  const { canary, trustedSince } = gate;
  const since = latest(canary?.since ?? instant(0), trustedSince ?? instant(0));
  if (gate.isTrustedByPerson || elapsedMs(since, at) >= EYES_SETTLE_MS) return null;
  return { kind: 'deny', reasons: [{ kind: 'doubt-over', since }], lookAgainAt: later(since, EYES_SETTLE_MS) };
};

/**
 * What it needs, perhaps over others, is being started anew: its own trouble is likely the echo of that. Those between them
 * may be well again by now, and know nothing of it.
 */
const isMending = ({ site }: Ground, { leases }: Gate, { subject }: ActionRequest, at: Instant): Verdict | null => {
  if (leases.length === 0) return null;
  const needs = new Set(allNeeds(site, subject).map(({ id }) => id));
  const held = leases.find((lease) => needs.has(lease.subject));
  if (held === undefined) return null;
  const reason: Reason = { kind: 'dependency-down', dependency: held.subject, since: at };
  return { kind: 'deny', reasons: [reason], lookAgainAt: later(at, MENDING_MS) };
};

/** How much of its restart budget a service has used. */
export const budgetOf = (service: Service, gate: Gate | null, at: Instant): BudgetState =>
  lookAtBudget(gate?.spent[service.id] ?? [], service.restartBudget, at);

/** What the gate would say now, without asking it: for dry runs. Nothing is remembered, nobody is told. */
export const foresee = (ground: Ground, gate: Gate, request: ActionRequest, at: Instant): Verdict =>
  permit(request, postureFor(ground, gate, request, { at, isApproved: false }));

/** The canary, and one check of each neighbour that is up, first those that are reached over the same path. */
const lookAroundAt = (ground: Ground, gate: Gate, request: ActionRequest): readonly CheckId[] => {
  const alike = new Set(
    ground.paths.filter((path) => path.services.includes(request.subject)).flatMap((path) => path.services),
  );
  const { services } = ground.site;
  const isUp = ({ id }: Service): boolean => id !== request.subject && isOn(gate.up, id);
  const near = alike.size === 0 ? [] : firstOf(services, (it) => alike.has(it.id) && isUp(it), NEIGHBOURS_MAX);
  const far = firstOf(services, (it) => !alike.has(it.id) && isUp(it), NEIGHBOURS_MAX - near.length);
  return [...ground.canaryChecks, ...[...near, ...far].flatMap((service) => service.checks[0]?.id ?? [])];
};

/** The first so many that are wanted: of ten thousand services not all are asked each time. */
const firstOf = (
  services: readonly Service[],
  isWanted: (service: Service) => boolean,
  count: number,
): readonly Service[] => {
  const found: Service[] = [];
  for (const service of services) {
    if (found.length >= count) break;
    if (isWanted(service)) found.push(service);
  }
  return found;
};

/** A look around has ended: the requests that waited for this one are judged by what is known now. */
export const lookedAround = (ground: Ground, turn: Turn, until: Instant, at: Instant): Turn => {
  // What ended only at its limit was perhaps not decided; the wake at the limit denies it.
  if (at >= until) return turn;
  const ended = turn.state.looking.filter((looking) => looking.until === until);
  const rest = turn.state.looking.filter((looking) => looking.until !== until);
  return ended.reduce<Turn>(
    (sofar, { request, isApproved, isForPeople }) => {
      if (isForPeople) return answerQuestion(sofar, request, at);
      const verdict = permit(request, postureFor(ground, sofar.state, request, { at, isApproved }));
      return answer(ground, sofar, request, { verdict, at });
    },
    go(turn, { looking: rest }, lookWake(rest)),
  );
};

const lookWake = (looking: Gate['looking']): readonly Effect[] => {
  const [next] = looking;
  return [next === undefined ? { kind: 'unwake', name: 'look' } : { kind: 'wake', name: 'look', at: next.until }];
};

/** A look around that does not end leaves unknown whether the eyes can be trusted: nothing is touched on its word. */
export const lookOverdue = (ground: Ground, turn: Turn, at: Instant): Turn => {
  const overdue = turn.state.looking.filter((looking) => looking.until <= at);
  const rest = turn.state.looking.filter((looking) => looking.until > at);
  return overdue.reduce<Turn>(
    (sofar, { request, until, isForPeople }) => {
      // One call too many is better than none.
      if (isForPeople) return answerQuestion(sofar, request, at);
      const reason = { kind: 'state-unknown', since: until, message: 'the look around did not end in time' } as const;
      const verdict = { kind: 'deny', reasons: [reason], lookAgainAt: later(at, LOOK_AGAIN_MS) } as const;
      return answer(ground, sofar, request, { verdict, at });
    },
    go(turn, { looking: rest }, lookWake(rest)),
  );
};

const answer = (
  ground: Ground,
  turn: Turn,
  request: ActionRequest,
  judged: { verdict: Verdict; at: Instant },
): Turn => {
  const { verdict, at } = judged;
  if (verdict.kind === 'allow') return grant(ground, turn, request, { verdict, at });
  if (verdict.kind === 'needs-approval') return askApprover(turn, request, verdict, at);
  const { lookAgainAt } = verdict;
  const reasons = withFewNames(verdict.reasons);
  const { queue, barred } = turn.state;
  return go(turn, { queue: queueAfter(queue, request, reasons), barred: barredAfter(barred, request, reasons) }, [
    record(at, {
      type: 'gate.denied',
      trigger: `${request.by.name}: ${request.action} ${request.subject} (${request.why})`,
      outcome: sayReasons(reasons),
      refs: { subject: request.subject, reasons: reasonsAsJson(reasons), token: request.token },
    }),
    ...(isDoubted(reasons) ? [tellDoubt(request.subject, whyDoubted(reasons))] : []),
    reply(request, { kind: 'you-may-not', token: request.token, approval: null, reasons, lookAgainAt }),
  ]);
};

/** Who is refused for want of a place stands in line, once; whoever is refused for something else does not. */
const queueAfter = (queue: Gate['queue'], { subject }: ActionRequest, reasons: readonly Reason[]): Gate['queue'] => {
  const others = queue.filter((waiting) => waiting !== subject);
  return reasons.some((reason) => reason.kind === 'velocity') ? [...others, subject] : others;
};

/** Places are free again: as many as there are of those in line are told, and ask anew. Nobody waits out a pause. */
export const callNext = (ground: Ground, turn: Turn): Turn => {
  const { queue, leases, safeModeSince } = turn.state;
  const limit = handsLimit({ serviceCount: ground.site.services.length, safeModeSince });
  const free = limit - leases.filter((lease) => lease.action === 'restart').length;
  if (queue.length === 0 || free <= 0) return turn;
  const called = queue.slice(0, free);
  return go(
    turn,
    { queue: queue.slice(free) },
    called.map((service) => ({ kind: 'tell', to: watchMachine(service), message: { kind: 'hands-free' } })),
  );
};

/** Carrying out, coming up, and a little for the report. */
const leaseEnd = (service: Service, action: Lease['action'], at: Instant): Instant =>
  later(at, leaseTime(service, action) + service.startTimeoutMs + seconds(5));

/** After a start of Sereno: what was under way is handed over again, and gets its whole time again. */
export const renewed = (ground: Ground, lease: Lease, at: Instant): Lease => {
  const service = findService(ground.site, lease.subject);
  return service === null ? lease : { ...lease, until: leaseEnd(service, lease.action, at) };
};

const grant = (
  ground: Ground,
  turn: Turn,
  request: ActionRequest,
  given: { verdict: Verdict & { kind: 'allow' }; at: Instant },
): Turn => {
  const { at } = given;
  const { reasons } = given.verdict;
  const { subject, action, token } = request;
  const service = findService(ground.site, subject);
  if (service === null) return turn;
  const epoch = turn.state.epoch + 1;
  const lease: Lease = { subject, action, epoch, until: leaseEnd(service, action, at) };
  const spent = withinWindow(turn.state.spent[subject] ?? [], service.restartBudget, at);
  const change: Partial<Gate> = {
    epoch,
    leases: [...turn.state.leases, lease],
    ...(action === 'restart' ? { spent: { ...turn.state.spent, [subject]: [...spent, at] } } : {}),
  };
  return go(turn, change, [
    record(at, {
      type: 'gate.allowed',
      trigger: `${request.by.name}: ${action} ${subject} (${request.why})`,
      action,
      outcome: sayReasons(reasons),
      refs: { subject, epoch, reasons: reasonsAsJson(reasons), policy: ground.site.digest },
    }),
    { kind: 'fence', subject, epoch },
    { kind: 'wake', name: `lease:${subject}`, at: lease.until },
    reply(request, { kind: 'you-may', lease, token, reasons }),
  ]);
};

const askApprover = (
  turn: Turn,
  request: ActionRequest,
  verdict: Verdict & { kind: 'needs-approval' },
  at: Instant,
): Turn => {
  const { reasons } = verdict;
  const same = turn.state.approvals.find(
    (it) => it.status === 'pending' && it.subject === request.subject && it.action === request.action,
  );
  const epoch = turn.state.epoch + (same === undefined ? 1 : 0);
  const approval: Approval = {
    id: same?.id ?? `APR-${epoch}`,
    subject: request.subject,
    action: request.action,
    requestedBy: request.by.name,
    reasons,
    expiresAt: same?.expiresAt ?? later(at, APPROVAL_MS),
    status: 'pending',
    request,
  };
  const others = turn.state.approvals.filter((it) => it.id !== approval.id);
  return go(turn, { epoch, approvals: [approval, ...others].slice(0, APPROVALS_KEPT) }, [
    record(at, {
      type: 'gate.needs-approval',
      trigger: `${request.by.name}: ${request.action} ${request.subject} (${request.why})`,
      outcome: sayReasons(reasons),
      refs: { approval: approval.id, subject: request.subject, reasons: reasonsAsJson(reasons) },
    }),
    { kind: 'wake', name: `approval:${approval.id}`, at: approval.expiresAt },
    reply(request, { kind: 'you-may-not', token: request.token, approval: approval.id, reasons, lookAgainAt: null }),
  ]);
};

/** An approver agreed: the gate judges once more, with that one objection answered; the world may have moved. */
export const takeApproved = (ground: Ground, turn: Turn, { request }: Approval, at: Instant): Turn =>
  request.action === 'apply-config'
    ? agreeToConfig(turn, request, at)
    : weighRequest(ground, turn, { request, isApproved: true, isForPeople: false }, at);
