// A verdict in words: what the gate says, with every reason, exactly as it came.

import type { ReactNode } from 'react';
import type { Outcome } from '#api/client.ts';
import { reasonSentence } from '#api/sentence.ts';
import { Text } from '../frame/text.tsx';
import type { Answer, HealthState, Reason } from '../live/wire.ts';
import { Shape } from '../frame/mark.tsx';

export type Kind = 'allowed' | 'needs-approval' | 'denied' | 'unauthorized' | 'refused' | 'unreachable' | 'failed';

const KIND_OF: Readonly<Record<Answer['status'], Kind>> = {
  pending: 'allowed',
  accepted: 'allowed',
  completed: 'allowed',
  denied: 'denied',
  'needs-approval': 'needs-approval',
  failed: 'failed',
};

export const kindOf = (outcome: Outcome<Answer>): Kind => {
  if (outcome.kind === 'unreachable') return 'unreachable';
  if (outcome.kind === 'ok') return KIND_OF[outcome.value.status];
  if (outcome.answer !== null) return KIND_OF[outcome.answer.status];
  return outcome.status === 401 || outcome.status === 403 ? 'unauthorized' : 'refused';
};

const LOOKS: Readonly<Record<Kind, { readonly state: HealthState; readonly asked: string; readonly done: string }>> = {
  allowed: { state: 'healthy', asked: 'The gate allows it', done: 'Accepted' },
  'needs-approval': { state: 'degraded', asked: 'Another person must agree first', done: 'It waits for approval' },
  denied: { state: 'unhealthy', asked: 'The gate says no', done: 'The gate said no; nothing was changed' },
  unauthorized: { state: 'unknown', asked: 'You may not ask for this', done: 'You may not ask for this' },
  refused: { state: 'unhealthy', asked: 'It was refused', done: 'It was refused; nothing was changed' },
  failed: { state: 'unhealthy', asked: 'It would fail', done: 'It failed' },
  unreachable: {
    state: 'unknown',
    asked: 'Sereno does not answer',
    done: 'No answer came. It is not known whether it was done',
  },
};

export const Reasons = ({ reasons }: { readonly reasons: readonly Reason[] }): ReactNode =>
  reasons.length === 0 ? null : (
    <ul className="reasons">
      {reasons.map((reason, index) => (
        <li key={index}>
          <Text>{reasonSentence(reason)}</Text>
        </li>
      ))}
    </ul>
  );

const Why = ({ outcome }: { readonly outcome: Outcome<Answer> }): ReactNode => {
  if (outcome.kind === 'unreachable') return <Text>{outcome.detail}</Text>;
  const answer = outcome.kind === 'ok' ? outcome.value : outcome.answer;
  if (answer === null && outcome.kind === 'refused')
    return outcome.problems.map((problem) => (
      <p key={problem.code}>
        <Text>{problem.message}</Text>
        {problem.mend === null ? null : <Text className="mend">{problem.mend}</Text>}
      </p>
    ));
  return (
    <>
      {answer === null || answer.detail === '' ? null : (
        <p>
          <Text>{answer.detail}</Text>
        </p>
      )}
      <Reasons reasons={answer?.reasons ?? []} />
      {answer === null || answer.approval === null ? null : (
        <p>
          Approval <Text className="code">{answer.approval}</Text>
        </p>
      )}
    </>
  );
};

/** `isDone` tells a dry run from the real thing. */
export const Verdict = (props: {
  readonly outcome: Outcome<Answer>;
  readonly isDone: boolean;
  readonly isOver: boolean;
}): ReactNode => {
  const kind = kindOf(props.outcome);
  const look = LOOKS[kind];
  const isCompleted = props.outcome.kind === 'ok' && props.outcome.value.status === 'completed';
  const done = isCompleted ? 'Completed' : look.done;
  return (
    <div className={`verdict is-${look.state}`} data-verdict={kind}>
      <h3>
        <Shape state={look.state} />
        {props.isDone ? done : look.asked}
        {props.isDone && !props.isOver ? '; waiting for the outcome …' : ''}
      </h3>
      <Why outcome={props.outcome} />
    </div>
  );
};
