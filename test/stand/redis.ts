// Redis stand: a private redis-server for a test.

import { freePort } from './port.ts';
import { startServer, temporaryFolder, type Stand } from './server.ts';

/**
 * Starts redis-server on a free port of loopback, with nothing saved to disk. `settings` are added as options:
 * `startRedis({ requirepass: 'secret' })`.
 */
export const startRedis = async (settings: Readonly<Record<string, string>> = {}): Promise<Stand> => {
  const port = await freePort();
  const folder = temporaryFolder('redis');
  const all = { port: String(port), bind: '127.0.0.1', save: '', appendonly: 'no', dir: folder, ...settings };
  const options = Object.entries(all).flatMap(([name, value]) => [`--${name}`, value]);
  const argv = ['redis-server', ...options];
  return startServer({ argv, ready: 'Ready to accept connections', url: `redis://127.0.0.1:${port}`, port, folder });
};
