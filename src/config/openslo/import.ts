// Imports OpenSLO v1: SLOs become targets, in the lines that stand in sereno.yaml.

import { stringify } from 'yaml';
import type { Json } from '#kernel/evidence.ts';
import { serviceId } from '#kernel/id.ts';
import type { Problem } from '#kernel/problem.ts';
import type { Target } from '#kernel/target.ts';
import { instant } from '#kernel/time.ts';
import { decodeTargets, knownSources } from '../decodeTarget.ts';
import type { Decoding } from '../decoding.ts';
import type { FileContent } from '../files.ts';
import { inOrder } from '../finding.ts';
import { TARGET, type TargetText } from '../grammarTarget.ts';
import { issuesProblems } from '../issue.ts';
import { SHORTHAND, type ObjectiveText, type SliSpec, type SloSpec, type WindowText } from './grammar.ts';
import { burnRules, durationOf } from './importAlert.ts';
import { indicatorKeys, type Keys } from './importIndicator.ts';
import { TARGET_NAME } from './names.ts';
import { below, find, isTree, refuse, remark, stock, type Item, type Shelf, type Spot } from './shelf.ts';

export type Imported = {
  /** Lines for sereno.yaml; empty when there are problems. */
  readonly yaml: string;
  readonly targets: readonly Target[];
  readonly problems: readonly Problem[];
  readonly notes: readonly Problem[];
};

const UNITS: Readonly<Record<string, string>> = { d: 'day', w: 'week', M: 'month', Q: 'quarter', Y: 'year' };

const windowKey = (shelf: Shelf, window: WindowText, spot: Spot): Json => {
  const { duration, calendar, isRolling } = window;
  const isCalendar = calendar !== undefined;
  if (isRolling === isCalendar) refuse(shelf, below(spot, 'isRolling'), 'true without calendar, false with it');
  if (!isCalendar) {
    const fixed = durationOf(duration);
    if (fixed === null)
      refuse(
        shelf,
        below(spot, 'duration'),
        'minutes, hours, days or weeks, or a calendar',
        'a rolling month is 28d or 30d',
      );
    return fixed;
  }
  const [, count = '1', letter = ''] = SHORTHAND.exec(duration) ?? [];
  const unit = UNITS[letter];
  if (unit === undefined)
    refuse(shelf, below(spot, 'duration'), 'days, weeks, months, quarters or years of a calendar');
  const [day = '', clock] = calendar.startTime.split(' ');
  if (clock !== '00:00:00')
    refuse(
      shelf,
      below(spot, 'calendar', 'startTime'),
      'midnight: windows of Sereno begin with the day',
      `${day} 00:00:00`,
    );
  return { calendar: unit ?? null, count: Number(count), timezone: calendar.timeZone, from: day };
};

const METHODS = { Occurrences: 'occurrences', Timeslices: 'timeslices', RatioTimeslices: 'ratio-timeslices' } as const;

/** Shares of 0 to 1 as percentages, without what 0.1 + 0.2 leaves behind. */
const toPercent = (share: number): number => Number((share * 100).toPrecision(12));

const budgetingKeys = (shelf: Shelf, slo: SloSpec, objective: ObjectiveText, spot: Spot): Keys => {
  const { budgetingMethod } = slo;
  const { timeSliceWindow, timeSliceTarget } = objective;
  const isSliced = budgetingMethod !== 'Occurrences';
  const hasTarget = budgetingMethod === 'Timeslices';
  if (isSliced !== (timeSliceWindow !== undefined))
    refuse(
      shelf,
      below(spot, 'timeSliceWindow'),
      `timeSliceWindow with Timeslices and RatioTimeslices, and only there`,
    );
  if (hasTarget !== (timeSliceTarget !== undefined))
    refuse(shelf, below(spot, 'timeSliceTarget'), 'timeSliceTarget with Timeslices, and only there');
  if (!isSliced || timeSliceWindow === undefined) return {};
  const slice = typeof timeSliceWindow === 'number' ? `${timeSliceWindow}m` : durationOf(timeSliceWindow);
  if (slice === null) refuse(shelf, below(spot, 'timeSliceWindow'), 'minutes, hours, days or weeks');
  const share = timeSliceTarget === undefined ? {} : { slice_objective: toPercent(timeSliceTarget) };
  return { budgeting: METHODS[budgetingMethod], slice, ...share };
};

