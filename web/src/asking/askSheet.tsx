// The dialog for a wish: what would happen, the gate's verdict with its reasons, a place for the why, and one button.

import { useId, useState, type ReactNode } from 'react';
import { WHY_LENGTH_MAX } from '#api/ask.ts';
import { Sheet } from '../frame/sheet.tsx';
import { Text } from '../frame/text.tsx';
import { useAsking, type Stage } from './asking.ts';
import { TokenField } from './tokenField.tsx';
import { kindOf, Verdict, type Kind } from './verdict.tsx';
import type { Wish } from './wish.ts';

const Found = ({ stage }: { readonly stage: Stage }): ReactNode => {
  if (stage.kind === 'looking') return <p className="quiet">Asking the gate, without changing anything …</p>;
  if (stage.kind === 'sending') return <p className="quiet">Asking …</p>;
  const isDone = stage.kind === 'sent';
  return (
    <>
      <Verdict outcome={stage.outcome} isDone={isDone} isOver={stage.kind !== 'sent' || stage.isOver} />
      {kindOf(stage.outcome) === 'unauthorized' ? <TokenField /> : null}
    </>
  );
};

/** Nothing was decided yet: the same request may be repeated, under the same key. */
const ASKED_AGAIN: ReadonlySet<Kind> = new Set(['unreachable', 'unauthorized', 'refused']);

/** The word on the one button; null: there is nothing to press. */
const offerOf = (stage: Stage, verb: string): string | null => {
  if (stage.kind === 'looking' || stage.kind === 'sending') return null;
  const kind = kindOf(stage.outcome);
  if (stage.kind === 'sent') return ASKED_AGAIN.has(kind) ? 'Ask again' : null;
  if (kind === 'allowed') return verb;
  return kind === 'needs-approval' ? 'Ask for approval' : null;
};

const canLookAgain = (stage: Stage): boolean =>
  stage.kind === 'looked' && kindOf(stage.outcome) !== 'allowed' && kindOf(stage.outcome) !== 'needs-approval';

type Props = { readonly wish: Wish; readonly onClose: () => void };

export const AskSheet = ({ wish, onClose }: Props): ReactNode => {
  const { stage, lookAgain, send } = useAsking(wish);
  const [why, setWhy] = useState('');
  const field = useId();
  const offer = offerOf(stage, wish.verb);
  const isOver = stage.kind === 'sent' && offer === null;
  return (
    <Sheet title={wish.title} onClose={onClose}>
      <form
        className="asking"
        onSubmit={(event) => {
          event.preventDefault();
          if (offer !== null) send(why);
        }}
      >
        <p>
          <Text>{wish.says}</Text>
        </p>
        <div aria-live="polite">
          <Found stage={stage} />
        </div>
        {isOver ? null : (
          <label htmlFor={field}>
            Why <span className="quiet">(kept in the evidence)</span>
            <input
              id={field}
              value={why}
              maxLength={WHY_LENGTH_MAX}
              autoComplete="off"
              onChange={(event) => setWhy(event.target.value)}
            />
          </label>
        )}
        <div className="choices">
          <button type="button" onClick={onClose}>
            {isOver ? 'Close' : 'Cancel'}
          </button>
          {canLookAgain(stage) ? (
            <button type="button" onClick={lookAgain}>
              Look again
            </button>
          ) : null}
          {isOver ? null : (
            <button type="submit" className="main" disabled={offer === null}>
              {offer ?? wish.verb}
            </button>
          )}
        </div>
      </form>
    </Sheet>
  );
};
