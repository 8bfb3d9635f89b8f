// The gate: every change to the world passes it. It holds the hold, the leases, the budgets' history, the approvals,
// and the watchman's doubt about itself. It is one machine, so two services can never both be given the last leave.

import type { Lease } from '#kernel/action.ts';
import type { Event } from '#kernel/event.ts';
import type { Json } from '#kernel/evidence.ts';
import type { CheckId, ServiceId } from '#kernel/id.ts';
import { serviceId } from '#kernel/id.ts';
import type { HealthNews } from '#kernel/message.ts';
import { sayDoubt, sayInstant, sayReasons, type Reason } from '#kernel/reason.ts';
import { allChecks, dependantsOf, findService, GATE, WATCHMAN, type Site } from '#kernel/site.ts';
import type { Machine } from '#kernel/step.ts';
import { elapsedMs, later, minutes, sayDuration, seconds, type DurationMs, type Instant } from '#kernel/time.ts';
import { atOnceWindow, suspect } from '#judge/correlate.ts';
import { joinCrowd } from '#judge/crowd.ts';
import { pathsOf } from '#judge/paths.ts';
import { expireApproval, takeAsk } from './gateAsk.ts';
import { reasonsAsJson } from './note.ts';
import { go, inform, page, pageOver, record, type Page, type Turn } from './gateNotes.ts';
import { openBars } from './gateBars.ts';
import { configWakes, endConfigLease, freeConfig, renewConfigs, takeConfigRequest } from './gateConfig.ts';
import { callNext, lookedAround, lookOverdue, renewed, takeQuestion, takeRequest, type Ground } from './gatePermit.ts';
import { FIRST_GATE, type Gate } from './gateState.ts';
import { enter, isOn, NOBODY, strike } from './roll.ts';

/** After an unclean stop: this long without another one, and safe mode ends by itself. */
const SAFE_MODE_MS = minutes(10);
/** A suspicion must last this long before people are paged: symptoms are often heard before their cause. */
const SUSPICION_PAGED_MS = seconds(3);
const SUSPICION_LOOK_MS = seconds(10);
/** People are told of a gap in the watch that lasted this long; shorter ones stand in the evidence. */
const GAP_TOLD_MS = minutes(1);
/** A selection that more than doubles, by more than this many, is suddenly grown. */
const GROWTH_MIN = 5;

/** What the gate knows, with what it computes once for a site. */
type Standpoint = Ground & { readonly atOnceMs: DurationMs; readonly isOnPath: ReadonlySet<ServiceId> };

/** Makes the gate of a site. `canaryChecks` are the checks by which the watchman tests its own eyes. */
export const makeGate = (site: Site, canaryChecks: readonly CheckId[]): Machine<Gate> => {
  const paths = pathsOf(site.services);
  const isOnPath = new Set(paths.flatMap((path) => path.services));
  const ground: Standpoint = { site, canaryChecks, atOnceMs: atOnceWindow(allChecks(site)), paths, isOnPath };
  const stored = (gate: Gate): Gate => ({ ...gate, news: {}, up: NOBODY });
  return {
    id: GATE,
    initial: FIRST_GATE,
    step: (gate, event) => openBars(gate, step(ground, gate, event)),
    expects,
    stored,
  };
};

const expects = (gate: Gate): readonly string[] => [
  ...gate.leases.map((lease) => `lease:${lease.subject}`),
  ...configWakes(gate),
  ...(gate.looking.length > 0 ? ['look'] : []),
  ...(gate.safeModeSince === null ? [] : ['safe-mode']),
  ...(gate.suspicion === null ? [] : ['suspicion']),
  ...gate.approvals.filter((approval) => approval.status === 'pending').map((approval) => `approval:${approval.id}`),
];

