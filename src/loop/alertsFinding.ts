// Findings at the alert desk: what is not as it should be and nobody's trouble yet, such as an anomaly or a disk that gets
// full. Each is told once when it begins, as a message that pages nobody, unless people know what explains it.

import type { AlertFate } from '#kernel/alert.ts';
import type { Finding } from '#kernel/finding.ts';
import type { ServiceId } from '#kernel/id.ts';
import { ALERTS, findService, type Site } from '#kernel/site.ts';
import type { Notification } from '#kernel/notification.ts';
import { sayInstant, sayReason } from '#kernel/reason.ts';
import type { Instant } from '#kernel/time.ts';
import { matchAll } from '#judge/noise/matcher.ts';
import { clear, decide, openOf, raise } from './alertsFate.ts';
import { go, record, send, without, withNewest, type Turn } from './alertsState.ts';

/** Told once: found again, also after a restart, it is the same. */
export const find = (site: Site, turn: Turn, finding: Finding, at: Instant): Turn => {
  const { key, service, severityHint: severity, title, kind } = finding;
  const isKnown = turn.state.findings?.[key] !== undefined;
  const noted = isKnown
    ? turn
    : go(turn, { findings: withNewest(turn.state.findings ?? {}, key, at) }, [
        record(at, { type: 'finding.opened', trigger: title, refs: { kind, key, service, since: finding.since } }),
      ]);
  const raised = raise(noted, { key, subject: key, service, severity, title }, at);
  const raws = openOf(raised, key);
  if (isKnown) return decide(raised, raws, { kind: 'grouped', by: key, why: 'it was told before the start', at });
  const fate = explained(site, raised, finding, at);
  if (fate !== null) return decide(raised, raws, fate);
  const notification = wordOf(finding, at);
  const told: AlertFate = { kind: 'notified', by: notification.key, why: title, at };
  return decide(send(raised, ALERTS, notification), raws, told);
};

export const findingOver = (turn: Turn, over: { readonly key: string; readonly how: string }, at: Instant): Turn => {
  const { key, how } = over;
  const cleared = clear(turn, { key, subject: key }, at);
  if (turn.state.findings?.[key] === undefined) return cleared;
  return go(cleared, { findings: without(turn.state.findings, key) }, [
    record(at, { type: 'finding.closed', trigger: how, refs: { key } }),
  ]);
};

/** A person wants quiet, people know of trouble with its service, or with something that it needs. */
const explained = (site: Site, turn: Turn, finding: Finding, at: Instant): AlertFate | null => {
  const { key, service, severityHint: severity, kind } = finding;
  const labels = { subject: service ?? key, severity, kind, ...(service === null ? {} : { service }) };
  const quiet = turn.state.suppressions.find(
    ({ matchers, since, until }) => since <= at && at < until && matchAll(matchers, labels),
  );
  if (quiet !== undefined) {
    const why = `${quiet.by} wants quiet about ${quiet.what} until ${sayInstant(quiet.until)}: ${quiet.why}`;
    return { kind: 'silenced', by: quiet.id, why, at };
  }
  if (service === null) return null;
  const known = turn.state.told[service];
  if (known !== undefined) return { kind: 'grouped', by: known.by, why: `people know about ${service}`, at };
  const cause = troubledNeed(site, turn, service);
  return cause === null ? null : { kind: 'inhibited', by: cause, why: `it needs ${cause}, which is in trouble`, at };
};

/** Something that it needs, at any distance, of which people were told. */
const troubledNeed = (site: Site, turn: Turn, service: ServiceId): ServiceId | null => {
  const seen = new Set<ServiceId>([service]);
  for (const next of seen) {
    for (const need of findService(site, next)?.needs ?? []) {
      if (turn.state.told[need] !== undefined) return need;
      seen.add(need);
    }
  }
  return null;
};

const HINTS: Readonly<Record<string, string>> = {
  drift: 'It is put back as it was blessed, if policy allows it. More: sereno codex drift',
  anomaly: 'Nothing is known to be broken, and nothing was done. More: sereno anomaly list',
};

const wordOf = ({ key, kind, service, severityHint, title, reasons, since }: Finding, at: Instant): Notification => ({
  // What began again is another word: an old key would be taken for one that was said already.
  key: `finding:${key}@${since}`,
  kind: 'information',
  severity: severityHint,
  subject: service ?? 'sereno',
  title,
  body: [...reasons.map(sayReason), HINTS[kind] ?? 'Nothing was done about it.'].join('\n'),
  people: [],
  at,
});
