// The files on disk pass the conformance suite of the codex's store.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codexContract } from '#ports/codex.contract.ts';
import { openCodex } from './store.ts';

codexContract('files', () => {
  const parent = mkdtempSync(join(tmpdir(), 'sereno-codex-'));
  return {
    open: (fold) => openCodex({ directory: join(parent, 'codex'), fold }),
    close: () => rmSync(parent, { recursive: true }),
  };
});
