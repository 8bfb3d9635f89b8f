// Discovers services in a compose file: published ports, healthchecks that can be asked from outside, dependencies.

import { parseDocument } from 'yaml';
import type { Json } from '#kernel/evidence.ts';
import { asName, type DiscoveredService, type Discovery, type NotUnderstood, NOTHING } from './discovered.ts';

type Fields = { readonly [key: string]: unknown };

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

type Published = { readonly host: string; readonly hostPort: number; readonly port: number };

/** Only what is certain: one TCP port of the host for one of the container. Ranges and random ports are not. */
const readPort = (entry: unknown): Published | null => {
  if (typeof entry === 'string') {
    const match = /^(?:(\d+\.\d+\.\d+\.\d+|\[[0-9a-fA-F:]+\]):)?(\d{1,5}):(\d{1,5})(?:\/tcp)?$/.exec(entry);
    return match === null ? null : publishedAt(match[1], Number(match[2]), Number(match[3]));
  }
  const { target, published, protocol, host_ip: host } = fieldsOf(entry);
  const hostPort = typeof published === 'string' ? Number(published) : published;
  const isTcp = protocol === undefined || protocol === 'tcp';
  if (!isTcp || typeof target !== 'number' || typeof hostPort !== 'number' || !Number.isInteger(hostPort)) return null;
  return publishedAt(typeof host === 'string' ? host : undefined, hostPort, target);
};

const publishedAt = (host: string | undefined, hostPort: number, port: number): Published | null => {
  const isAnywhere = host === undefined || host === '0.0.0.0' || host === '[::]' || host === '::';
  const isPort = hostPort >= 1 && hostPort <= 65_535;
  return isPort ? { host: isAnywhere ? '127.0.0.1' : host, hostPort, port } : null;
};

const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/;

type Timing = { readonly [key: string]: string | number };

/** Compose writes durations nearly as Sereno does; others (`10us`) are left to the default. */
const timingOf = (healthcheck: Fields): Timing => {
  const { interval, timeout, retries } = healthcheck;
  return {
    ...(typeof interval === 'string' && DURATION.test(interval) ? { every: interval } : {}),
    ...(typeof timeout === 'string' && DURATION.test(timeout) ? { timeout } : {}),
    ...(typeof retries === 'number' && retries >= 1 && retries <= 100 ? { fall: Math.round(retries) } : {}),
  };
};

