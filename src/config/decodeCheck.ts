// Decodes checks: every short and long form into the one Check that probers know, with all defaults filled in.

import type { Json } from '#kernel/evidence.ts';
import type { Check, GoldenCase, HttpExpectation, Probe } from '#kernel/check.ts';
import { checkId, type ServiceId } from '#kernel/id.ts';
import { problem } from '#kernel/problem.ts';
import { durationMs, seconds, type DurationMs } from '#kernel/time.ts';
import { declare, missingBelow, whyMissing, type Decoding } from './decoding.ts';
import type { Path } from './document.ts';
import { about, valueAt } from './finding.ts';
import { fromFolder } from './folder.ts';
import { CHECK_KINDS, GOLDEN_CASES, INACTIVE_CHECKS, type CheckText, type ExpectText } from './grammarCheck.ts';
import { issuesProblems } from './issue.ts';

/** Every 5 s while all is well: three failures are then believed within 15 s. */
const EVERY_DEFAULT = seconds(5);
/** An adaptive check never waits longer than a minute: what is older than that is not news. */
const SLOWEST_MAX = seconds(60);
/** An adaptive check slows down to six times its interval, unless its interval was declared. */
const SLOWEST_TIMES = 6;
const TIMEOUT_DEFAULT = seconds(1);
const RISE_DEFAULT = 2;
const FALL_DEFAULT = 3;
const RETRIES_DEFAULT = 0;
const STATUS_DEFAULT = [200];
const QUERY_DEFAULT = 'select 1';
/** The promise of a processing unit: each known case within 10 ms, in chunks of 100. */
const GOLDEN_BUDGET_DEFAULT = durationMs(10);
const GOLDEN_CHUNK_DEFAULT = 100;
/** A file of golden cases; 10,000 cases of some hundred bytes. */
const CASES_BYTES_MAX = 16_777_216;

/** After so many mistakes in one file of cases the rest is the same mistake. */
const CASE_PROBLEMS_MAX = 20;

const asJson = (parsed: unknown): Json => parsed as Json; // decoder: JSON.parse gives JSON

type Parts = { readonly kind: string; readonly probe: Probe | null };

/** The kind that stands in a check: exactly one, as the grammar has made sure. */
const kindOf = (check: CheckText): string => Object.keys(CHECK_KINDS).find((kind) => kind in check) ?? 'check';

const expectation = (expect: ExpectText | undefined): HttpExpectation => ({
  status: expect?.status ?? STATUS_DEFAULT,
  ...(expect?.contains === undefined ? {} : { contains: expect.contains }),
  ...(expect?.headers === undefined ? {} : { headers: expect.headers }),
  ...(expect?.json === undefined ? {} : { json: expect.json }),
});

const httpProbe = (http: NonNullable<CheckText['http']>, beside: ExpectText | undefined): Probe => {
  const long = { method: undefined, headers: undefined, body: undefined, expect: undefined, ...http };
  const isJson = long.body !== undefined && typeof long.body !== 'string';
  const typed = isJson ? { 'content-type': 'application/json' } : {};
  return {
    kind: 'http',
    url: long.url,
    method: long.method ?? (long.body === undefined ? 'GET' : 'POST'),
    headers: { ...typed, ...long.headers },
    ...(long.body === undefined ? {} : { body: typeof long.body === 'string' ? long.body : JSON.stringify(long.body) }),
    expect: expectation(long.expect ?? beside),
  };
};

const tcpProbe = (tcp: NonNullable<CheckText['tcp']>): Probe => {
  const long = { send: undefined, contains: undefined, ...tcp };
  return {
    kind: 'tcp',
    host: long.host ?? '127.0.0.1',
    port: long.port,
    ...(long.send === undefined ? {} : { send: long.send }),
    ...(long.contains === undefined ? {} : { contains: long.contains }),
  };
};

