// Certificates: those that must be believed and those that must not, made with openssl for the test.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { expectSeen, look, portOf, realClock, startPeer } from '#ports/sensor.contract.ts';
import { makeHttpProber } from './prober.ts';

type Pair = { readonly key: string; readonly cert: string };

const folder = mkdtempSync(join(tmpdir(), 'sereno-certificates-'));
test.after(() => rmSync(folder, { recursive: true }));

const openssl = (...words: readonly string[]): void => {
  execFileSync('openssl', words, { cwd: folder, stdio: 'pipe' });
};

const read = (name: string): Pair => ({
  key: readFileSync(join(folder, `${name}.key`), 'utf8'),
  cert: readFileSync(join(folder, `${name}.crt`), 'utf8'),
});

const makeKey = (name: string): void =>
  openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', `${name}.key`);

const makeAuthority = (): Pair => {
  makeKey('authority');
  openssl(
    'req',
    '-x509',
    '-key',
    'authority.key',
    '-subj',
    '/CN=Test Authority',
    '-days',
    '30',
    '-out',
    'authority.crt',
  );
  return read('authority');
};

/** A certificate by the authority; the days are given as openssl's ca(1) wants them, so that it can lie in the past. */
const issue = (name: string, alternative: string, from: string, to: string): Pair => {
  makeKey(name);
  openssl('req', '-new', '-key', `${name}.key`, '-subj', `/CN=${name}`, '-out', `${name}.csr`);
  writeFileSync(join(folder, 'index.txt'), '');
  writeFileSync(join(folder, 'serial'), '1000\n');
  writeFileSync(join(folder, 'ca.cnf'), CA_CONFIG);
  writeFileSync(join(folder, 'ext.cnf'), `subjectAltName=${alternative}\n`);
  const dates = ['-startdate', from, '-enddate', to];
  openssl(
    'ca',
    '-batch',
    '-config',
    'ca.cnf',
    '-in',
    `${name}.csr`,
    '-out',
    `${name}.crt`,
    '-extfile',
    'ext.cnf',
    '-notext',
    ...dates,
  );
  return read(name);
};

const CA_CONFIG = `[ca]
default_ca = here
[here]
database = index.txt
new_certs_dir = .
serial = serial
certificate = authority.crt
private_key = authority.key
default_md = sha256
policy = any
[any]
commonName = supplied
`;

const hasOpenssl = (): boolean => {
  try {
    openssl('version');
    return true;
  } catch {
    return false;
  }
};

const PAST = '20200101000000Z';
const PAST_END = '20200201000000Z';
const FUTURE = '20700101000000Z';
const FUTURE_END = '20700201000000Z';

const skip = hasOpenssl() ? false : 'openssl is not installed: certificates cannot be made';

test('certificates are believed only when they should be', { skip }, async () => {
  const authority = makeAuthority();
  makeKey('selfmade');
  openssl(
    'req',
    '-x509',
    '-key',
    'selfmade.key',
    '-subj',
    '/CN=127.0.0.1',
    '-addext',
    'subjectAltName=IP:127.0.0.1',
    '-days',
    '30',
    '-out',
    'selfmade.crt',
  );
  const prober = makeHttpProber(realClock, [authority.cert]);
  const check = async (pair: Pair, expected: string, message: RegExp, host = '127.0.0.1'): Promise<void> => {
    const server = createServer(pair, (_request, response) => response.end('well'));
    await new Promise<void>((resolve) => server.listen(0, host, resolve));
    const url = `https://${host}:${portOf(server.address())}/`;
    const seen = await look(prober, { kind: 'http', url, method: 'GET', headers: {}, expect: { status: [200] } });
    expectSeen(seen, expected, message);
    if (seen.state === 'healthy') assert.notEqual(seen.phases?.tlsMs, null);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const here = 'IP:127.0.0.1,DNS:localhost';
  await check(issue('good', here, PAST, FUTURE_END), 'healthy none', /answered 200/);
  await check(read('good'), 'healthy none', /answered 200/, 'localhost');
  await check(issue('expired', here, PAST, PAST_END), 'unhealthy wrong-answer', /has expired/);
  await check(issue('early', here, FUTURE, FUTURE_END), 'unhealthy wrong-answer', /not valid yet/);
  await check(issue('other', 'DNS:other.example', PAST, FUTURE_END), 'unhealthy wrong-answer', /for another name/);
  await check(read('selfmade'), 'unhealthy wrong-answer', /self-signed/);
});

test('a far side that accepts and never shakes hands is a timeout that says so', async () => {
  const peer = await startPeer((socket) => socket.resume());
  const url = `https://127.0.0.1:${peer.port}/`;
  const question = { kind: 'http', url, method: 'GET', headers: {}, expect: { status: [200] } } as const;
  expectSeen(
    await look(makeHttpProber(realClock), question, { timeoutMs: 200 }),
    'unhealthy timeout',
    /no TLS handshake/,
  );
  await peer.close();
});

test('a far side without TLS is told as that', async () => {
  const peer = await startPeer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  const url = `https://127.0.0.1:${peer.port}/`;
  const question = { kind: 'http', url, method: 'GET', headers: {}, expect: { status: [200] } } as const;
  expectSeen(await look(makeHttpProber(realClock), question), 'unhealthy wrong-answer', /TLS/);
  await peer.close();
});
