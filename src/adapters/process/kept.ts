// Kept: whether a file of the state directory is what Sereno left there. A child runs as the same user and can put
// anything in the place of its log: a link to a file that others trust, or a pipe on which whoever opens it waits for ever.

import { lstatSync } from 'node:fs';

/** Null when nothing or a plain file of at most `bytesMax` stands at the path; otherwise why it is not touched. */
export const strangeness = (path: string, bytesMax = Number.POSITIVE_INFINITY): string | null => {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return null;
  if (stat.isSymbolicLink()) return `'${path}' is a link, and links are not followed here`;
  if (!stat.isFile()) return `'${path}' is not a plain file`;
  return stat.size > bytesMax ? `'${path}' is larger than ${bytesMax} bytes` : null;
};
