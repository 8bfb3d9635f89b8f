// Targets that read: the configuration, what `init` discovers, values in answers, files of the state directory.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { readBirth } from '#adapters/process/birth.ts';
import { tailLog } from '#adapters/process/logs.ts';
import { wrongBody } from '#adapters/http/expectation.ts';
import { Framing } from '#adapters/postgres/framing.ts';
import { connect } from '#cli/connection.ts';
import { describeSite, sayDescription } from '#config/describe.ts';
import { discoverCompose } from '#config/discoverCompose.ts';
import { discoverCrontab } from '#config/discoverCrontab.ts';
import { discoverPackage, discoverSystemd, readPm2 } from '#config/discoverUnits.ts';
import { memoryFiles } from '#config/files.ts';
import { readSite } from '#config/readSite.ts';
import { effectKey, machineId, serviceId } from '#kernel/id.ts';
import { sayProblem } from '#kernel/problem.ts';
import { durationMs, instant } from '#kernel/time.ts';
import { openLedger } from '#ports/ledger.ts';
import { listTokens } from '#server/tokens.ts';
import { DRAWS, type Target } from './target.ts';

const EXAMPLE = readFileSync(join(import.meta.dirname, '..', '..', 'examples', 'sereno.yaml'), 'utf8');
const SECRET = 'Zq7-never-shown-x9';
const ENV = { A: `https://u:${SECRET}@h/`, B: SECRET };
const NOW = instant(Date.UTC(2026, 10, 21));
/** Cuts an input into the main file, an included file and a file of golden cases. */
const CUT = '\n8<\n';

const closing = { close: () => Promise.resolve() };

const readWell = (text: string | Uint8Array, include = '', cases = ''): string | null => {
  const files = memoryFiles({ 's.yaml': text, 'sereno.d/a.yaml': include, 'c.json': cases });
  const reading = readSite({ file: 's.yaml', env: ENV, now: NOW, files });
  if ((reading.site === null) !== reading.problems.length > 0) return 'a site and problems, or neither';
  const said = [...reading.problems, ...reading.warnings].map(sayProblem).join('\n');
  if (said.includes(SECRET)) return 'a secret was said';
  if (reading.site === null) return null;
  const description = describeSite(reading.site, reading.warnings);
  return sayDescription(description).includes(SECRET) ? 'a secret was described' : null;
};

/** Paragraphs of the example: a whole one takes ten times as long as one that holds a single section. */
const sections = (): readonly Buffer[] =>
  EXAMPLE.split(/\n(?=[a-z_]+:)/)
    .filter((part) => /^[a-z_]+:/.test(part) && !/^(sereno|site):/.test(part))
    .map((part) => Buffer.from(`sereno: 1\nsite: x\n${part}\n`));

const configuration: Target = {
  name: 'config',
  share: 20,
  seeds: () => [
    ...sections(),
    Buffer.from(`sereno: 1\nsite: x${CUT}services: { api: { checks: [ { http: "\${env:A}" } ] } }${CUT}[]`),
    Buffer.from(
      `sereno: 1\nsite: x\nservices: { u: { checks: [ { golden: { url: "http://h/", cases: c.json } } ] } }${CUT}${CUT}[{"input":{"a":[1]},"expect":{"$near":1,"within":0.5}}]`,
    ),
    Buffer.from('sereno: 1\nsite: x\npeople: &a { ada: { roles: [admin] } }\nservices: { a: *a, b: { needs: [b] } }'),
  ],
  words: [
    '*a',
    '&a ',
    '!!set',
    '.nan',
    '${env:A}',
    '${env:NONE}',
    '${file:x}',
    '__proto__',
    ': ',
    '- ',
    '{',
    '[',
    '\t',
  ],
  open: async () => ({
    ...closing,
    attempt: (input) => {
      const [main, include, cases] = input.toString('utf8').split(CUT);
      return include === undefined ? readWell(input) : readWell(main ?? '', include, cases ?? '');
    },
  }),
};

/** Where one value stands in an otherwise right file. */
const PLACES: readonly ((value: string) => string)[] = [
  (value) => `timezone: ${value}`,
  (value) => `services: { a: { checks: [ { http: "http://h/", every: ${value} } ] } }`,
  (value) => `services: { a: { checks: [ { http: ${value} } ] } }`,
  (value) => `services: { a: { checks: [ { tcp: ${value} } ] } }`,
  (value) => `services: { a: { checks: [ { postgres: ${value} } ] } }`,
  (value) => `services: { a: { checks: [ { http: "http://h/", expect: { json: { ${value}: 1 } } } ] } }`,
  (value) => `services: { a: { needs: [${value}], restart: { budget: ${value} } } }`,
  (value) => `services: { ${value}: { targets: { availability: ${value} } } }`,
  (value) => `policy: { freeze: [ { from: ${value}, to: ${value} } ], approval: [ { when: ${value}, from: admin } ] }`,
  (value) => `policy: { never: [ ${value} ] }`,
  (value) => `notify: { c: { webhook: ${value} } }`,
];

