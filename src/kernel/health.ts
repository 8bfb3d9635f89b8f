// Health: four words, and unknown is never healthy.

export type HealthState = 'unknown' | 'healthy' | 'degraded' | 'unhealthy';

/** Worse states have higher numbers. Unknown stands between degraded and unhealthy: it may hide either. */
const WORSE: Record<HealthState, number> = { healthy: 0, degraded: 1, unknown: 2, unhealthy: 3 };

/** The worst of several states; nothing at all is unknown. */
export const worstHealth = (states: readonly HealthState[]): HealthState =>
  states.length === 0 ? 'unknown' : states.reduce((worst, state) => (WORSE[state] > WORSE[worst] ? state : worst));

/** True only for states in which a dependant may rely on the service. */
export const canBeReliedOn = (state: HealthState): boolean => state === 'healthy' || state === 'degraded';
