// Copies: a deployed configuration that is not as it was blessed, and a watch over it that looks away.

import { withCodex } from '../copies.ts';
import { ownGuard, type Mutant } from './exhibit.ts';
import { isTell, isTold, onDrift, onKind, withEffects } from './graft.ts';

const isNews = (kind: 'found' | 'escalate') => isTell(kind);

export const COPIES: readonly Mutant[] = [
  ownGuard(
    {
      name: 'drift in silence',
      missing: 'the watch over copies mends what it may and tells nobody of the rest',
      killers: ['drift-is-mended-or-told'],
    },
    {
      machine: onKind(
        'drift',
        withEffects((effect) => !isNews('found')(effect) && !isNews('escalate')(effect)),
      ),
      town: withCodex,
    },
  ),
  ownGuard(
    {
      name: 'any active version is good enough',
      missing: 'the watch over copies does not ask whether a version was blessed by its signatures',
      killers: ['only-blessed-written'],
    },
    {
      machine: onDrift(() => (drift, event, step) => {
        if (event.kind !== 'told' || !isTold(event, 'should-be')) return step(drift, event);
        const { message } = event;
        if (message.kind !== 'should-be' || message.active === null) return step(drift, event);
        return step(drift, { ...event, message: { ...message, active: { ...message.active, isBlessed: true } } });
      }),
      town: withCodex,
    },
  ),
];
