// All invariants, in the order in which they are asked. docs/simulator.md lists them by these names.

import type { Invariant } from '../witness.ts';
import { AUTHORITY } from './authority.ts';
import { HONESTY } from './honesty.ts';
import { LIVENESS } from './liveness.ts';
import { PRESENCE } from './presence.ts';
import { TOUCH } from './touch.ts';

export const INVARIANTS: readonly Invariant[] = [...AUTHORITY, ...TOUCH, ...HONESTY, ...PRESENCE, ...LIVENESS];