const step = (ground: Standpoint, gate: Gate, event: Event): Turn => {
  const turn: Turn = { state: gate, effects: [] };
  const { at } = event;
  switch (event.kind) {
    case 'booted':
      return boot(ground, turn, event.boot, at);
    case 'resumed':
      return resumeAfterGap(ground, turn, event.since, at);
    case 'clock-stepped':
      return noteClock(turn, event.aheadMs, at);
    case 'reconfigured':
      return reconfigure(turn, event, at);
    case 'configuration-refused':
      return go(turn, {}, [
        record(at, { type: 'configuration.refused', trigger: event.detail, outcome: 'the old configuration goes on' }),
        page(refusedConfiguration(event.detail), at),
      ]);
    case 'checked':
      return doubt(ground, go(turn, { canary: canaryOf(event) }), at);
    case 'confirmed':
      return lookedAround(ground, turn, event.until, at);
    case 'asked':
      return takeAsk(ground, turn, event, at);
    case 'told':
      return hear(ground, turn, event, at);
    case 'woke':
      return wake(ground, turn, event.name, at);
    case 'machine-broken':
      return pageBroken(turn, event, at);
    case 'verified':
      return pageEvidence(turn, event, at);
    default:
      return turn;
  }
};

const reconfigure = (turn: Turn, event: Event & { kind: 'reconfigured' }, at: Instant): Turn => {
  const noted = go(turn, {}, [
    record(at, { type: 'configuration.changed', trigger: event.digest, refs: { changed: event.changed } }),
    pageOver('configuration', 'a configuration was read without problems', at),
  ]);
  return count(noted, event.services, at);
};

const refusedConfiguration = (detail: string): Page => ({
  subject: 'configuration',
  severity: 'SEV3',
  title: 'the new configuration is refused; the old one goes on',
  ladder: ['Look: sereno check', ...detail.split('\n').slice(0, 8)],
  reasons: [],
});

const canaryOf = (event: Event & { kind: 'checked' }): Gate['canary'] => ({
  state: event.belief.state,
  since: event.belief.since,
  message: event.belief.message,
});

/** The eyes were closed: nothing was seen, the canary neither; what was under way gets its whole time again. */
const openEyes = (ground: Standpoint, turn: Turn, at: Instant): Turn => {
  const hasCanary = ground.canaryChecks.length > 0;
  const isPaged = turn.state.suspicion?.isPaged === true;
  const unseen = { state: 'unknown', since: at, message: 'not looked at yet' } as const;
  const leases = turn.state.leases.map((lease) => renewed(ground, lease, at));
  const fresh: Partial<Gate> = {
    canary: hasCanary ? unseen : null,
    // A suspicion that people were paged for goes on until it is measured to be over; then they are told.
    suspicion: isPaged ? turn.state.suspicion : null,
    trustedSince: null,
    isTrustedByPerson: false,
    leases,
  };
  return go(renewConfigs(turn, at), fresh, [
    ...leases.map((lease) => ({ kind: 'wake', name: `lease:${lease.subject}`, at: lease.until }) as const),
    isPaged
      ? { kind: 'wake', name: 'suspicion', at: later(at, SUSPICION_LOOK_MS) }
      : { kind: 'unwake', name: 'suspicion' },
  ]);
};

/** The configuration that runs from here on, and which version of the codex each part of it is. */
const runsWith = ({ configuration }: (Event & { kind: 'booted' })['boot']): { readonly [key: string]: Json } =>
  configuration === undefined
    ? {}
    : {
        configuration: configuration.digest,
        own: configuration.own.map(({ item, version, digest, state }) => ({ item, version, digest, state })),
      };

