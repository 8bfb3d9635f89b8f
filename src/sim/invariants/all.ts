// All invariants, in the order in which they are asked. docs/simulator.md lists them by these names.

import type { Invariant } from '../witness.ts';
import { AUTHORITY } from './authority.ts';
import { CONSENT } from './consent.ts';
import { DRIFT } from './drift.ts';
import { HONESTY } from './honesty.ts';
import { LIVENESS } from './liveness.ts';
import { ORDER } from './order.ts';
import { PATIENCE } from './patience.ts';
import { PRESENCE } from './presence.ts';
import { TARGETS } from './targets.ts';
import { TIDINGS } from './tidings.ts';
import { TOUCH } from './touch.ts';

export const INVARIANTS: readonly Invariant[] = [
  ...AUTHORITY,
  ...CONSENT,
  ...TOUCH,
  ...ORDER,
  ...PATIENCE,
  ...HONESTY,
  ...PRESENCE,
  ...TIDINGS,
  ...TARGETS,
  ...DRIFT,
  ...LIVENESS,
];
