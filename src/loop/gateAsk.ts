// What people ask of the gate: hold, release, approvals.

import { hasRole, type Actor, type Role } from '#kernel/actor.ts';
import type { Answer, Asked } from '#kernel/message.ts';
import { unreachable } from '#kernel/unreachable.ts';
import type { Instant } from '#kernel/time.ts';
import { go, record, type Turn } from './gateNotes.ts';
import { takeApproved, type Ground } from './gatePermit.ts';
import type { Approval } from './gateState.ts';

const ANSWERS_KEPT = 50;

type Reply = { readonly status: Answer['status']; readonly detail: string };

const answer = (turn: Turn, asked: Asked, reply: Reply, at: Instant): Turn => {
  const made: Answer = { askKey: asked.askKey, ...reply, reasons: [], approval: null, actionKey: null, at };
  return go(turn, { answers: [made, ...turn.state.answers].slice(0, ANSWERS_KEPT) }, [
    record(at, {
      type: `request.${reply.status}`,
      trigger: `${asked.by.name} asked: ${asked.request.kind} (${asked.request.why})`,
      outcome: reply.detail,
      refs: { askKey: asked.askKey },
      by: asked.by,
    }),
  ]);
};

const lacks = (by: Actor, role: Role): Reply | null =>
  hasRole(by, role) ? null : { status: 'denied', detail: `${by.name} has not the role ${role}` };

/** Takes one request of a person or an agent. A repeated key is the same request. */
export const takeAsk = (ground: Ground, turn: Turn, asked: Asked, at: Instant): Turn => {
  if (turn.state.answers.some((known) => known.askKey === asked.askKey)) return turn;
  const { request } = asked;
  switch (request.kind) {
    case 'hold':
      return takeHold(turn, asked, at);
    case 'release':
      return takeRelease(turn, asked, at);
    case 'confirm-selection':
      return takeSelection(turn, asked, at);
    case 'decide-approval':
      return takeDecision(ground, turn, asked, at);
    case 'operate':
    case 'acknowledge':
    case 'suppress':
    case 'unsuppress':
    case 'mark-deployment':
      return answer(turn, asked, { status: 'denied', detail: 'this is not the gate’s to decide' }, at);
    default:
      return unreachable(request);
  }
};

const takeHold = (turn: Turn, asked: Asked, at: Instant): Turn => {
  const refused = lacks(asked.by, 'operator');
  if (refused !== null) return answer(turn, asked, refused, at);
  const { hold } = turn.state;
  if (hold !== null) return answer(turn, asked, { status: 'completed', detail: `held already by ${hold.by}` }, at);
  const epoch = turn.state.epoch + 1;
  const held = go(turn, { epoch, hold: { by: asked.by.name, since: at, why: asked.request.why } }, [
    // Whatever lies in the outbox under an older epoch is refused from now on.
    { kind: 'fence', subject: '*', epoch },
  ]);
  return answer(held, asked, { status: 'completed', detail: 'all acting is held; watching and paging go on' }, at);
};

const takeRelease = (turn: Turn, asked: Asked, at: Instant): Turn => {
  const refused = lacks(asked.by, 'operator');
  if (refused !== null) return answer(turn, asked, refused, at);
  const { hold, selection, suspicion } = turn.state;
  if (hold !== null && hold.by === asked.by.name) {
    return answer(
      turn,
      asked,
      {
        status: 'denied',
        detail: `${hold.by} placed the hold; a second person releases it (sereno token issue NAME --role operator gives one a token)`,
      },
      at,
    );
  }
  if (hold !== null) {
    return answer(
      go(turn, { hold: null }),
      asked,
      { status: 'completed', detail: `the hold of ${hold.by} is released` },
      at,
    );
  }
  if (selection !== null) return takeSelection(turn, asked, at);
  if (suspicion !== null) {
    const detail = 'the watchman goes on in spite of its suspicion, on your word';
    return answer(go(turn, { isTrustedByPerson: true }), asked, { status: 'completed', detail }, at);
  }
  return answer(turn, asked, { status: 'completed', detail: 'nothing was held' }, at);
};

const takeSelection = (turn: Turn, asked: Asked, at: Instant): Turn => {
  const refused = lacks(asked.by, 'operator');
  if (refused !== null) return answer(turn, asked, refused, at);
  const { selection } = turn.state;
  if (selection === null) return answer(turn, asked, { status: 'completed', detail: 'nothing was in doubt' }, at);
  const confirmed = go(turn, { selection: null, serviceCount: selection.after });
  return answer(
    confirmed,
    asked,
    { status: 'completed', detail: `${selection.after} services are what is wanted` },
    at,
  );
};

const takeDecision = (ground: Ground, turn: Turn, asked: Asked, at: Instant): Turn => {
  const { request } = asked;
  if (request.kind !== 'decide-approval') return turn;
  const approval = turn.state.approvals.find((it) => it.id === request.approval);
  const refused = lacks(asked.by, 'approver');
  if (refused !== null) return answer(turn, asked, refused, at);
  if (approval === undefined)
    return answer(turn, asked, { status: 'failed', detail: `no approval ${request.approval}` }, at);
  if (approval.status !== 'pending' || approval.expiresAt <= at) {
    const status = approval.status === 'pending' ? 'expired' : approval.status;
    return answer(turn, asked, { status: 'failed', detail: `${approval.id} is ${status}` }, at);
  }
  if (approval.requestedBy === asked.by.name) {
    return answer(turn, asked, { status: 'denied', detail: 'who asks cannot approve' }, at);
  }
  const decided = settle(turn, { ...approval, status: request.isApproved ? 'approved' : 'rejected' });
  const status = request.isApproved ? 'approved' : 'rejected';
  const answered = answer(decided, asked, { status: 'completed', detail: `${approval.id} ${status}` }, at);
  return request.isApproved ? takeApproved(ground, answered, approval, at) : answered;
};

const settle = (turn: Turn, approval: Approval): Turn =>
  go(turn, { approvals: turn.state.approvals.map((it) => (it.id === approval.id ? approval : it)) }, [
    { kind: 'unwake', name: `approval:${approval.id}` },
  ]);

/** Nobody decided in time: silence never approves. */
export const expireApproval = (turn: Turn, id: string, at: Instant): Turn => {
  const approval = turn.state.approvals.find((it) => it.id === id && it.status === 'pending');
  if (approval === undefined) return turn;
  const expired = settle(turn, { ...approval, status: 'expired' });
  return go(expired, {}, [
    record(at, { type: 'approval.expired', trigger: `${id}: ${approval.action} ${approval.subject}` }),
  ]);
};
