// The token field: who you are, for this tab only.

import { useId, useState, type ReactNode } from 'react';
import { keepToken, useToken } from '../live/token.ts';

export const TokenField = ({ onKept }: { readonly onKept?: () => void }): ReactNode => {
  const kept = useToken();
  const [typed, setTyped] = useState('');
  const field = useId();
  const keep = (): void => {
    const token = typed.trim();
    if (token === '') return;
    keepToken(token);
    setTyped('');
    onKept?.();
  };
  return (
    <div className="token">
      <label htmlFor={field}>
        Token <span className="quiet">{kept === null ? '(none in this tab)' : '(one is kept in this tab)'}</span>
      </label>
      <div className="together">
        <input
          id={field}
          type="password"
          autoComplete="off"
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            keep();
          }}
        />
        <button type="button" onClick={keep} disabled={typed.trim() === ''}>
          Use it
        </button>
        {kept === null ? null : (
          <button type="button" onClick={() => keepToken(null)}>
            Forget
          </button>
        )}
      </div>
      <p className="quiet">
        <code>sereno token issue NAME --role operator</code> makes one. It is gone when this tab is closed.
      </p>
    </div>
  );
};
