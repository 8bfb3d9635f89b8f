// Alert policies of OpenSLO, as burn rules of a target.

import type { Json } from '#kernel/evidence.ts';
import type { Severity } from '#kernel/notification.ts';
import { SHORTHAND, type ConditionSpec, type ConditionText, type PolicySpec, type SloSpec } from './grammar.ts';
import { SHORT_WINDOW } from './names.ts';
import { below, find, refuse, remark, type Shelf, type Spot } from './shelf.ts';

/** What others call them. A person is woken by a page, and reads a ticket by day. */
const SEVERITIES: Readonly<Record<string, Severity>> = {
  sev1: 'SEV1',
  sev2: 'SEV2',
  sev3: 'SEV3',
  sev4: 'SEV4',
  page: 'SEV2',
  critical: 'SEV2',
  ticket: 'SEV3',
  warning: 'SEV3',
  info: 'SEV4',
};

/** A duration in the language of sereno.yaml; null for months, quarters and years, which have no fixed length. */
export const durationOf = (shorthand: string): string | null => {
  const [, count = '0', unit = ''] = SHORTHAND.exec(shorthand) ?? [];
  return 'mhdw'.includes(unit) && Number(count) > 0 ? shorthand : null;
};

const fixedOf = (shelf: Shelf, shorthand: string, spot: Spot): string | null => {
  const duration = durationOf(shorthand);
  if (duration === null) refuse(shelf, spot, 'minutes, hours, days or weeks: m, h, d, w, and not 0');
  return duration;
};

type Named = { readonly spec: ConditionSpec; readonly short: string | undefined; readonly spot: Spot };

const conditionOf = (shelf: Shelf, text: ConditionText, spot: Spot): Named | null => {
  if (!('conditionRef' in text))
    return { spec: text.spec, short: text.metadata?.annotations?.[SHORT_WINDOW], spot: below(spot, 'spec') };
  const found = find(shelf, 'AlertCondition', text.conditionRef, below(spot, 'conditionRef'));
  if (found === null) return null;
  const { metadata, spec } = found.object;
  return { spec, short: metadata.annotations?.[SHORT_WINDOW], spot: { ground: found.ground, path: ['spec'] } };
};

const ruleOf = (shelf: Shelf, { spec, short, spot }: Named): Json => {
  const { op, threshold, lookbackWindow, alertAfter } = spec.condition;
  const at = below(spot, 'condition');
  if (op === 'lt' || op === 'lte')
    refuse(shelf, below(at, 'op'), 'gt or gte: with this one it would alert while nothing burns', 'write op: gte');
  const severity = SEVERITIES[spec.severity.toLowerCase()];
  if (severity === undefined) refuse(shelf, below(spot, 'severity'), `one of ${Object.keys(SEVERITIES).join(', ')}`);
  const over = fixedOf(shelf, lookbackWindow, below(at, 'lookbackWindow'));
  if (alertAfter !== undefined && Number.parseInt(alertAfter, 10) !== 0)
    refuse(
      shelf,
      below(at, 'alertAfter'),
      '0m: Sereno tells when a long and a short window burn',
      'leave alertAfter out',
    );
  return { rate: `${threshold}x`, over, ...(short === undefined ? {} : { short }), severity: severity ?? null };
};

const policyRule = (shelf: Shelf, policy: PolicySpec, spot: Spot): readonly Json[] => {
  if (policy.alertWhenBreaching === false)
    refuse(shelf, below(spot, 'alertWhenBreaching'), 'true: a rule that never tells is none');
  if (policy.alertWhenNoData === true)
    refuse(shelf, below(spot, 'alertWhenNoData'), 'false: Sereno tells of a silent source by itself', 'leave it out');
  if (policy.alertWhenResolved === false)
    remark(shelf, below(spot, 'alertWhenResolved'), 'Sereno always tells when a burning target recovers');
  if ((policy.notificationTargets ?? []).length > 0)
    remark(shelf, below(spot, 'notificationTargets'), 'who is told stands under notify in sereno.yaml, by severity');
  const [first] = policy.conditions;
  const condition = first === undefined ? null : conditionOf(shelf, first, below(spot, 'conditions', 0));
  return condition === null ? [] : [ruleOf(shelf, condition)];
};

/** The burn rules of an SLO. Problems: conditions that Sereno would not judge as they are meant. */
export const burnRules = (shelf: Shelf, policies: SloSpec['alertPolicies'], spot: Spot): readonly Json[] =>
  (policies ?? []).flatMap((policy, index) => {
    const at = below(spot, index);
    if (!('alertPolicyRef' in policy)) return policyRule(shelf, policy.spec, below(at, 'spec'));
    const found = find(shelf, 'AlertPolicy', policy.alertPolicyRef, below(at, 'alertPolicyRef'));
    return found === null ? [] : policyRule(shelf, found.object.spec, { ground: found.ground, path: ['spec'] });
  });