const objectiveOf = (shelf: Shelf, objective: ObjectiveText, spot: Spot): number => {
  const { target, targetPercent } = objective;
  if ((target === undefined) === (targetPercent === undefined)) refuse(shelf, spot, 'either target or targetPercent');
  return targetPercent ?? toPercent(target ?? 0);
};

type Measured = { readonly sli: SliSpec; readonly spot: Spot };
type Holder = {
  readonly indicator?: { readonly spec: SliSpec } | undefined;
  readonly indicatorRef?: string | undefined;
};

/** The indicator of an objective, or of the SLO; null when there is none here. */
const measuredOf = (shelf: Shelf, holder: Holder, spot: Spot): Measured | null => {
  const { indicator, indicatorRef } = holder;
  if (indicator !== undefined && indicatorRef !== undefined)
    refuse(shelf, below(spot, 'indicatorRef'), 'either indicator or indicatorRef');
  if (indicator !== undefined) return { sli: indicator.spec, spot: below(spot, 'indicator', 'spec') };
  if (indicatorRef === undefined) return null;
  const found = find(shelf, 'SLI', indicatorRef, below(spot, 'indicatorRef'));
  return found === null ? null : { sli: found.object.spec, spot: { ground: found.ground, path: ['spec'] } };
};

type Drawn = { readonly service: string; readonly name: string; readonly keys: Keys; readonly spot: Spot };

type Whole = { readonly slo: SloSpec; readonly common: Measured | null; readonly root: Spot };

const drawObjective = (shelf: Shelf, { slo, common, root }: Whole, index: number): Keys | null => {
  const spot = below(root, 'objectives', index);
  const objective = slo.objectives[index];
  if (objective === undefined) return null;
  const own = measuredOf(shelf, objective, spot);
  if (own !== null && common !== null) refuse(shelf, spot, 'an indicator either of the SLO or of each objective');
  const measured = own ?? common;
  if (measured === null) {
    const isTold = objective.indicatorRef !== undefined || slo.indicatorRef !== undefined;
    if (!isTold) refuse(shelf, spot, 'indicator or indicatorRef, here or in the SLO');
    return null;
  }
  if ((objective.compositeWeight ?? 1) !== 1)
    refuse(shelf, below(spot, 'compositeWeight'), '1: each objective has a budget of its own in Sereno');
  const keys = indicatorKeys(shelf, measured.sli, objective, { sli: measured.spot, objective: spot });
  const objectivePercent = objectiveOf(shelf, objective, spot);
  const budgeting = budgetingKeys(shelf, slo, objective, spot);
  return keys === null ? null : { objective: objectivePercent, ...keys, ...budgeting };
};

const drawSlo = (shelf: Shelf, { ground, object }: Item<'SLO'>): readonly Drawn[] => {
  const { metadata, spec } = object;
  const root: Spot = { ground, path: ['spec'] };
  const common = measuredOf(shelf, spec, root);
  const [window] = spec.timeWindow;
  const over = window === undefined ? null : windowKey(shelf, window, below(root, 'timeWindow', 0));
  const burn = burnRules(shelf, spec.alertPolicies, below(root, 'alertPolicies'));
  const isComposite = spec.objectives.length > 1 && common === null;
  if (isComposite)
    remark(shelf, below(root, 'objectives'), 'a composite: each objective becomes a target, with a budget of its own');
  if (common?.sli.thresholdMetric !== undefined && spec.objectives.length > 1)
    refuse(shelf, below(root, 'objectives'), 'one objective beside a thresholdMetric');
  const name = metadata.annotations?.[TARGET_NAME] ?? metadata.name;
  return spec.objectives.flatMap((_, index) => {
    const keys = drawObjective(shelf, { slo: spec, common, root }, index);
    if (keys === null) return [];
    const spot = below(root, 'objectives', index);
    const suffix = spec.objectives.length === 1 ? '' : `-${index + 1}`;
    const all = { ...keys, over, ...(burn.length === 0 ? {} : { burn: [...burn] }) };
    return [{ service: spec.service, name: `${name}${suffix}`, keys: all, spot }];
  });
};

