// Scraper stand: a real Prometheus that scrapes one address and evaluates a file of rules.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './port.ts';
import { startServer, temporaryFolder, type Stand } from './server.ts';

/** Starts Prometheus on a free port. `address` is host and port of what is scraped, each second, as the job `sereno`. */
export const startScraper = async (address: string, rules: string): Promise<Stand> => {
  const port = await freePort();
  const folder = temporaryFolder('scraper');
  const config = join(folder, 'prometheus.yml');
  const scrape = { job_name: 'sereno', scrape_interval: '1s', static_configs: [{ targets: [address] }] };
  writeFileSync(config, JSON.stringify({ rule_files: [rules], scrape_configs: [scrape] }));
  const argv = [
    'prometheus',
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  return startServer({ argv, ready: 'ready to receive', url: `http://127.0.0.1:${port}`, port, folder });
};