const commandProbe = (command: NonNullable<CheckText['command']>): Probe => {
  const long = { exit_code: undefined, contains: undefined, ...command };
  return {
    kind: 'command',
    argv: long.run,
    exitCode: long.exit_code ?? 0,
    ...(long.contains === undefined ? {} : { contains: long.contains }),
  };
};

const processProbe = (declared: NonNullable<CheckText['process']>): Probe => {
  const long: { readonly pattern?: string | undefined; readonly port?: number | undefined } = declared;
  return {
    kind: 'process',
    ...(long.pattern === undefined ? {} : { pattern: long.pattern }),
    ...(long.port === undefined ? {} : { port: long.port }),
  };
};

type FileText = {
  readonly path: string;
  readonly max_age?: DurationMs | undefined;
  readonly min_size?: number | undefined;
  readonly contains?: string | undefined;
};

const fileProbe = (decoding: Decoding, file: FileText): Probe => ({
  kind: 'file',
  path: fromFolder(decoding, file.path),
  ...(file.max_age === undefined ? {} : { maxAgeMs: file.max_age }),
  ...(file.min_size === undefined ? {} : { minBytes: file.min_size }),
  ...(file.contains === undefined ? {} : { contains: file.contains }),
});

type GoldenText = NonNullable<CheckText['golden']>;

const caseOf = (
  given: { readonly name?: string | undefined; readonly input?: unknown; readonly expect?: unknown },
  index: number,
): GoldenCase => ({
  name: given.name ?? `case ${index + 1}`,
  input: given.input ?? null,
  expect: given.expect ?? null,
});

/** Cases that stand in a JSON file of their own. */
const casesFromFile = (decoding: Decoding, path: Path, file: string): readonly GoldenCase[] => {
  const content = decoding.keyring.read(fromFolder(decoding, file), CASES_BYTES_MAX);
  const place = decoding.ground.locate(path);
  if (content.kind !== 'read') {
    const why = content.kind === 'too-big' ? 'is larger than 16 MB' : 'cannot be read';
    decoding.problems.push(
      problem('config-not-found', `the golden cases ${file} ${why}`, { place, expected: 'a JSON file' }),
    );
    return [];
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder().decode(content.bytes));
  } catch {
    decoding.problems.push(
      problem('config-syntax', `the golden cases ${file} are not JSON`, {
        place,
        expected: 'a JSON list of { name, input, expect }',
      }),
    );
    return [];
  }
  const cases = GOLDEN_CASES.safeParse(parsed);
  if (cases.success) return cases.data.map(caseOf);
  const ground = { tree: asJson(parsed), locate: () => place };
  const found = issuesProblems(ground, cases.error.issues).slice(0, CASE_PROBLEMS_MAX);
  decoding.problems.push(...found.map((it) => ({ ...it, message: `in ${file}: ${it.message}` })));
  return [];
};

const goldenProbe = (decoding: Decoding, golden: GoldenText, path: Path): Probe => {
  const target =
    golden.url === undefined
      ? ({ kind: 'command', argv: golden.command ?? [] } as const)
      : ({ kind: 'http', url: golden.url, headers: golden.headers ?? {} } as const);
  const { cases } = golden;
  return {
    kind: 'golden',
    target,
    cases: typeof cases === 'string' ? casesFromFile(decoding, [...path, 'golden', 'cases'], cases) : cases.map(caseOf),
    budgetMs: golden.budget ?? GOLDEN_BUDGET_DEFAULT,
    chunk: golden.chunk ?? GOLDEN_CHUNK_DEFAULT,
  };
};

const probeOf = (decoding: Decoding, check: CheckText, path: Path): Probe | null => {
  if (check.http !== undefined) return httpProbe(check.http, check.expect);
  if (check.tcp !== undefined) return tcpProbe(check.tcp);
  if (check.redis !== undefined) return { kind: 'redis', url: check.redis.url };
  if (check.postgres !== undefined) {
    const postgres = { query: undefined, ...check.postgres };
    return { kind: 'postgres', url: postgres.url, query: postgres.query ?? QUERY_DEFAULT };
  }
  if (check.command !== undefined) return commandProbe(check.command);
  if (check.process !== undefined) return processProbe(check.process);
  if (check.file !== undefined) return fileProbe(decoding, check.file);
  if (check.freshness !== undefined) return fileProbe(decoding, check.freshness);
  return check.golden === undefined ? null : goldenProbe(decoding, check.golden, path);
};

