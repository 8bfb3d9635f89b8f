// The help sheet: the keys, and what the shapes mean.

import type { ReactNode } from 'react';
import type { HealthState } from '../live/wire.ts';
import { KEY_WORDS } from './keyboard.ts';
import { Shape } from './mark.tsx';
import { Sheet } from './sheet.tsx';

const MEANINGS: readonly (readonly [state: HealthState, means: string])[] = [
  ['healthy', 'every check passes'],
  ['degraded', 'it answers, but too slowly or not in full'],
  ['unknown', 'it could not be looked at, or not lately enough; never taken for healthy'],
  ['unhealthy', 'it does not do its work'],
];

export const Help = ({ onClose }: { readonly onClose: () => void }): ReactNode => (
  <Sheet title="Help" onClose={onClose}>
    <h3>Keys</h3>
    <dl className="keys">
      {KEY_WORDS.map(([key, what]) => (
        <div key={key}>
          <dt>
            {key.split('  ').map((one) => (
              <kbd key={one}>{one}</kbd>
            ))}
          </dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
    <h3>Shapes</h3>
    <dl className="meanings">
      {MEANINGS.map(([state, means]) => (
        <div key={state}>
          <dt>
            <Shape state={state} />
            <span className={`word is-${state}`}>{state}</span>
          </dt>
          <dd>{means}</dd>
        </div>
      ))}
    </dl>
    <h3>Strips</h3>
    <p>
      The last 60 looks, the newest at the right. A low bar is a good answer, and grows with its latency; a full bar is
      a bad one; a hatched one could not be looked at; a dotted gap means that nobody looked.
    </p>
  </Sheet>
);
