// Liquid as the codex has it passes the suite of template engines; here are the parts that only it has.

import { templatesContract } from '#ports/templates.contract.ts';
import { makeLiquid } from './templates.ts';

templatesContract('liquid', makeLiquid);