/** `expect` beside a check belongs to http; twice is once too often. */
const complainAboutExpect = (decoding: Decoding, check: CheckText, path: Path): void => {
  if (check.expect === undefined) return;
  if (check.http === undefined) {
    decoding.problems.push(
      about(decoding.ground, [...path, 'expect'], 'config-unknown-key', 'expect only beside http'),
    );
    return;
  }
  if (valueAt(decoding.ground.tree, [...path, 'http', 'expect']) === undefined) return;
  decoding.problems.push(
    about(decoding.ground, [...path, 'expect'], 'config-duplicate', 'expect either in http or beside it'),
  );
};

const timingOf = (
  check: CheckText,
): Pick<Check, 'everyMs' | 'slowestMs' | 'timeoutMs' | 'rise' | 'fall' | 'retries' | 'slowMs'> => {
  const everyMs = check.every ?? EVERY_DEFAULT;
  const adaptive = durationMs(Math.max(everyMs, Math.min(SLOWEST_MAX, everyMs * SLOWEST_TIMES)));
  return {
    everyMs,
    slowestMs: check.every === undefined ? adaptive : everyMs,
    timeoutMs: check.timeout ?? TIMEOUT_DEFAULT,
    rise: check.rise ?? RISE_DEFAULT,
    fall: check.fall ?? FALL_DEFAULT,
    retries: check.retries ?? RETRIES_DEFAULT,
    ...(check.slow === undefined ? {} : { slowMs: check.slow }),
  };
};

const isInactive = (kind: string): boolean => INACTIVE_CHECKS.some((inactive) => inactive === kind);

const warnCannotRun = (decoding: Decoding, path: Path, id: string): void => {
  for (const missing of missingBelow(decoding, path)) {
    decoding.warnings.push(
      problem('config-secret-missing', `check ${id} cannot run: ${missing.why}`, {
        place: decoding.ground.locate(missing.path),
        expected: `a value for ${missing.reference}`,
        mend: 'until then its state is unknown, which is never healthy',
      }),
    );
  }
};

/** Names checks `<service>/<kind>`, then `-2`, `-3`; a declared name stands in place of the kind. */
const nameCheck = (decoding: Decoding, taken: Set<string>, check: CheckText, path: Path): string => {
  const kind = kindOf(check);
  if (check.name !== undefined) {
    if (taken.has(check.name))
      decoding.problems.push(
        about(decoding.ground, [...path, 'name'], 'config-duplicate', 'another name in each check of a service'),
      );
    taken.add(check.name);
    return check.name;
  }
  let name = kind;
  // Ends: a service has at most 100 checks.
  for (let number = 2; taken.has(name); number += 1) name = `${kind}-${number}`;
  taken.add(name);
  return name;
};

/** The checks of one service. Kinds without a prober yet are listed as declared and left out. */
export const decodeChecks = (decoding: Decoding, service: ServiceId, texts: readonly CheckText[]): readonly Check[] => {
  const taken = new Set<string>();
  return texts.flatMap((text, index): readonly Check[] => {
    const path = ['services', service, 'checks', index];
    const parts: Parts = { kind: kindOf(text), probe: probeOf(decoding, text, path) };
    complainAboutExpect(decoding, text, path);
    const id = checkId(`${service}/${nameCheck(decoding, taken, text, path)}`);
    if (parts.probe === null || isInactive(parts.kind)) {
      declare(decoding, path, `check of kind ${parts.kind}`);
      return [];
    }
    const why = whyMissing(decoding, path);
    warnCannotRun(decoding, path, id);
    return [{ id, service, probe: parts.probe, ...timingOf(text), ...(why === null ? {} : { cannotRun: why }) }];
  });
};
