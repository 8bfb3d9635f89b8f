// Parts of the health score, of one service and of the site; and what keeps a raw event from people.

import type { AlertsView, HealthScore, RawAlert, Reach, ServiceView, Suppression } from '../live/wire.ts';

/** In the order and with the weights of the judge (docs/health.md); a part that does not apply gives its weight to the others. */
export const PARTS = [
  { name: 'checks', weight: 50, says: 'the worst check' },
  { name: 'targets', weight: 20, says: 'what was promised' },
  { name: 'needs', weight: 20, says: 'what it needs' },
  { name: 'freshness', weight: 10, says: 'how fresh the looks are' },
] as const;
export type PartName = (typeof PARTS)[number]['name'];
export type Parts = Readonly<Record<PartName, number | null>>;

const meanOf = (values: readonly (number | null)[]): number | null => {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
};

/** Each part as the mean of the services that have it. What a person stopped does not count, as in the score itself. */
export const partsOfSite = (services: readonly ServiceView[]): Parts => {
  const scores: readonly HealthScore[] = services.filter((it) => it.phase !== 'stopped').map((it) => it.score);
  return {
    checks: meanOf(scores.map((score) => score.checks)),
    targets: meanOf(scores.map((score) => score.targets)),
    needs: meanOf(scores.map((score) => score.needs)),
    freshness: meanOf(scores.map((score) => score.freshness)),
  };
};

/** Open ones: what nobody was told of by anybody's will first, then the newest. */
export const openAlerts = ({ alerts }: AlertsView): readonly RawAlert[] =>
  alerts.filter((alert) => alert.endedAt === null).toSorted((a, b) => b.since - a.since);

/** The suppression that an alert was silenced by; null: another fate, or it is over. */
export const suppressionOf = (alert: RawAlert, suppressions: readonly Suppression[]): Suppression | null =>
  alert.fate.kind === 'silenced' ? (suppressions.find(({ id }) => id === alert.fate.by) ?? null) : null;

/** From each service, whom it does not reach or is not known to. */
export const notReached = (reach: readonly Reach[]): readonly Reach[] =>
  reach.filter(({ state }) => state !== 'reached');
