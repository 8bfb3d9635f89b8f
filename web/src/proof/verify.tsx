// The button that has the whole chain of evidence walked, and the answer beside it.

import { useState, type ReactNode } from 'react';
import { connectTo, type Outcome } from '#api/client.ts';
import { Shape } from '../frame/mark.tsx';
import { Text } from '../frame/text.tsx';
import { currentToken } from '../live/token.ts';
import type { Verification } from '../live/wire.ts';

/** A million records are walked in about ten seconds; a chain of years takes longer. */
const VERIFY_WITHIN_MS = 120_000;

type Verified =
  | { readonly kind: 'unasked' }
  | { readonly kind: 'asking' }
  | { readonly kind: 'answered'; readonly outcome: Outcome<Verification> };

const Answered = ({ outcome }: { readonly outcome: Outcome<Verification> }): ReactNode => {
  if (outcome.kind === 'unreachable')
    return (
      <>
        <Shape state="unknown" /> Not verified: <Text>{outcome.detail}</Text>
      </>
    );
  if (outcome.kind === 'refused')
    return (
      <>
        <Shape state="unknown" /> Not verified: <Text>{outcome.problems.map((it) => it.message).join('; ')}</Text>
      </>
    );
  const { isIntact, records, badSeq, detail } = outcome.value;
  return (
    <>
      <Shape state={isIntact ? 'healthy' : 'unhealthy'} />{' '}
      {isIntact ? `${records} records verified, none changed` : `Broken at #${badSeq ?? '?'}: `}
      {isIntact ? null : <Text>{detail}</Text>}
    </>
  );
};

export const VerifyButton = (): ReactNode => {
  const [verified, setVerified] = useState<Verified>({ kind: 'unasked' });
  const verify = (): void => {
    setVerified({ kind: 'asking' });
    void connectTo({ url: '', token: currentToken() })
      .read('verifyEvidence', { timeoutMs: VERIFY_WITHIN_MS })
      .then((outcome) => setVerified({ kind: 'answered', outcome }));
  };
  return (
    <>
      <button type="button" onClick={verify} disabled={verified.kind === 'asking'}>
        {verified.kind === 'asking' ? 'Verifying …' : 'Verify'}
      </button>
      <output className="verified">
        {verified.kind === 'answered' ? <Answered outcome={verified.outcome} /> : null}
      </output>
    </>
  );
};