const boot = (ground: Standpoint, turn: Turn, it: (Event & { kind: 'booted' })['boot'], at: Instant): Turn => {
  const begun = go(openEyes(ground, turn, at), { news: {}, up: NOBODY, looking: [], queue: [], barred: [] }, [
    { kind: 'unwake', name: 'look' },
  ]);
  const counted = count(begun, it.services, at);
  if (it.isClean) {
    return go(counted, { safeModeSince: null }, [
      { kind: 'unwake', name: 'safe-mode' },
      record(at, { type: 'sereno.started', trigger: 'after a clean stop, or for the first time', refs: runsWith(it) }),
    ]);
  }
  const title = `Sereno starts after an unclean stop (${it.uncleanStops} in the last hour): safe mode`;
  const body = 'One action at a time until it was stable for ten minutes. What was under way goes on.';
  return go(counted, { safeModeSince: at }, [
    { kind: 'wake', name: 'safe-mode', at: later(at, SAFE_MODE_MS) },
    record(at, { type: 'safe-mode.entered', trigger: title, refs: { uncleanStops: it.uncleanStops, ...runsWith(it) } }),
    inform({ key: `unclean:${at}`, title, body }, at),
  ]);
};

/** Sereno itself did not run: that is written down before anything else is, and people are told of a longer gap. */
const resumeAfterGap = (ground: Standpoint, turn: Turn, since: Instant, at: Instant): Turn => {
  const lastedMs = elapsedMs(since, at);
  const title = `Sereno did not run for ${sayDuration(lastedMs)}, since ${sayInstant(since)}: nothing was watched`;
  const noted = go(turn, {}, [record(at, { type: 'sereno.resumed', trigger: title, refs: { since } })]);
  const awake = openEyes(ground, noted, at);
  if (lastedMs < GAP_TOLD_MS) return awake;
  const body = 'The machine slept, or the process was stopped. How things are is measured anew now.';
  return go(awake, {}, [inform({ key: `gap:${since}`, title, body }, at)]);
};

/** The wall clock was set. Sereno's own time goes on evenly, so nothing rings twice and no budget shrinks. */
const noteClock = (turn: Turn, aheadMs: number, at: Instant): Turn => {
  const where = `${sayDuration(Math.abs(aheadMs))} ${aheadMs < 0 ? 'behind' : 'ahead of'} Sereno's time`;
  const trigger = `the wall clock was set: it is ${where}, which goes on evenly until the next start`;
  return go(turn, {}, [record(at, { type: 'clock.stepped', trigger, refs: { aheadMs } })]);
};

/** An empty or suddenly grown selection is a reason to stop. */
const count = (turn: Turn, after: number, at: Instant): Turn => {
  const before = turn.state.serviceCount;
  const isGrown = before > 0 && after > before * 2 && after - before > GROWTH_MIN;
  if (!isGrown && (after > 0 || before === 0)) return go(turn, { serviceCount: after, selection: null });
  const reason: Reason = { kind: 'selection-changed', before, after };
  return go(turn, { selection: { before, after } }, [
    record(at, { type: 'selection.changed', trigger: sayReasons([reason]), refs: { before, after } }),
    page(
      {
        subject: 'selection',
        severity: 'SEV2',
        title: `the number of services went from ${before} to ${after}; nothing is touched`,
        ladder: [
          'Look: sereno status',
          'If this is what you want: sereno release --why "…"',
          'If not, put the old sereno.yaml back.',
        ],
        reasons: [reason],
      },
      at,
    ),
  ]);
};

const hear = (ground: Standpoint, turn: Turn, event: Event & { kind: 'told' }, at: Instant): Turn => {
  const { message } = event;
  if (message.kind === 'health') return hearNews(ground, takeNews(turn, message.news), message.news, at);
  if (message.kind === 'may-i') return takeRequest(ground, turn, message.request, at);
  if (message.kind === 'is-it-so') return takeQuestion(ground, turn, message.request, at);
  if (message.kind === 'lease-returned') return freeLease(ground, turn, message, at);
  if (message.kind === 'may-apply') return takeConfigRequest(ground.site, turn, message.request, at);
  if (message.kind === 'config-lease-returned') return freeConfig(turn, message, at);
  return turn;
};

