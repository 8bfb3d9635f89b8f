// The watch over one service: observe, judge, decide, act, learn, as one machine. See watchState.ts for its states.

import { localPort } from '#kernel/check.ts';
import { blastRadius } from '#judge/blast.ts';
import type { OwnPorts } from '#judge/cause.ts';
import type { BlastRadius } from '#kernel/action.ts';
import type { Effect } from '#kernel/effect.ts';
import type { Event } from '#kernel/event.ts';
import { canBeReliedOn } from '#kernel/health.ts';
import type { ServiceId } from '#kernel/id.ts';
import type { Message } from '#kernel/message.ts';
import type { Belief } from '#kernel/observation.ts';
import { sayReasons } from '#kernel/reason.ts';
import { isOperable, type Service } from '#kernel/service.ts';
import { dependantsOf, findService, watchMachine, type Site } from '#kernel/site.ts';
import type { Machine } from '#kernel/step.ts';
import { later, seconds, type Instant } from '#kernel/time.ts';
import { troubleNotice } from '#act/notice.ts';
import { comeDown, expireAction, takeLease, takeOutcome, weigh } from './watchAction.ts';
import { isBarred } from './gateBars.ts';
import { takeAsk, takeAskRefusal } from './watchAsk.ts';
import { lookAgain, reassess, stillUnknown, takeConfirmation, takeNews, takeQuestion } from './watchHealth.ts';
import { cleared, go, raised, record, say, still, tellIsDown, tellIsUp, type Post, type Turn } from './watchNotes.ts';
import {
  comeUp,
  conclude,
  diagnose,
  isSeenDown,
  quarantine,
  takeBlackBox,
  takeRefusal,
  retryCarefully,
} from './watchRemedy.ts';
import { firstWatch, type Watch } from './watchState.ts';
import { takeGap, wakeUp } from './watchWake.ts';

const contactsOf = (site: Site): readonly string[] =>
  site.onCall.map((id) => {
    const person = site.people.find((it) => it.id === id);
    const ways = Object.entries(person?.contact ?? {}).map(([kind, value]) => `${kind} ${value}`);
    return ways.length === 0 ? id : `${id} (${ways.join(', ')})`;
  });

const portsOf = (services: readonly Service[]): readonly number[] =>
  services.flatMap((service) => service.checks.flatMap((check) => localPort(check.probe) ?? []));

/** How many services look at each port of this machine; made once for each site, as its list of services is frozen. */
const portUse = new WeakMap<readonly Service[], ReadonlyMap<number, number>>();

const usersOf = (services: readonly Service[]): ReadonlyMap<number, number> => {
  const known = portUse.get(services);
  if (known !== undefined) return known;
  const users = new Map<number, number>();
  for (const service of services) {
    for (const port of new Set(portsOf([service]))) users.set(port, (users.get(port) ?? 0) + 1);
  }
  portUse.set(services, users);
  return users;
};

const ownPortsOf = (site: Site, service: Service): OwnPorts => {
  const users = usersOf(site.services);
  return {
    declared: service.checks.flatMap(({ probe }) => (probe.kind === 'process' ? (probe.port ?? []) : [])),
    likely: portsOf([service]).filter((port) => users.get(port) === 1),
  };
};

/** An action touches a service as a whole. */
const radiusIn = (site: Site, id: ServiceId): BlastRadius =>
  blastRadius({ find: (other) => findService(site, other), dependantsOf: (other) => dependantsOf(site, other) }, id, {
    instances: 1,
    replicas: 1,
  });

/** The post of one service in a site. */
export const postFor = (site: Site, service: Service): Post => ({
  service,
  dependants: dependantsOf(site, service.id).map((dependant) => dependant.id),
  radius: () => radiusIn(site, service.id),
  ports: ownPortsOf(site, service),
  contacts: contactsOf(site),
});

