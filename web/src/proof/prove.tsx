// The button that fetches the proof of one record and saves it as the file that `sereno evidence verify --proof` reads.

import { useState, type ReactNode } from 'react';
import { connectTo } from '#api/client.ts';
import { Text } from '../frame/text.tsx';
import { currentToken } from '../live/token.ts';

/** Saves text under a name, as a click on a link to it would. */
const save = (name: string, text: string): void => {
  const address = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
};

export const ProveButton = ({ seq }: { readonly seq: number }): ReactNode => {
  const [trouble, setTrouble] = useState('');
  const prove = (): void => {
    void connectTo({ url: '', token: currentToken() })
      .read('proof', { path: { seq: String(seq) } })
      .then((outcome) => {
        if (outcome.kind === 'ok') {
          const { proof, record } = outcome.value;
          save(`record-${seq}.proof`, `${JSON.stringify(proof)}\n${record}\n`);
        }
        if (outcome.kind === 'refused') setTrouble(outcome.problems.map((it) => it.message).join('; '));
        else setTrouble(outcome.kind === 'ok' ? '' : outcome.detail);
      });
  };
  return (
    <p className="quiet">
      <button type="button" onClick={prove}>
        Save proof
      </button>{' '}
      <output>
        <Text>{trouble}</Text>
      </output>
    </p>
  );
};
