// The duels there are, in the order of the scoreboard. One file a duel; a new one is one line here.

import { d1 } from './d1.ts';
import { d2 } from './d2.ts';
import { d3 } from './d3.ts';
import { d4 } from './d4.ts';
import { d5 } from './d5.ts';
import { d6 } from './d6.ts';
import { d7 } from './d7.ts';
import { d10 } from './d10.ts';
import { d11 } from './d11.ts';
import { d12 } from './d12.ts';
import { probes } from './probes.ts';
import type { Duel } from './duel.ts';

export const DUELS: readonly Duel[] = [d1, d2, d3, d4, d5, d6, d7, d10, d11, d12, probes];