/** Makes the machine that watches one service; null when the site does not declare it. */
export const makeWatch = (site: Site, id: ServiceId): Machine<Watch> | null => {
  const service = findService(site, id);
  if (service === null) return null;
  const post = postFor(site, service);
  return { id: watchMachine(id), initial: firstWatch(id), step: (watch, event) => step(post, watch, event), expects };
};

/** What must be pending, so that this watch is never asleep for ever. */
const expects = (watch: Watch): readonly string[] => [
  ...(watch.remedy.kind === 'none' ? [] : ['remedy']),
  ...(watch.health === 'unknown' && watch.since > 0 && watch.wanted === 'running' && !watch.isComingDown
    ? ['unknown']
    : []),
];

const step = (post: Post, watch: Watch, event: Event): Turn => {
  const turn = still(watch);
  const { at } = event;
  switch (event.kind) {
    case 'booted':
      return wakeUp(post, turn, at);
    case 'resumed':
      return takeGap(post, turn, event.since, at);
    case 'reconfigured':
      return reassess(post, go(turn, { beliefs: declaredBeliefs(post, watch) }), at);
    case 'checked':
      return reassess(post, believe(turn, event.belief, at), at);
    case 'confirmed':
      return takeConfirmation(post, turn, at);
    case 'exited':
      return takeExit(post, turn, event.exit, at);
    case 'found':
      return takePresence(post, turn, event, at);
    case 'examined':
      return takeBlackBox(post, turn, event.blackBox, at);
    case 'operated':
      return judgedOnceStarted(post, takeOutcome(post, turn, event, at), at);
    case 'notified':
      return takeDelivery(turn, event, at);
    case 'asked':
      return takeAsk(post, turn, event, at);
    case 'told':
      return hear(post, turn, event.message, at);
    case 'woke':
      if (event.name === 'notice') return giveNotice(turn, at);
      return event.name === 'unknown' ? stillUnknown(post, turn, at) : wake(post, turn, at);
    default:
      return turn;
  }
};

/**
 * What was known at first hand (it ended, it was absent) is past once it is started: from now on its checks decide. A
 * check that still passes speaks of the copy before: it is looked at again at once, and that look decides.
 */
const judgedOnceStarted = (post: Post, turn: Turn, at: Instant): Turn => {
  const { isRunning, isUnproven, beliefs } = turn.state;
  const hasOldNews = Object.values(beliefs).some((belief) => belief.state === 'healthy');
  return isRunning && isUnproven && !hasOldNews ? reassess(post, turn, at) : turn;
};

/** A notice of trouble that reached nobody is given again after half a minute, as a news of its own. */
const NOTICE_AGAIN_MS = seconds(30);

const takeDelivery = (
  turn: Turn,
  event: { readonly notification: string; readonly isDelivered: boolean },
  at: Instant,
): Turn => {
  const { trouble } = turn.state;
  const isOurs =
    trouble !== null &&
    !trouble.isEscalated &&
    event.notification.startsWith(`trouble:${turn.state.service}@${trouble.since}`);
  if (!isOurs || event.isDelivered) return turn;
  return go(turn, {}, [{ kind: 'wake', name: 'notice', at: later(at, NOTICE_AGAIN_MS) }]);
};

/** The words have moved on since then, and so the key does: equal keys are the same news. */
const giveNotice = (turn: Turn, at: Instant): Turn => {
  const { trouble, decided } = turn.state;
  if (trouble === null || !trouble.isNotified || trouble.isEscalated) return turn;
  const about = { subject: turn.state.service, since: trouble.since, trigger: trouble.trigger };
  const notice = troubleNotice(about, decided, 'it is being looked after', at);
  return go(turn, {}, [say({ ...notice, key: `${notice.key}/${at}` })]);
};

