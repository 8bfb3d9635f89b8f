// The gate's answers to the watch over deployed configurations: leave to put a blessed revision back, once.
//
//   may-apply ──allowed──▶ lease ──returned, or its end──▶ free
//        ├──needs a person──▶ approval ──agreed──▶ the watch is called, asks again, and has leave for that version once
//        └──denied──▶ told once in the evidence, however often it is asked again

import type { Verdict } from '#kernel/decision.ts';
import type { ConfigLease, ConfigRequest, CopyId } from '#kernel/drift.ts';
import type { Effect } from '#kernel/effect.ts';
import { sayReasons, withFewNames } from '#kernel/reason.ts';
import { DRIFT, findService, type Site } from '#kernel/site.ts';
import { later, minutes, seconds, type Instant } from '#kernel/time.ts';
import { permitConfig, type ConfigPosture } from '#decide/permitConfig.ts';
import { reasonsAsJson } from './note.ts';
import { isBarred } from './gateBars.ts';
import { go, record, type Turn } from './gateNotes.ts';
import { FIRST_CONFIGS, type Approval, type Configs, type Gate } from './gateState.ts';

/** Writing a file of some kilobytes takes milliseconds; a disk that needs longer than this is not well. */
const LEASE_MS = seconds(30);
const APPROVAL_MS = minutes(15);
/** What a person agreed to is asked for again within a step; only a fault can keep it waiting. */
const AGREED_MS = minutes(15);
/** Approvals that are kept for those who ask. */
const APPROVALS_KEPT = 50;

const LEASE_WAKE = 'config-lease:';

export const configsOf = (gate: Gate): Configs => gate.configs ?? FIRST_CONFIGS;

/** The wakes that must be pending for the leases that are out. */
export const configWakes = (gate: Gate): readonly string[] =>
  configsOf(gate).leases.map(({ subject }) => `${LEASE_WAKE}${subject}`);

const withConfigs = (turn: Turn, change: Partial<Configs>, effects: readonly Effect[] = []): Turn =>
  go(turn, { configs: { ...configsOf(turn.state), ...change } }, effects);

const postureFor = (site: Site, gate: Gate, request: ConfigRequest, at: Instant): ConfigPosture => {
  const { leases, agreed } = configsOf(gate);
  const isAgreed = agreed.some(
    (it) => it.subject === request.subject && it.version === request.version && at < it.until,
  );
  const shares = gate.leases.map(({ subject }) => findService(site, subject)?.trafficPercent ?? 0);
  const isDoubted = gate.suspicion !== null && !gate.isTrustedByPerson;
  return {
    at,
    policy: site.policy,
    hold: gate.hold,
    suspicion: isDoubted ? (gate.suspicion?.reasons ?? []).filter(({ kind }) => kind === 'canary-failed') : [],
    selection: gate.selection,
    safeModeSince: gate.safeModeSince,
    inHands: [...gate.leases, ...leases],
    trafficInHandsPercent: shares.reduce((sum, share) => sum + share, 0),
    isApproved: isAgreed,
  };
};

/** A request comes in, and is answered at once. */
export const takeConfigRequest = (site: Site, turn: Turn, request: ConfigRequest, at: Instant): Turn => {
  const verdict = permitConfig(request, postureFor(site, turn.state, request, at));
  if (verdict.kind === 'allow') return grant(site, turn, request, { verdict, at });
  if (verdict.kind === 'needs-approval') return askApprover(turn, request, verdict, at);
  return refuse(turn, request, verdict, at);
};

const saying = ({ by, action, subject, version, why }: ConfigRequest): string =>
  `${by.name}: ${action} ${subject}@${version} (${why})`;

const grant = (
  site: Site,
  turn: Turn,
  request: ConfigRequest,
  { verdict, at }: { readonly verdict: Verdict; readonly at: Instant },
): Turn => {
  const { subject, action, version, token } = request;
  const { leases, agreed, refused } = configsOf(turn.state);
  const epoch = turn.state.epoch + 1;
  const lease: ConfigLease = { subject, action, epoch, until: later(at, LEASE_MS) };
  const { [subject]: _over, ...others } = refused;
  const change: Partial<Configs> = {
    leases: [...leases, lease],
    // The word of a person is good for one time.
    agreed: agreed.filter((it) => it.subject !== subject && at < it.until),
    refused: others,
  };
  return withConfigs(go(turn, { epoch }), change, [
    record(at, {
      type: 'gate.allowed',
      trigger: saying(request),
      action,
      outcome: sayReasons(verdict.reasons),
      refs: { subject, version, epoch, reasons: reasonsAsJson(verdict.reasons), policy: site.digest },
    }),
    { kind: 'fence', subject, epoch },
    { kind: 'wake', name: `${LEASE_WAKE}${subject}`, at: lease.until },
    { kind: 'tell', to: DRIFT, message: { kind: 'you-may-apply', lease, token } },
  ]);
};

type Refusal = Verdict & { readonly kind: 'deny' };