/** What is doubted is not over because it cannot be seen: a watchman that was stalled knows nothing of it, for a while. */
const isOnlyUnseen = ({ suspicion }: Gate, { service, health, isStopped }: HealthNews): boolean =>
  health === 'unknown' &&
  !isStopped &&
  suspicion !== null &&
  suspicion.reasons.some((reason) => 'failing' in reason && reason.failing.includes(service));

/** The words of trouble are kept, of the others only who is up. */
const takeNews = (turn: Turn, it: HealthNews): Turn => {
  const { news, up } = turn.state;
  const isUp = (it.health === 'healthy' || it.health === 'degraded') && !it.isStopped && !it.isFirstHand;
  const roll = isUp ? enter(up, it.service) : strike(up, it.service);
  const heard = roll === up ? turn : go(turn, { up: roll });
  if (it.health === 'unhealthy') return go(heard, { news: { ...news, [it.service]: it } });
  if (isOnlyUnseen(turn.state, it)) return heard;
  if (news[it.service] === undefined) return heard;
  const { [it.service]: _over, ...others } = news;
  return go(heard, { news: others });
};

/** One more of those who fail together joins them; all other news are a reason to look at everything that is known. */
const hearNews = (ground: Standpoint, turn: Turn, news: HealthNews, at: Instant): Turn => {
  const { suspicion } = turn.state;
  if (suspicion === null) return doubt(ground, turn, at);
  const { service } = news;
  const { site } = ground;
  const isAlone =
    !ground.isOnPath.has(service) &&
    dependantsOf(site, service).length === 0 &&
    (findService(site, service)?.needs ?? []).every((need) => turn.state.news[need] === undefined);
  const reasons = joinCrowd(suspicion.reasons, { news, total: site.services.length, isAlone });
  if (reasons === null) return doubt(ground, turn, at);
  return reasons === suspicion.reasons ? turn : go(turn, { suspicion: { ...suspicion, reasons } });
};

const freeLease = (
  ground: Standpoint,
  turn: Turn,
  { subject, epoch }: Pick<Lease, 'subject' | 'epoch'>,
  at: Instant,
): Turn => {
  const held = turn.state.leases.find((lease) => lease.subject === subject && lease.epoch === epoch);
  if (held === undefined) return turn;
  const leases = turn.state.leases.filter((lease) => lease !== held);
  const spent = held.action === 'restart' ? spentBy(turn.state.spent, subject, at) : turn.state.spent;
  const freed = go(turn, { leases, spent }, [
    { kind: 'unwake', name: `lease:${subject}` },
    record(at, { type: 'lease.returned', trigger: subject, refs: { epoch } }),
  ]);
  return callNext(ground, freed);
};

/**
 * A restart counts from the moment when it was surely over: leave may be given long before it is carried out, and a
 * window laid over the restarts themselves must not hold one too many either.
 */
const spentBy = (spent: Gate['spent'], subject: ServiceId, at: Instant): Gate['spent'] => {
  const earlier = spent[subject] ?? [];
  return { ...spent, [subject]: [...earlier.slice(0, -1), at] };
};

/** Does the watchman trust its own eyes? Opens, keeps or closes the suspicion. */
const doubt = (ground: Standpoint, turn: Turn, at: Instant): Turn => {
  const { suspicion, news, up, canary } = turn.state;
  const isUp = (id: ServiceId): boolean => isOn(up, id);
  const needsOf = (id: ServiceId): readonly ServiceId[] => findService(ground.site, id)?.needs ?? [];
  const total = ground.site.services.length;
  const { paths, atOnceMs } = ground;
  const reasons = suspect({ news, isUp, needsOf, total, paths, canary, open: suspicion?.reasons ?? [], atOnceMs, at });
  if (reasons.length > 0) {
    const isNew = suspicion === null;
    const kept = { since: suspicion?.since ?? at, reasons, isPaged: suspicion?.isPaged ?? false };
    if (!isNew) return go(turn, { suspicion: kept });
    return go(turn, { suspicion: kept }, [
      { kind: 'wake', name: 'suspicion', at: later(at, SUSPICION_PAGED_MS) },
      record(at, { type: 'suspicion.began', trigger: sayReasons(reasons), refs: { reasons: reasonsAsJson(reasons) } }),
    ]);
  }
  if (suspicion === null) return turn;
  // Of a shared cause as well: with the last of those who come back, what is still believed of the others is old.
  const over = go(turn, { suspicion: null, trustedSince: at, isTrustedByPerson: false }, [
    { kind: 'unwake', name: 'suspicion' },
    record(at, { type: 'suspicion.ended', trigger: sayReasons(suspicion.reasons) }),
  ]);
  return suspicion.isPaged ? go(over, {}, [pageOver(WATCHMAN, 'its eyes can be trusted again', at)]) : over;
};