const values: Target = {
  name: 'values',
  share: 100,
  seeds: () =>
    [
      '1h30m',
      'Europe/Berlin',
      'http://u:p@h:1/x?y',
      '127.0.0.1:80',
      'redis://h',
      '$..a[?@.b==1]',
      '3 per 1h',
      '99.9% over 30d',
    ]
      .concat([
        '2026-12-24T18:00:00+01:00',
        'traffic > 25%',
        '${env:B}',
        'restart db',
        '[::1]:6379',
        '12.5%',
        'postgres://u:p@h/d',
      ])
      .flatMap((text, index) => [
        Buffer.from(`${index % PLACES.length}${text}`),
        Buffer.from(`${(index + 3) % 10}${text}`),
      ]),
  words: ['ms', ' per ', ' over ', '://', '@', ':', '%', '${env:', '}', 'T', '+', '..'],
  open: async () => ({
    ...closing,
    attempt: (input) => {
      const place = PLACES[(input[0] ?? 0) % PLACES.length] ?? String;
      return readWell(`sereno: 1\nsite: x\n${place(JSON.stringify(input.subarray(1).toString('utf8')))}\n`);
    },
  }),
};

const discovery: Target = {
  name: 'discovery',
  share: 60,
  seeds: () => [
    Buffer.from(
      '0services:\n  web:\n    image: nginx:1\n    ports: ["8080:80"]\n    depends_on: [db]\n  db: { image: postgres }\n',
    ),
    Buffer.from('1*/5 * * * * root /usr/bin/backup --to "x" >> /var/log/b 2>&1\n@daily x\nMAILTO=a@b\n'),
    Buffer.from('2[{"unit":"ssh.service","load":"loaded","active":"active","sub":"running","description":"OpenSSH"}]'),
    Buffer.from('3[{"name":"api","pid":12,"pm2_env":{"status":"online","pm_exec_path":"/x/y.js","args":["a"]}}]'),
    Buffer.from('4{"name":"x","scripts":{"start":"node a.js","dev":"vite"}}'),
  ],
  words: ['services:', 'ports:', '@reboot', '%', '"', 'depends_on: '],
  open: async () => ({
    ...closing,
    attempt: (input) => {
      const text = input.subarray(1).toString('utf8');
      const readers = [
        () => discoverCompose(text, 'c.yaml'),
        () => discoverCrontab(text, 'crontab'),
        () => discoverSystemd(text),
        () => readPm2(text, 'pm2'),
        () => discoverPackage(text, 'package.json'),
      ];
      readers[(input[0] ?? 0) % readers.length]?.();
      return null;
    },
  }),
};

const answers: Target = {
  name: 'answers',
  share: 200,
  seeds: () => [
    ...['$.a', '$..a', '$..a..b', '$[?@.a==1]', "$[?match(@.a,'(a+)+')]", '$[0:9:2]', '$["a"].b', '$.*'].map((path) =>
      Buffer.from(`${path}\n{"a":1,"b":[{"a":"aaaaaaaaaaaa"},{"a":{"b":{"a":{"b":null}}}}]}`),
    ),
    ...fc.sample(fc.json(), { seed: 3, numRuns: 40 }).map((json) => Buffer.from(`$..*\n${json}`)),
  ],
  words: ['..', '[?', '@', '$', '*', ']', 'search(', '(a|a)*', '[', '{"a":', '\\u0000'],
  open: async () => ({
    ...closing,
    attempt: (input) => {
      const end = Math.max(0, input.indexOf(0x0a));
      const path = input.subarray(0, end).toString('utf8');
      const said = wrongBody({ status: [200], contains: 'a', json: { [path]: 1 } }, input.subarray(end));
      if (said === null) return null;
      return said.length < 1_000 && !DRAWS.test(said) ? null : `it said ${JSON.stringify(said)}`;
    },
  }),
};