/** The words of the test, without the wrapping that runs it; null for `NONE` and what is not a test. */
const testWords = (test: unknown): readonly string[] | null => {
  const words =
    typeof test === 'string' ? ['CMD-SHELL', test] : listOf(test).filter((word) => typeof word === 'string');
  if (words[0] === 'CMD') return words.slice(1);
  if (words[0] !== 'CMD-SHELL') return null;
  const line = (words[1] ?? '').replace(/ *\|\| *(?:exit 1|false)$/, '');
  return /[|&;<>$`()]/.test(line) ? null : line.split(/\s+/).map((word) => word.replaceAll(/^["']|["']$/g, ''));
};

const inside = /^(https?):\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?::(\d+))?(\/[^\s$]*)?$/;

/** Flags of curl and wget that do not change what is asked. */
const HARMLESS_FLAG =
  /^(?:-f|-s|-S|-fs|-sf|-fsS|-sS|-sSf|-q|-qO-|-O-|-O|-|--fail|--silent|--quiet|--spider|--no-verbose|-nv|-I|--tries=1|-o|\/dev\/null)$/;

const httpCheck = (words: readonly string[], ports: readonly Published[], timing: Timing): Json | null => {
  const address = words.slice(1).filter((word) => !HARMLESS_FLAG.test(word));
  const match = inside.exec(address.length === 1 ? (address[0] ?? '') : '');
  if (match === null) return null;
  const port = match[2] === undefined ? (match[1] === 'https' ? 443 : 80) : Number(match[2]);
  const published = ports.find((each) => each.port === port);
  if (published === undefined) return null;
  const url = `${match[1]}://${published.host}:${published.hostPort}${match[3] ?? '/'}`;
  return { http: url, ...timing };
};

/** The healthcheck as a check from outside, or null when it cannot be asked from there. */
const healthCheck = (healthcheck: Fields, ports: readonly Published[]): Json | null => {
  const words = testWords(healthcheck['test']);
  const timing = timingOf(healthcheck);
  const program = words?.[0];
  if (words === null || program === undefined) return null;
  if (program === 'curl' || program === 'wget') return httpCheck(words, ports, timing);
  const redis = ports.find((each) => each.port === 6_379);
  const isPing = program === 'redis-cli' && words.length === 2 && words[1]?.toLowerCase() === 'ping';
  if (!isPing || redis === undefined) return null;
  return { redis: `redis://${redis.host}:${redis.hostPort}`, ...timing };
};

type Reading = { readonly service: DiscoveredService | null; readonly notUnderstood: readonly NotUnderstood[] };

const readService = (name: string, value: unknown, file: string): Reading => {
  const fields = fieldsOf(value);
  const entries = listOf(fields['ports']);
  const ports = entries.map(readPort);
  const published = ports.filter((port) => port !== null);
  const unread = entries.filter((_, index) => ports[index] === null);
  const what = `${file}: service ${name}`;
  const unclear: NotUnderstood[] = unread.map((entry) => ({
    what: `${what}, port ${JSON.stringify(entry).slice(0, 60)}`,
    why: 'not one TCP port of this machine for one of the container',
  }));
  const healthcheck = fieldsOf(fields['healthcheck']);
  const isDeclared = healthcheck['test'] !== undefined && healthcheck['disable'] !== true;
  const health = isDeclared ? healthCheck(healthcheck, published) : null;
  if (isDeclared && health === null)
    unclear.push({ what: `${what}, healthcheck`, why: 'it can only be run inside the container' });
  const tcp = published.map((port): Json => ({ tcp: `${port.host}:${port.hostPort}` }));
  const checks = health === null ? tcp : [health];
  if (checks.length === 0) {
    const why = 'no published port and no healthcheck that can be asked from outside, so nothing can be checked';
    return { service: null, notUnderstood: [...unclear, { what, why }] };
  }
  const named = fields['container_name'];
  const container =
    typeof named === 'string' && named !== '' && !named.includes('$') && named.length <= TEXT_MAX ? named : null;
  const dependsOn = fields['depends_on'];
  const needs = Array.isArray(dependsOn) ? dependsOn : Object.keys(fieldsOf(dependsOn));
  return {
    service: {
      name: asName(name),
      origin: `${file}, service ${name}`,
      run: container === null ? null : { docker: { container } },
      checks,
      needs: needs.filter((need) => typeof need === 'string').map(asName),
      ports: published.map((port) => port.hostPort),
      notes: container === null ? ['no container_name in the compose file: add run: { docker: { container: … } }'] : [],
    },
    notUnderstood: unclear,
  };
};

/** The language takes texts up to this length. */
const TEXT_MAX = 10_000;

/** At most this many services of one file; a generated file may hold more than a person wants to read. */
const SERVICES_MAX = 500;

/** Reads a compose file. Never throws; a file that is not one is listed as not understood. */
export const discoverCompose = (text: string, file: string): Discovery => {
  let document: unknown;
  try {
    const parsed = parseDocument(text, { merge: true, uniqueKeys: false });
    document = parsed.errors.length > 0 ? null : parsed.toJS({ maxAliasCount: 100 });
  } catch {
    document = null;
  }
  if (!isFields(document) || !isFields(document['services']))
    return { ...NOTHING, notUnderstood: [{ what: file, why: 'not a compose file with services' }] };
  const readings = Object.entries(document['services'])
    .slice(0, SERVICES_MAX)
    .map(([name, value]) => readService(name, value, file));
  return {
    ...NOTHING,
    services: readings.flatMap((reading) => (reading.service === null ? [] : [reading.service])),
    notUnderstood: readings.flatMap((reading) => reading.notUnderstood),
  };
};
