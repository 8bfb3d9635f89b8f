// What a person asks of one service goes through the same gate as what Sereno wants itself.

import type { Asked, Answer } from '#kernel/message.ts';
import type { Reason } from '#kernel/reason.ts';
import { isOperable } from '#kernel/service.ts';
import type { Instant } from '#kernel/time.ts';
import { reasonsAsJson } from './note.ts';
import { go, record, type Post, type Turn } from './watchNotes.ts';
import { setAside } from './watchAction.ts';
import { requestLeave } from './watchRemedy.ts';
import { keep } from './watchState.ts';

type Refusal = { readonly reasons: readonly Reason[]; readonly detail: string };

const refuse = (turn: Turn, asked: Asked, refusal: Refusal, at: Instant): Turn => {
  const answer: Answer = {
    askKey: asked.askKey,
    status: 'denied',
    reasons: refusal.reasons,
    detail: refusal.detail,
    approval: null,
    actionKey: null,
    at,
  };
  return go(turn, { answers: keep(answer, turn.state.answers) }, [
    record(turn.state, at, {
      type: 'request.denied',
      trigger: `${asked.by.name} asked: ${asked.request.kind}`,
      outcome: refusal.detail,
      refs: { askKey: asked.askKey, reasons: reasonsAsJson(refusal.reasons) },
      by: asked.by,
    }),
  ]);
};

/** A person or an agent asks to start, stop or restart this service. A repeated key is the same request. */
export const takeAsk = (post: Post, turn: Turn, asked: Asked, at: Instant): Turn => {
  const { state } = turn;
  const { request } = asked;
  if (request.kind !== 'operate' || state.answers.some((answer) => answer.askKey === asked.askKey)) return turn;
  if (!isOperable(post.service.workload)) {
    const reasons: readonly Reason[] = [{ kind: 'no-driver', workload: post.service.workload.kind }];
    return refuse(turn, asked, { reasons, detail: 'no way to operate it is declared' }, at);
  }
  if (state.remedy.kind === 'acting') {
    const reasons: readonly Reason[] = [
      { kind: 'subject-in-hands', subject: state.service, until: state.remedy.until },
    ];
    return refuse(turn, asked, { reasons, detail: 'another action is being carried out' }, at);
  }
  const pending: Answer = {
    askKey: asked.askKey,
    status: 'pending',
    reasons: [],
    detail: 'put to the gate',
    approval: null,
    actionKey: null,
    at,
  };
  const aside = setAside(turn, `${asked.by.name} asked to ${request.action} it`, at);
  const ask = { askKey: asked.askKey, token: state.token + 1, by: asked.by, action: request.action, epoch: null };
  const noted = go(aside, { ask, answers: keep(pending, aside.state.answers) }, [
    record(state, at, {
      type: 'request.taken',
      trigger: `${asked.by.name} asked: ${request.why}`,
      action: request.action,
      refs: { askKey: asked.askKey },
      by: asked.by,
    }),
  ]);
  return requestLeave(post, noted, { action: request.action, by: asked.by, why: request.why, isProbation: false }, at);
};

/** The gate said no, or not without another person. */
export const takeAskRefusal = (
  turn: Turn,
  refusal: { readonly reasons: readonly Reason[]; readonly approval: string | null },
  at: Instant,
): Turn => {
  const { ask } = turn.state;
  if (ask === null) return turn;
  const status = refusal.approval === null ? 'denied' : 'needs-approval';
  const answers = turn.state.answers.map((answer) =>
    answer.askKey === ask.askKey
      ? ({
          ...answer,
          status,
          reasons: refusal.reasons,
          approval: refusal.approval,
          detail: 'the gate has answered',
          at,
        } as const)
      : answer,
  );
  return go(turn, { answers, ask: refusal.approval === null ? null : ask }, [
    record(turn.state, at, {
      type: `request.${status}`,
      trigger: `${ask.by.name} asked: ${ask.action}`,
      outcome: status,
      refs: { askKey: ask.askKey, approval: refusal.approval, reasons: reasonsAsJson(refusal.reasons) },
      by: ask.by,
    }),
  ]);
};