const framing: Target = {
  name: 'framing',
  share: 190,
  seeds: () => [
    Buffer.from('R\0\0\0\u0008\0\0\0\0S\0\0\0\u0009a\0bc\0Z\0\0\0\u0005I', 'latin1'),
    Buffer.from('E\0\0\0\u0010SERROR\0Cx\0\0\0N\0\0\0\u0008Sa\0\0', 'latin1'),
    Buffer.from('T\0\0\0\u0006\0\0D\0\0\0\u0006\0\0C\0\0\0\u0009SELE\0', 'latin1'),
  ],
  words: ['E\0\0\0', 'N', '\0\0', '\xff\xff\xff\xff'],
  open: async () => ({
    ...closing,
    attempt: (input) => {
      const isWhole = new Framing().take(input);
      const cut = new Framing();
      let isCut = true;
      for (let at = 0; at < input.length; at += 3) isCut = cut.take(input.subarray(at, at + 3));
      return input.length === 0 || isWhole === isCut ? null : 'it depends on how the bytes are cut';
    },
  }),
};

const OPERATION = { action: 'restart', subject: serviceId('api'), epoch: 7, timeoutMs: durationMs(1_000) } as const;

const ledger: Target = {
  name: 'ledger',
  share: 240,
  seeds: () =>
    [
      '{"kind":"epoch","epoch":3}\n{"kind":"intent","key":"watch:api#1.0","epoch":4}\n',
      '{"kind":"intent","key":"watch:api#9.0","epoch":4}\n{"kind":"outcome","key":"watch:api#9.0","outcome":{"kind":"applied","detail":"x","pid":4}}\n',
      '{"kind":"outcome","key":"k","outcome":{"kind":"failed","detail":"y"}}\n'.repeat(20),
    ].map((text) => Buffer.from(text)),
  words: [
    '"epoch":1e999',
    '"kind":"outcome"',
    '"outcome":null',
    '"detail":{}',
    '\n',
    '{"kind":"intent","key":"k","epoch":1}\n',
  ],
  open: async () => ({
    ...closing,
    attempt: (input) => {
      let lines: readonly string[] = input.toString('utf8').split('\n');
      const file = {
        read: () => lines,
        append: (line: string) => {
          lines = [...lines, line];
          return null;
        },
        replace: (kept: readonly string[]) => {
          lines = kept;
          return null;
        },
      };
      const key = effectKey(machineId('watch', 'api'), 9, 0);
      const first = openLedger(file);
      const admission = first.admit(key, OPERATION);
      if ('outcome' in admission)
        return typeof admission.outcome.detail === 'string' ? null : 'a detail that is no text';
      first.settle(key, { kind: 'failed', detail: 'fuzz' });
      const again = openLedger(file).admit(key, OPERATION);
      return again.kind === 'ended' && again.outcome.detail === 'fuzz' ? null : `forgotten: ${JSON.stringify(again)}`;
    },
  }),
};

const TOKENS = `{"format":1,"tokens":[{"id":"a","person":"p","kind":"person","roles":["admin"],"sha256":"${'0'.repeat(64)}","createdAt":1,"expiresAt":null}]}`;

const state: Target = {
  name: 'state',
  share: 40,
  seeds: () =>
    [
      'http://127.0.0.1:7373\n',
      `sereno_${'x'.repeat(43)}\n`,
      TOKENS,
      '{"token":"t","pid":4,"startTicks":9,"bootId":"b","files":[{"path":"/x","sizeBytes":1}],"epoch":1,"key":"k","digest":"d","startedAt":1}\n{"token":"t","pid":5,"startTicks":2}\n',
      'a line\nanother \u001b[2J line\n',
    ].map((text) => Buffer.from(text)),
  words: ['http://', 'file:///etc/passwd', 'null', '"files":null', '"pid":-1'],
  open: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sereno-fuzz-'));
    mkdirSync(folder, { recursive: true });
    const path = (name: string): string => join(folder, name);
    const settings = { configFile: '', stateDirectory: folder, url: null, token: null, format: 'table' } as const;
    return {
      close: async () => rmSync(folder, { recursive: true }),
      attempt: (input) => {
        for (const name of ['address', 'token', 'tokens.json']) writeFileSync(path(name), input, { mode: 0o600 });
        readBirth(path('address'));
        listTokens(path('tokens.json'));
        if ((tailLog(path('token')) ?? []).some((line) => line.length > 2_100)) return 'a line of the log is too long';
        const connection = connect({ ...settings, isDryRun: false, isYes: false });
        return connection.kind === 'none' || connection.url.toLowerCase().startsWith('http://') ? null : connection.url;
      },
    };
  },
};

export const READING: readonly Target[] = [configuration, values, discovery, answers, framing, ledger, state];