/** A belief about one check has changed; whether the service's health changes with it is judged next. */
const believe = (turn: Turn, belief: Belief, at: Instant): Turn => {
  const before = turn.state.beliefs[belief.check]?.state ?? 'unknown';
  return go(turn, { beliefs: { ...turn.state.beliefs, [belief.check]: belief } }, [
    record(turn.state, at, {
      type: 'check.changed',
      trigger: `${belief.check}: ${belief.message}`,
      outcome: `${before} → ${belief.state}`,
      refs: { symptom: belief.symptom },
    }),
    ...rawEvents(turn, belief),
  ]);
};

/** A check that turns bad is a raw event, and so is its end. What a person stopped fails because it was stopped. */
const rawEvents = ({ state }: Turn, belief: Belief): readonly Effect[] => {
  const isWanted = state.wanted === 'running' && !state.isComingDown;
  if (belief.state === 'unhealthy' && isWanted)
    return [raised(state, belief.check, `${belief.check}: ${belief.message}`)];
  // What is not known to be open is no news to the desk: after a start nobody here knows what was. And what cannot be seen
  // is not over.
  return canBeReliedOn(belief.state) ? [cleared(state, belief.check)] : [];
};

const declaredBeliefs = (post: Post, watch: Watch): Watch['beliefs'] =>
  Object.fromEntries(
    Object.entries(watch.beliefs).filter(([id]) => post.service.checks.some((check) => check.id === id)),
  );

const takeExit = (post: Post, turn: Turn, exit: NonNullable<Watch['exit']>, at: Instant): Turn => {
  const { state } = turn;
  // The end of an earlier copy, told late, says nothing about the one that runs now.
  if (state.pid !== null && exit.pid !== state.pid) return turn;
  if (state.wanted === 'stopped' || state.isComingDown) return go(turn, { isRunning: false, pid: null });
  const ended = go(turn, { exit, isRunning: false, pid: null, isUnproven: false }, [
    record(state, at, {
      type: 'workload.exited',
      trigger: exit.signal ?? `code ${exit.code ?? 'unknown'}`,
      refs: { pid: exit.pid, code: exit.code, signal: exit.signal, ranMs: exit.ranMs },
    }),
    raised(
      state,
      `${state.service}/workload`,
      `${state.service} ended (${exit.signal ?? `code ${exit.code ?? 'unknown'}`})`,
    ),
  ]);
  const judged = reassess(post, ended, at);
  return judged.state.remedy.kind === 'observing' ? weigh(post, judged, at) : judged;
};

const takePresence = (post: Post, turn: Turn, found: { isRunning: boolean; pid: number | null }, at: Instant): Turn => {
  if (!isOperable(post.service.workload)) return turn;
  const { isRunning, pid } = found;
  const looked = go(turn, { isRunning, isAbsent: !isRunning, pid, exit: isRunning ? null : turn.state.exit }, [
    record(turn.state, at, {
      type: isRunning ? 'workload.adopted' : 'workload.absent',
      trigger: 'Sereno looked for it at its start',
      refs: { pid },
    }),
    ...(isRunning ? [cleared(turn.state, `${turn.state.service}/workload`)] : []),
  ]);
  // What died while Sereno was dead is no trial any more: waiting for its end would be waiting for nothing.
  if (!isRunning) return weigh(post, looked, at);
  // A probe may have been quicker than the search: what it saw is trouble now that it is known to run.
  const { health, remedy, reasons } = looked.state;
  const isInTrouble = health === 'unhealthy' && remedy.kind === 'none' && looked.state.wanted === 'running';
  return isInTrouble ? diagnose(post, looked, sayReasons(reasons), at) : looked;
};

const hear = (post: Post, turn: Turn, message: Message, at: Instant): Turn => {
  switch (message.kind) {
    case 'how-are-you':
      return takeQuestion(post, turn, message, at);
    case 'health':
      return takeNews(post, turn, message, at);
    case 'you-may':
      return takeLease(post, turn, message, at);
    case 'it-is-so':
      return takeBelief(post, turn, message.token, at);
    case 'you-may-not':
      return takeNo(post, turn, message, at);
    case 'hands-free':
      return takePlace(post, turn, at);
    case 'deployed':
      return go(turn, { deployment: message.deployment });
    case 'come-up':
      return beginComingUp(post, turn, at);
    case 'come-down':
      return beginComingDown(post, turn, at);
    case 'said':
      return takeDelivery(turn, message, at);
    default:
      return turn;
  }
};

