// Decodes the policy: what is allowed, what needs a person, what never happens, and when nothing is touched.

import type { Role } from '#kernel/actor.ts';
import type { ApprovalRule, FreezeWindow, NeverRule, Policy } from '#kernel/policy.ts';
import { problem } from '#kernel/problem.ts';
import { declare, type Decoding } from './decoding.ts';
import { RESTART_BUDGET_DEFAULT } from './decodeService.ts';
import { about } from './finding.ts';
import type { PolicyText } from './grammar.ts';
import { readMoment } from './moment.ts';
import { readMultiple, readPercent } from './quantity.ts';

/** Monitored: Sereno acts by itself and tells people. */
const AUTONOMY_DEFAULT = 3;
/** Model, "who widens exposure": the engine up to a quarter of the traffic, a person above. */
const TRAFFIC_LIMIT_DEFAULT = 25;
/** The actions that this release can carry out. */
export const ACTIVE_ACTIONS = ['restart', 'start', 'stop', 'apply-config'] as const;

const approvalRule = (when: string, from: Role | 'policy_author'): ApprovalRule => {
  const bound = when.slice(when.indexOf('>') + 1).trim();
  return when.startsWith('traffic')
    ? { kind: 'traffic-over', percent: readPercent(bound), from }
    : { kind: 'cost-over', timesNormal: readMultiple(bound.replace(/ normal$/, '')), from };
};

/** The forms that mean exactly an action on anything: `restart`, `stop services`, `start or stop any service`. */
const EXACT =
  /^(?:never )?(?:restart|start|stop|apply-config)(?:(?:, | or | and |, or )(?:restart|start|stop|apply-config))*(?: (?:any |a |all )?(?:services?|anything|everything))?$/i;
const VERB = /\b(restart|start|stop|apply-config)(?:s|ed|ing|ping|ped)?\b/gi;

/**
 * What a never-rule forbids. A rule that names restart, start, stop or apply-config with a condition that Sereno cannot judge
 * ("restart db in business hours") forbids that action altogether: a never-rule may be too strict, never too weak.
 */
export const readNever = (text: string): { readonly rule: NeverRule; readonly isExact: boolean } => {
  const forbids = [...new Set([...text.matchAll(VERB)].map((match) => (match[1] ?? '').toLowerCase()))];
  return { rule: { text, forbids }, isExact: forbids.length === 0 || EXACT.test(text.trim()) };
};

const decodeNever = (decoding: Decoding, texts: readonly string[]): readonly NeverRule[] =>
  texts.map((text, index) => {
    const path = ['policy', 'never', index];
    const { rule, isExact } = readNever(text);
    if (rule.forbids.length === 0) declare(decoding, path, `never-rule kept as text: ${text}`);
    if (!isExact)
      decoding.warnings.push(
        problem(
          'config-bad-value',
          `the condition of this never-rule cannot be judged, so ${rule.forbids.join(', ')} is forbidden altogether`,
          {
            place: decoding.ground.locate(path),
            expected: 'a rule such as "restart" or "stop services"',
          },
        ),
      );
    return rule;
  });

const decodeFreeze = (
  decoding: Decoding,
  texts: NonNullable<PolicyText['freeze']>,
  zone: string,
): readonly FreezeWindow[] =>
  texts.flatMap((text, index): readonly FreezeWindow[] => {
    const path = ['policy', 'freeze', index];
    const from = readMoment(text.from, zone, false);
    const to = readMoment(text.to, zone, true);
    if (from === null)
      decoding.problems.push(about(decoding.ground, [...path, 'from'], 'config-bad-value', 'a day of the calendar'));
    if (to === null)
      decoding.problems.push(about(decoding.ground, [...path, 'to'], 'config-bad-value', 'a day of the calendar'));
    if (from === null || to === null) return [];
    if (to <= from)
      decoding.problems.push(about(decoding.ground, [...path, 'to'], 'config-bad-value', 'an end after the beginning'));
    else if (to <= decoding.now)
      decoding.warnings.push(
        about(decoding.ground, [...path, 'to'], 'config-bad-value', 'an end in the future; this freeze is over'),
      );
    return [{ from, to, except: text.except ?? [] }];
  });

/** Decodes the policy section; without one, the careful defaults above hold. */
export const decodePolicy = (decoding: Decoding, text: PolicyText | undefined, zone: string): Policy => {
  const approval = (text?.approval ?? []).map((rule) => approvalRule(rule.when, rule.from));
  for (const [index, rule] of approval.entries())
    if (rule.kind === 'cost-over') declare(decoding, ['policy', 'approval', index], 'approval by cost');
  if (text?.budgets?.scale !== undefined) declare(decoding, ['policy', 'budgets', 'scale'], 'budget for scaling');
  const allow = text?.allow ?? [...ACTIVE_ACTIONS];
  for (const [index, action] of allow.entries())
    if (!ACTIVE_ACTIONS.some((active) => active === action))
      declare(decoding, ['policy', 'allow', index], `action ${action}`);
  const limits = approval.flatMap((rule) => (rule.kind === 'traffic-over' ? [rule.percent] : []));
  return {
    autonomy: text?.autonomy ?? AUTONOMY_DEFAULT,
    allow,
    approval,
    never: decodeNever(decoding, text?.never ?? []),
    freeze: decodeFreeze(decoding, text?.freeze ?? [], zone),
    restartBudget: text?.budgets?.restart ?? RESTART_BUDGET_DEFAULT,
    trafficLimitPercent: limits.length === 0 ? TRAFFIC_LIMIT_DEFAULT : Math.min(...limits),
  };
};
