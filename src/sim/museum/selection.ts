// Selection: a set that has suddenly become everything, or nothing.

import { exhibit, type Mutant } from './exhibit.ts';
import { bentGate, onGate } from './graft.ts';
import { MORTAL } from './seasons.ts';

/** In some starts the configuration that is read is three times as long, in some it is empty. */
const strangeSelection = onGate(() => (gate, event, step) => {
  if (event.kind !== 'booted' || gate.serviceCount === 0) return step(gate, event);
  const luck = Math.floor(event.at / 1_000) % 4;
  const services = luck === 0 ? 0 : luck === 1 ? event.boot.services * 3 : event.boot.services;
  return step(gate, { ...event, boot: { ...event.boot, services } });
});

export const SELECTION: readonly Mutant[] = [
  exhibit(
    {
      name: 'everything is selected',
      missing: 'the gate acts upon a selection that is suddenly empty or far too large',
      killers: ['meant'],
    },
    {
      name: 'Google Diskerase',
      happened:
        'The set of machines that were still to be erased was empty, the empty set meant "everything", and all disks of the CDN were wiped.',
      link: 'https://sre.google/sre-book/automation-at-google/',
    },
    {
      machine: bentGate((gate) => ({ ...gate, selection: null })),
      mishap: strangeSelection,
      unasked: { settles: 'nobody in this town confirms a selection, so the watchman rightly waits for ever' },
      faults: MORTAL,
    },
  ),
];