/** A place is free, or a bar went up. Only who still waits for it makes use of it; what else is waited for has its own time. */
const takePlace = (post: Post, turn: Turn, at: Instant): Turn => {
  const { remedy, decided } = turn.state;
  const isInLine = decided.some((reason) => reason.kind === 'velocity') || isBarred(decided);
  const isWaiting = remedy.kind === 'waiting' || remedy.kind === 'quarantined';
  return isInLine && isWaiting ? wake(post, turn, at) : turn;
};

/** What was seen is to be believed: it is handed to people. */
const takeBelief = (post: Post, turn: Turn, token: number, at: Instant): Turn => {
  const { remedy } = turn.state;
  if (remedy.kind !== 'asking' || remedy.token !== token) return turn;
  const open = go(turn, { remedy: { kind: 'none' } }, [{ kind: 'unwake', name: 'remedy' }]);
  return isSeenDown(post, turn.state) ? quarantine(post, open, at, at) : lookAgain(post, open, at);
};

const takeNo = (post: Post, turn: Turn, no: Message & { kind: 'you-may-not' }, at: Instant): Turn => {
  const { remedy, ask } = turn.state;
  const isForAsk = ask?.token === no.token;
  const isAwaited = remedy.kind === 'asking' && remedy.token === no.token;
  const heard = isForAsk ? takeAskRefusal(turn, no, at) : turn;
  if (!isAwaited) return heard;
  const open = go(heard, { remedy: { kind: 'none' } }, [{ kind: 'unwake', name: 'remedy' }]);
  if (turn.state.isComingDown) return go(open, {}, [tellIsDown(turn.state)]);
  if (!isForAsk) return takeRefusal(post, open, no, at);
  // A person's wish was refused; Sereno's own trouble with the service, if any, goes on.
  return lookAgain(post, open, at);
};

const beginComingUp = (post: Post, turn: Turn, at: Instant): Turn => {
  const { state } = turn;
  if (state.wanted === 'stopped' || state.remedy.kind === 'quarantined') return go(turn, {}, [tellIsUp(state)]);
  const coming = go(turn, { isComingUp: true }, [record(state, at, { type: 'start.wanted', trigger: 'start-up' })]);
  const mustStart = isOperable(post.service.workload) && !state.isRunning && state.remedy.kind === 'none';
  if (mustStart) return comeUp(post, coming, at);
  // It was seen to be well before its turn came: nobody will say so again.
  return canBeReliedOn(state.health) ? go(coming, { isComingUp: false }, [tellIsUp(state)]) : coming;
};

const beginComingDown = (post: Post, turn: Turn, at: Instant): Turn => {
  const { state } = turn;
  const coming = go(turn, { isComingDown: true, isComingUp: false }, [
    record(state, at, { type: 'stop.wanted', trigger: 'orderly end' }),
  ]);
  return comeDown(post, coming, at);
};

const wake = (post: Post, turn: Turn, at: Instant): Turn => {
  const { state } = turn;
  const { remedy } = state;
  const trigger = state.trouble?.trigger ?? 'looking again';
  switch (remedy.kind) {
    case 'none':
      return turn;
    case 'diagnosing':
      return conclude(post, turn, at);
    case 'waiting':
      return lookAgain(post, turn, at);
    case 'asking':
      return lookAgain(post, go(turn, { remedy: { kind: 'none' } }), at);
    case 'acting':
      return expireAction(post, turn, at);
    case 'observing':
      return weigh(post, turn, at);
    default:
      return retryCarefully(post, turn, trigger, at);
  }
};
