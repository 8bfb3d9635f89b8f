// The fake passes the conformance suite of the codex's store.

import { codexContract } from '#ports/codex.contract.ts';
import { makeMedium, openMemoryCodex } from './codex.ts';

codexContract('memory', () => {
  const medium = makeMedium();
  return { open: (fold) => openMemoryCodex(medium, fold), close: () => undefined };
});
