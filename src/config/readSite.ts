// Reads a site: file and environment in, one validated, frozen Site out, or all problems at once. It keeps nothing
// between two calls, so a reload is simply another call.

import { createHash } from 'node:crypto';
import type { Json } from '#kernel/evidence.ts';
import { canonicalOfAny } from '#kernel/canonical.ts';
import { personId } from '#kernel/id.ts';
import { problem, type Problem } from '#kernel/problem.ts';
import type { Person, Site } from '#kernel/site.ts';
import { makeRedact, type Redact } from '#kernel/secret.ts';
import type { Instant } from '#kernel/time.ts';
import { declareDuties } from './declareDuties.ts';
import { decodeHeartbeat, decodeNotify } from './decodeNotify.ts';
import { decodeCodex } from './decodeCodex.ts';
import { decodeAnomaly, decodeMetricsCap } from './decodeAnomaly.ts';
import { decodeModel, modelSecrets } from './decodeModel.ts';
import { decodeMaintenance } from './decodeMaintenance.ts';
import { decodePolicy } from './decodePolicy.ts';
import { decodeServices } from './decodeService.ts';
import { decodeSources } from './decodeSource.ts';
import { knownSources } from './decodeTarget.ts';
import type { Decoding } from './decoding.ts';
import type { Tree } from './document.ts';
import { DISK, type Files } from './files.ts';
import { inOrder, type Ground } from './finding.ts';
import { SITE, type SiteText } from './grammar.ts';
import { gather, type Gathered } from './include.ts';
import { issuesProblems } from './issue.ts';
import { isTimezone } from './moment.ts';
import { checkNames, namesIn } from './names.ts';
import { isBelow, resolveReferences, type Environment, type Keyring, type Missing } from './reference.ts';
import { salvage, type Salvage } from './salvage.ts';
import { checkCycles, checkWatched } from './watched.ts';

export type SiteRequest = {
  /** The main file; `sereno.d/*.yaml` beside it is read as well. */
  readonly file: string;
  readonly env: Environment;
  /** Only to tell freeze windows that are over. */
  readonly now: Instant;
  /** The real disk unless told otherwise. */
  readonly files?: Files;
};

export type SiteReading = {
  /** Null as soon as there is one problem. */
  readonly site: Site | null;
  /** Sorted by file, line and column. */
  readonly problems: readonly Problem[];
  /** What a person should know although the site can be watched. */
  readonly warnings: readonly Problem[];
  /** Every file that was read, the main one first: what to watch for changes. */
  readonly sources: readonly string[];
  /** All files together as they were read, references and not what they stand for. */
  readonly tree: Tree;
};

const digestOf = (tree: Json): string => createHash('sha256').update(canonicalOfAny(tree)).digest('hex');

/** A mistake in a value whose reference stands for nothing is told as what it is: a missing variable. */
const complainAboutIssues = (decoding: Decoding, issues: readonly Problem[], missing: readonly Missing[]): void => {
  const places = new Map(missing.map((it) => [JSON.stringify(decoding.ground.locate(it.path)), it]));
  for (const issue of issues) {
    const reason = places.get(JSON.stringify(issue.place));
    if (reason === undefined) decoding.problems.push(issue);
    else decoding.problems.push(missingProblem(decoding.ground, reason));
  }
};

const missingProblem = (ground: Ground, missing: Missing): Problem =>
  problem(missing.isWellFormed ? 'config-secret-missing' : 'config-bad-value', missing.why, {
    place: ground.locate(missing.path),
    expected: missing.isWellFormed ? `a value for ${missing.reference}` : '${env:NAME} or ${file:path}',
    mend: missing.isWellFormed ? 'set it in the environment of Sereno, or write the value here' : null,
  });

/** Sections without which the rest cannot be judged: here a missing variable is a problem. */
const ESSENTIAL: readonly string[] = ['sereno', 'site', 'environment', 'timezone', 'on_call', 'policy'];
/** Sections whose decoders tell about their missing variables themselves, in words of their own. */
const TOLD_ELSEWHERE: readonly (readonly string[])[] = [['notify'], ['heartbeat'], ['sources']];

const complainAboutMissing = (decoding: Decoding): void => {
  for (const missing of decoding.missing) {
    const section = String(missing.path[0]);
    if (!missing.isWellFormed || ESSENTIAL.includes(section)) {
      decoding.problems.push(missingProblem(decoding.ground, missing));
      continue;
    }
    const isInService = section === 'services' && (missing.path[2] === 'checks' || missing.path[2] === 'run');
    if (isInService || TOLD_ELSEWHERE.some((prefix) => isBelow(missing.path, prefix))) continue;
    decoding.warnings.push(missingProblem(decoding.ground, missing));
  }
};