const refuse = (turn: Turn, request: ConfigRequest, { reasons: all, lookAgainAt }: Refusal, at: Instant): Turn => {
  const { subject, token } = request;
  const reasons = withFewNames(all);
  const { refused, isBarred: wasBarred } = configsOf(turn.state);
  // Asked again every minute for as long as a person thinks: what is the same stands in the evidence once.
  const kinds = reasons.map(({ kind }) => kind).join();
  const isKnown = refused[subject] === kinds;
  const change: Partial<Configs> = {
    refused: { ...refused, [subject]: kinds },
    isBarred: wasBarred || isBarred(reasons),
  };
  const denied = record(at, {
    type: 'gate.denied',
    trigger: saying(request),
    outcome: sayReasons(reasons),
    refs: { subject, reasons: reasonsAsJson(reasons), token },
  });
  return withConfigs(turn, change, [
    ...(isKnown ? [] : [denied]),
    {
      kind: 'tell',
      to: DRIFT,
      message: { kind: 'you-may-not-apply', subject, token, approval: null, reasons, lookAgainAt },
    },
  ]);
};

type Needing = Verdict & { readonly kind: 'needs-approval' };

const askApprover = (turn: Turn, request: ConfigRequest, { reasons }: Needing, at: Instant): Turn => {
  const { subject, action, token } = request;
  const same = turn.state.approvals.find(
    (it) =>
      it.status === 'pending' &&
      it.request.action === action &&
      it.subject === subject &&
      it.request.version === request.version,
  );
  const epoch = turn.state.epoch + (same === undefined ? 1 : 0);
  const approval: Approval = {
    id: same?.id ?? `APR-${epoch}`,
    subject,
    action,
    requestedBy: request.by.name,
    reasons,
    expiresAt: same?.expiresAt ?? later(at, APPROVAL_MS),
    status: 'pending',
    request,
  };
  const others = turn.state.approvals.filter((it) => it.id !== approval.id);
  const asked: readonly Effect[] = [
    record(at, {
      type: 'gate.needs-approval',
      trigger: saying(request),
      outcome: sayReasons(reasons),
      refs: { approval: approval.id, subject, reasons: reasonsAsJson(reasons) },
    }),
    { kind: 'wake', name: `approval:${approval.id}`, at: approval.expiresAt },
  ];
  return go(turn, { epoch, approvals: [approval, ...others].slice(0, APPROVALS_KEPT) }, [
    ...(same === undefined ? asked : []),
    {
      kind: 'tell',
      to: DRIFT,
      message: { kind: 'you-may-not-apply', subject, token, approval: approval.id, reasons, lookAgainAt: null },
    },
  ]);
};

/** An approver agreed: the watch is called, looks again, and asks again for what is still needed then. */
export const agreeToConfig = (turn: Turn, { subject, version }: ConfigRequest, at: Instant): Turn => {
  const { agreed } = configsOf(turn.state);
  const others = agreed.filter((it) => it.subject !== subject);
  return withConfigs(turn, { agreed: [...others, { subject, version, until: later(at, AGREED_MS) }] }, [CALL_DRIFT]);
};

const CALL_DRIFT: Effect = { kind: 'tell', to: DRIFT, message: { kind: 'hands-free' } };

/** The lease comes back; the copy is free again. */
export const freeConfig = (
  turn: Turn,
  held: { readonly subject: CopyId; readonly epoch: number },
  at: Instant,
): Turn => {
  const { leases } = configsOf(turn.state);
  const isHeld = leases.some(({ subject, epoch }) => subject === held.subject && epoch === held.epoch);
  if (!isHeld) return turn;
  return withConfigs(turn, { leases: leases.filter(({ subject }) => subject !== held.subject) }, [
    { kind: 'unwake', name: `${LEASE_WAKE}${held.subject}` },
    record(at, { type: 'lease.returned', trigger: held.subject, refs: { epoch: held.epoch } }),
  ]);
};

/** The end of a lease; null: the wake is another one's. */
export const endConfigLease = (turn: Turn, name: string, at: Instant): Turn | null => {
  if (!name.startsWith(LEASE_WAKE)) return null;
  const overdue = configsOf(turn.state).leases.find(
    ({ subject, until }) => `${LEASE_WAKE}${subject}` === name && until <= at,
  );
  return overdue === undefined ? turn : freeConfig(turn, overdue, at);
};

/** After a start of Sereno: what was under way is handed over again, and gets its whole time again. */
export const renewConfigs = (turn: Turn, at: Instant): Turn => {
  const { leases } = configsOf(turn.state);
  if (leases.length === 0) return turn;
  const until = later(at, LEASE_MS);
  const renewed = leases.map((lease) => ({ ...lease, until }));
  const wakes = leases.map(({ subject }): Effect => ({ kind: 'wake', name: `${LEASE_WAKE}${subject}`, at: until }));
  return withConfigs(turn, { leases: renewed }, wakes);
};