const wake = (ground: Standpoint, turn: Turn, name: string, at: Instant): Turn => {
  if (name === 'look') return lookOverdue(ground, turn, at);
  if (name === 'suspicion') return pageSuspicion(doubt(ground, turn, at), at);
  if (name === 'safe-mode') {
    return go(turn, { safeModeSince: null }, [
      record(at, { type: 'safe-mode.left', trigger: 'ten minutes without another unclean stop' }),
    ]);
  }
  if (name.startsWith('approval:')) return expireApproval(turn, name.slice('approval:'.length), at);
  if (!name.startsWith('lease:')) return endConfigLease(turn, name, at) ?? turn;
  const subject = serviceId(name.slice('lease:'.length));
  const overdue = turn.state.leases.find((lease) => lease.subject === subject && lease.until <= at);
  return overdue === undefined ? turn : freeLease(ground, turn, overdue, at);
};

const pageSuspicion = (turn: Turn, at: Instant): Turn => {
  const { suspicion } = turn.state;
  if (suspicion === null) return turn;
  const again = { kind: 'wake', name: 'suspicion', at: later(at, SUSPICION_LOOK_MS) } as const;
  if (suspicion.isPaged) return go(turn, {}, [again]);
  return go(turn, { suspicion: { ...suspicion, isPaged: true } }, [
    again,
    page(
      {
        subject: WATCHMAN,
        severity: 'SEV2',
        title: sayDoubt(suspicion.reasons),
        ladder: [
          'Look: sereno status',
          'Is the machine itself, its network or its name server in trouble? Mend that first.',
          'If the services really are down: sereno release --why "…" lets the watchman act, one after another.',
        ],
        reasons: suspicion.reasons,
      },
      at,
    ),
  ]);
};

const pageBroken = (turn: Turn, event: Event & { kind: 'machine-broken' }, at: Instant): Turn =>
  go(turn, {}, [
    page(
      {
        subject: `machine ${event.broken}`,
        severity: 'SEV2',
        title: `a fault inside Sereno set ${event.broken} aside: ${event.detail}`,
        ladder: [
          'Everything else goes on.',
          'Restart Sereno to try it again, and report the fault with: sereno evidence export',
        ],
        reasons: [],
      },
      at,
    ),
  ]);

const pageEvidence = (turn: Turn, event: Event & { kind: 'verified' }, at: Instant): Turn => {
  const outcome = event.isIntact ? 'intact' : `broken at record ${event.badSeq ?? 'unknown'}`;
  const noted = go(turn, {}, [record(at, { type: 'evidence.verified', trigger: event.detail, outcome })]);
  if (event.isIntact) return noted;
  return go(noted, {}, [
    page(
      {
        subject: 'evidence',
        severity: 'SEV2',
        title: `the evidence chain is broken at record ${event.badSeq ?? 'unknown'}: ${event.detail}`,
        ladder: [
          'Keep the state directory as it is; copy it elsewhere.',
          'Look: sereno evidence verify',
          'Find who or what changed the store; compare with evidence.heads and with exported copies.',
        ],
        reasons: [],
      },
      at,
    ),
  ]);
};