const decodePeople = (text: SiteText): readonly Person[] =>
  Object.entries(text.people ?? {}).map(([name, person]) => ({
    id: personId(name),
    roles: person.roles ?? [],
    contact: person.contact ?? {},
  }));

const decodeSite = (decoding: Decoding, { text, cut }: Salvage, raw: Tree): Site => {
  const timezone = text.timezone ?? 'UTC';
  const zone = isTimezone(timezone) ? timezone : 'UTC';
  const sources = knownSources(namesIn(decoding, ['sources']));
  const services = decodeServices({ decoding, zone, sources }, text.services);
  const { channels, routes } = decodeNotify(decoding, text);
  const model = decodeModel(decoding, text.model);
  const policyAuthor = text.on_call?.policy_author;
  const site = {
    name: text.site,
    // Undeclared means production: the strictest rules hold until a person says that less is at stake.
    environment: text.environment ?? 'production',
    timezone,
    services,
    sources: decodeSources(decoding, text.sources, services),
    people: decodePeople(text),
    onCall: (text.on_call?.primary ?? []).map(personId),
    policyAuthor: policyAuthor === undefined ? null : personId(policyAuthor),
    policy: decodePolicy(decoding, text.policy, zone),
    channels,
    routes,
    maintenance: decodeMaintenance(decoding, text.maintenance ?? [], zone),
    anomaly: decodeAnomaly(decoding, text.anomaly),
    metricsCapBytes: decodeMetricsCap(decoding, text.metrics),
    codex: decodeCodex(decoding, text.codex),
    model,
    heartbeat: decodeHeartbeat(decoding, text.heartbeat),
    secrets: [...new Set([...decoding.secrets, ...modelSecrets(model)])],
    digest: digestOf(raw),
  } satisfies Omit<Site, 'declared'>;
  declareDuties(decoding, text);
  checkNames(
    decoding,
    { text, cut },
    services.flatMap((service) => service.checks.map((check) => check.id)),
  );
  checkWatched(decoding, { text, cut }, services);
  checkCycles(decoding, services);
  if (services.length === 0)
    decoding.warnings.push(problem('config-missing-key', 'no service is declared: there is nothing to watch'));
  const redact = makeRedact(decoding.secrets);
  return { ...site, declared: decoding.declared.map(({ path, what }) => ({ path, what: redact(what) })) };
};

/** Frozen all the way down: nobody changes a site, it is replaced. */
const freeze = <Value>(value: Value): Value => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) freeze(part);
  return Object.freeze(value);
};

/** The last line of defence: whatever a message was made of, no resolved value leaves in it. */
const redacted = (problems: readonly Problem[], redact: Redact): readonly Problem[] =>
  problems.map((it) => ({
    ...it,
    message: redact(it.message),
    expected: it.expected === null ? null : redact(it.expected),
    mend: it.mend === null ? null : redact(it.mend),
  }));

const reading = (gathered: Gathered, decoding: Decoding | null, site: Site | null): SiteReading => {
  const redact = makeRedact(decoding?.secrets ?? []);
  const problems = redacted(inOrder([...gathered.problems, ...(decoding?.problems ?? [])]), redact);
  return {
    site: problems.length === 0 ? freeze(site) : null,
    problems,
    warnings: redacted(inOrder(decoding?.warnings ?? []), redact),
    sources: gathered.sources,
    tree: gathered.tree,
  };
};

/**
 * Reads and validates the configuration.
 * Never throws for anything that stands in a file: what is wrong is a Problem with a place, all of them at once.
 * Codes: config-*, service-unmonitored. A variable that is missing for a check is a warning, and that check cannot run.
 */
export const readSite = (request: SiteRequest): SiteReading => {
  const files = request.files ?? DISK;
  const gathered = gather(request.file, files);
  if (!gathered.isReadable) return reading(gathered, null, null);
  const keyring: Keyring = { env: request.env, read: files.read, file: request.file };
  const resolved = resolveReferences(gathered.tree, keyring);
  const decoding: Decoding = {
    ground: gathered.ground,
    keyring,
    missing: resolved.missing,
    secrets: resolved.secrets,
    now: request.now,
    problems: [],
    warnings: [],
    declared: [],
  };
  const parsed = SITE.safeParse(resolved.tree);
  complainAboutMissing(decoding);
  if (!parsed.success) {
    const issues = issuesProblems(gathered.ground, parsed.error.issues);
    complainAboutIssues(decoding, issues, resolved.missing);
    const rest = salvage(resolved.tree);
    // Warnings about half of a file would only mislead.
    if (rest !== null) decodeSite({ ...decoding, warnings: [] }, rest, gathered.tree);
    return reading(gathered, decoding, null);
  }
  return reading(gathered, decoding, decodeSite(decoding, { text: parsed.data, cut: [] }, gathered.tree));
};
