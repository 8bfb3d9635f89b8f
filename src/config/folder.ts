// Folders: paths of the configuration are meant from where its file lies.

import { dirname, isAbsolute, join } from 'node:path';
import type { Decoding } from './decoding.ts';

/** A path as a whole one. A reference (`${env:…}`) stays as it is: what it stands for is not known here. */
export const fromFolder = (decoding: Pick<Decoding, 'keyring'>, path: string): string =>
  isAbsolute(path) || path.includes('${') ? path : join(dirname(decoding.keyring.file), path);