/** Our own grammar and its judgement have the last word; what they find is told at the objective. */
const accept = (shelf: Shelf, drawn: Drawn): readonly Target[] => {
  const { service, name, keys, spot } = drawn;
  const place = spot.ground.locate(spot.path);
  const tree = { services: { [service]: { targets: { [name]: keys } } } };
  const ground = { tree, locate: () => place };
  const path = ['services', service, 'targets', name];
  const parsed = TARGET.safeParse(keys);
  if (!parsed.success) {
    shelf.problems.push(...issuesProblems(ground, parsed.error.issues, path));
    return [];
  }
  const texts: Record<string, TargetText> = { [name]: parsed.data };
  const decoding: Decoding = {
    ground,
    keyring: { env: {}, read: () => ({ kind: 'missing' }), file: '' },
    missing: [],
    secrets: [],
    now: instant(0),
    problems: shelf.problems,
    warnings: shelf.notes,
    declared: [],
  };
  const sources = knownSources(typeof keys['source'] === 'string' ? [keys['source']] : []);
  return decodeTargets({ decoding, zone: 'UTC', sources }, { service: serviceId(service), checks: [], texts });
};

const BUILT_IN = knownSources([]);

/** What was not carried over, without harm: names for people, and how sources are reached. */
const remarkOnRest = (shelf: Shelf, drawn: readonly Drawn[]): void => {
  const sources = new Set(drawn.flatMap(({ keys }) => (typeof keys['source'] === 'string' ? [keys['source']] : [])));
  const spotOf = (source: string) => drawn.find(({ keys }) => keys['source'] === source)?.spot;
  for (const source of [...sources].filter((each) => !BUILT_IN.includes(each))) {
    const spot = spotOf(source);
    if (spot !== undefined) remark(shelf, spot, `the source ${source} must be declared in sereno.yaml as well`);
  }
  for (const { ground } of shelf.items.DataSource.values())
    remark(shelf, { ground, path: ['spec', 'connectionDetails'] }, 'how a source is reached is not imported');
  for (const { ground, object } of shelf.items.SLO.values())
    for (const [key, value] of [
      ['description', object.spec.description],
      ['displayName', object.metadata.displayName],
    ] as const)
      if (value !== undefined && object.metadata.annotations?.[TARGET_NAME] === undefined)
        remark(shelf, { ground, path: ['spec'] }, `the ${key} of ${object.metadata.name} is not imported`);
};

const linesOf = (shelf: Shelf, drawn: readonly Drawn[]): string => {
  const services: Record<string, Record<string, Json>> = {};
  for (const { service, name, keys } of drawn) {
    const description = shelf.items.Service.get(service)?.object.spec.description;
    const entry = (services[service] ??= description === undefined ? {} : { description });
    const { targets } = entry;
    entry['targets'] = { ...(isTree(targets) ? targets : {}), [name]: keys };
  }
  return stringify({ services }, { lineWidth: 0 });
};

const refuseTwice = (shelf: Shelf, drawn: readonly Drawn[]): void => {
  const seen = new Set<string>();
  for (const { service, name, spot } of drawn) {
    const id = `${service}.${name}`;
    if (seen.has(id)) refuse(shelf, spot, `each target once: ${id} is there already`);
    seen.add(id);
  }
};

/**
 * Imports a file of OpenSLO v1 objects. Nothing is thrown: what cannot be judged by Sereno as it is meant is a problem
 * with a place, all of them together, and then nothing is imported. Codes: config-*.
 */
export const importOpenSlo = (file: string, content: FileContent): Imported => {
  const shelf = stock(file, content);
  const drawn = [...shelf.items.SLO.values()].flatMap((item) => drawSlo(shelf, item));
  refuseTwice(shelf, drawn);
  remarkOnRest(shelf, drawn);
  const targets = shelf.problems.length > 0 ? [] : drawn.flatMap((each) => accept(shelf, each));
  const problems = inOrder(shelf.problems);
  const isGood = problems.length === 0;
  return {
    yaml: isGood ? linesOf(shelf, drawn) : '',
    targets: isGood ? targets : [],
    problems,
    notes: inOrder(shelf.notes),
  };
};
