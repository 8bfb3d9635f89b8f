// Names: every name in the file that must be declared elsewhere in it, and who may be named where.

import { problem } from '#kernel/problem.ts';
import type { Decoding } from './decoding.ts';
import type { Path } from './document.ts';
import { didYouMean, sayWritten, unknownName, valueAt } from './finding.ts';
import type { SiteText } from './grammar.ts';
import { isTimezone } from './moment.ts';
import type { Salvage } from './salvage.ts';

type Known = { readonly noun: string; readonly names: readonly string[] };

/** All that the file declares, by noun. */
type Register = {
  readonly services: Known;
  readonly people: Known;
  readonly jobs: Known;
  /** A person, or a rota of on_call. */
  readonly contacts: Known;
  /** `api`, `api/http`, `api/http-2`. */
  readonly checks: Known;
  /** `api.availability` */
  readonly targets: Known;
};

/** One name, where it stands, and what it must be. */
type Mention = { readonly path: Path; readonly name: string; readonly known: Known };

const keysOf = (record: object | undefined): readonly string[] => Object.keys(record ?? {});

const ROTAS = ['primary', 'secondary', 'policy_author'] as const;

/** The names in the file itself: a service whose declaration is wrong is a service all the same. */
export const namesIn = (decoding: Decoding, path: Path): readonly string[] => {
  const value = valueAt(decoding.ground.tree, path);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
};

const makeRegister = (decoding: Decoding, checkNames: readonly string[]): Register => {
  const services = namesIn(decoding, ['services']);
  const people = namesIn(decoding, ['people']);
  const targets = services.flatMap((name) =>
    namesIn(decoding, ['services', name, 'targets']).map((target) => `${name}.${target}`),
  );
  const declaredRotas = namesIn(decoding, ['on_call']);
  const rotas = ROTAS.filter((rota) => declaredRotas.includes(rota));
  return {
    services: { noun: 'a service', names: services },
    people: { noun: 'a person', names: people },
    jobs: { noun: 'a job', names: namesIn(decoding, ['jobs']) },
    contacts: { noun: 'a person or a rota of on_call', names: [...people, ...rotas] },
    checks: { noun: 'a service or a check', names: [...services, ...checkNames] },
    targets: { noun: 'a target, as service.target', names: targets },
  };
};

const each = (path: Path, names: readonly string[] | undefined, known: Known): readonly Mention[] =>
  (names ?? []).map((name, index) => ({ path: [...path, index], name, known }));

const one = (path: Path, name: string | undefined, known: Known): readonly Mention[] =>
  name === undefined ? [] : [{ path, name, known }];

const inServices = (text: SiteText, register: Register): readonly Mention[] =>
  Object.entries(text.services ?? {}).flatMap(([name, service]) => [
    ...each(['services', name, 'needs'], service.needs, register.services),
    ...one(['services', name, 'owner'], service.owner, register.people),
    ...(service.checks ?? []).flatMap((check, index) => {
      const path = ['services', name, 'checks', index, 'composite'];

      return [
        ...each([...path, 'all'], check.composite?.all, register.checks),
        ...each([...path, 'any'], check.composite?.any, register.checks),
      ];
    }),
  ]);

const inSources = (text: SiteText, register: Register): readonly Mention[] =>
  Object.entries(text.sources ?? {}).flatMap(([name, source]) =>
    one(['sources', name, 'service'], source.service, register.services),
  );

const inPeople = (text: SiteText, register: Register): readonly Mention[] => [
  ...each(['on_call', 'primary'], text.on_call?.primary, register.people),
  ...each(['on_call', 'secondary'], text.on_call?.secondary, register.people),
  ...one(['on_call', 'policy_author'], text.on_call?.policy_author, register.people),
  ...each(['codex', 'blessers'], text.codex?.blessers, register.people),
];

const inJobs = (text: SiteText, register: Register): readonly Mention[] =>
  Object.entries(text.jobs ?? {}).flatMap(([name, job]) => [
    ...each(['jobs', name, 'needs'], job.needs, register.services),
    ...one(['jobs', name, 'owner'], job.owner, register.people),
  ]);

type Runbook = NonNullable<SiteText['runbooks']>[string];
type Verify = NonNullable<Runbook['verify']>;
type StepText = NonNullable<Runbook['steps']>[number];

const inVerify = (path: Path, verify: Verify | undefined, register: Register): readonly Mention[] => [
  ...one([...path, 'check'], verify?.check, register.checks),
  ...one([...path, 'target'], verify?.target, register.targets),
];

const inSteps = (path: Path, steps: readonly StepText[] | undefined, register: Register): readonly Mention[] =>
  (steps ?? []).flatMap((step, index) => [
    ...one([...path, index, 'service'], step.service, register.services),
    ...inVerify([...path, index, 'verify'], step.verify, register),
  ]);

const inRunbooks = (text: SiteText, register: Register): readonly Mention[] =>
  Object.entries(text.runbooks ?? {}).flatMap(([name, runbook]) => {
    const path = ['runbooks', name];
    const rollback = typeof runbook.rollback === 'string' ? [] : runbook.rollback;
    return [
      ...one([...path, 'on', 'service'], runbook.on.service, register.services),
      ...one([...path, 'on', 'job'], runbook.on.job, register.jobs),
      ...one([...path, 'on', 'target'], runbook.on.target, register.targets),
      ...inSteps([...path, 'steps'], runbook.steps, register),
      ...inSteps([...path, 'rollback'], rollback, register),
      ...inVerify([...path, 'verify'], runbook.verify, register),
      ...one([...path, 'escalate', 'to'], runbook.escalate.to, register.contacts),
    ];
  });

