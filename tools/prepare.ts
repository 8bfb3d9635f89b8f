// Prepare: what npm runs after an installation in a checkout. It builds, so that `npx sereno` starts fast at once.

import { existsSync } from 'node:fs';

if (existsSync('src/cli/main.ts')) await import('./build.ts');
