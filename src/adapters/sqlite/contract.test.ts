// SQLite passes the conformance suite of the Store port.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { storeContract, type StoreUnderTest } from '#ports/store.contract.ts';
import { openStore } from './store.ts';

const open = (directory: string): StoreUnderTest => {
  const opening = openStore({ directory });
  if (opening.kind === 'refused') throw new Error(opening.problem.message);
  const { store } = opening;
  return {
    store,
    reopen: () => {
      store.close();
      return open(directory);
    },
    close: () => {
      store.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
};

storeContract('sqlite', () => open(mkdtempSync(join(tmpdir(), 'sereno-store-'))));