const inChaos = (text: SiteText, register: Register): readonly Mention[] =>
  Object.entries(text.chaos ?? {}).flatMap(([name, experiment]) => {
    const path = ['chaos', name];
    return [
      ...inVerify([...path, 'steady'], experiment.steady, register),
      ...inVerify([...path, 'abort'], experiment.abort, register),
      ...one([...path, 'inject', 'kill'], experiment.inject.kill, register.services),
      ...one([...path, 'inject', 'pause'], experiment.inject.pause, register.services),
      ...one([...path, 'inject', 'stop'], experiment.inject.stop, register.services),
    ];
  });

const inMaintenance = (text: SiteText, register: Register): readonly Mention[] =>
  (text.maintenance ?? []).flatMap((work, index) =>
    each(['maintenance', index, 'services'], work.services, register.services),
  );

const inCosts = (text: SiteText, register: Register): readonly Mention[] =>
  keysOf(text.costs?.services).map((name) => ({ path: ['costs', 'services', name], name, known: register.services }));

/** Zones are checked by asking the runtime, which holds the IANA table. */
const checkZones = (decoding: Decoding, text: SiteText): void => {
  const zones: readonly (readonly [Path, string | undefined])[] = [
    [['timezone'], text.timezone],
    ...Object.entries(text.jobs ?? {}).map(([name, job]) => [['jobs', name, 'timezone'], job.timezone] as const),
  ];
  for (const [path, zone] of zones) {
    if (zone === undefined || isTimezone(zone)) continue;
    decoding.problems.push(
      problem('config-bad-value', `${sayWritten(decoding.ground, path, zone)} is not a time zone`, {
        place: decoding.ground.locate(path),
        expected: 'an IANA name such as Europe/Berlin or UTC',
        mend: didYouMean(zone, [...Intl.supportedValuesOf('timeZone'), 'UTC']),
      }),
    );
  }
};

/** An approval that nobody can give would wait for ever. */
const checkApprovers = (decoding: Decoding, text: SiteText): void => {
  const roles = new Set(Object.values(text.people ?? {}).flatMap((person) => person.roles ?? []));
  for (const [index, rule] of (text.policy?.approval ?? []).entries()) {
    const path = ['policy', 'approval', index, 'from'];
    const isKnown =
      rule.from === 'policy_author'
        ? text.on_call?.policy_author !== undefined
        : roles.has(rule.from) || roles.has('admin');
    if (isKnown) continue;
    const mend =
      rule.from === 'policy_author'
        ? 'name one: on_call: { policy_author: … }'
        : `give somebody under people the role ${rule.from}`;
    decoding.warnings.push(
      problem('config-unknown-name', `nobody can give the approval of ${rule.from}`, {
        place: decoding.ground.locate(path),
        expected: 'a role that somebody has',
        mend,
      }),
    );
  }
};

/** Names that the command line keeps for itself: `sereno explain gate`. */
export const RESERVED: readonly string[] = ['gate', 'startup', 'site'];

const checkReserved = (decoding: Decoding, text: SiteText): void => {
  for (const name of keysOf(text.services)) {
    if (!RESERVED.includes(name)) continue;
    decoding.problems.push(
      problem('config-bad-value', `a service cannot be called ${name}: Sereno calls a part of itself so`, {
        place: decoding.ground.locate(['services', name], true),
        expected: `a name other than ${RESERVED.join(', ')}`,
      }),
    );
  }
};

/** True for the check of a service whose checks could not be read: it may well be there. */
const makeIsCut = (cut: readonly Path[]): ((mention: Mention) => boolean) => {
  const lost = cut.filter((path) => path[0] === 'services' && (path.length < 3 || path[2] === 'checks'));
  const isAllCut = lost.some((path) => path.length === 1);
  const services = new Set(lost.map((path) => String(path[1])));
  return ({ name }) => name.includes('/') && (isAllCut || services.has(name.slice(0, name.indexOf('/'))));
};

/** More unknown names than this are not read by anyone, and each is compared with all that are known. */
const UNKNOWN_MAX = 500;

/** Checks every name that refers to something. Problems: config-unknown-name, config-bad-value. */
export const checkNames = (decoding: Decoding, { text, cut }: Salvage, checkIds: readonly string[]): void => {
  const register = makeRegister(decoding, checkIds);
  const mentions = [
    ...inServices(text, register),
    ...inSources(text, register),
    ...inPeople(text, register),
    ...inJobs(text, register),
    ...inRunbooks(text, register),
    ...inChaos(text, register),
    ...inMaintenance(text, register),
    ...inCosts(text, register),
  ];
  const isCut = makeIsCut(cut);
  let unknown = 0;
  const sets = new Map<Known, ReadonlySet<string>>();
  for (const mention of mentions) {
    const { path, name, known } = mention;
    const names = sets.get(known) ?? new Set(known.names);
    sets.set(known, names);
    if (names.has(name) || isCut(mention)) continue;
    unknown += 1;
    if (unknown > UNKNOWN_MAX) break;
    decoding.problems.push(unknownName(decoding.ground, path, name, known));
  }
  checkZones(decoding, text);
  checkApprovers(decoding, text);
  checkReserved(decoding, text);
};
