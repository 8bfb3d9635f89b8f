// The health page in words: an owl for people, one line for each service, and the same as JSON for programs.

import { visible } from '#api/visible.ts';
import type { HealthState } from '#kernel/health.ts';
import { sayInstant } from '#kernel/reason.ts';
import type { TownView } from '#kernel/view.ts';
import type { Status } from './reply.ts';

/** Degraded still serves; unknown is never healthy. */
export const HEALTH_STATUS: Record<HealthState, Status> = {
  healthy: 200,
  degraded: 200,
  unhealthy: 503,
  unknown: 503,
};

/** Eyes of the owl: open when it sees that all is well, wide when it is not, shut when it cannot see. */
const EYES: Record<HealthState, string> = { healthy: 'o.o', degraded: 'o.O', unhealthy: 'O.O', unknown: '-.-' };

export const healthReport = (town: TownView) => ({
  health: town.health,
  score: town.score,
  at: town.at,
  services: town.services.map(({ id, health, score, headline }) => ({ id, health, score: score.value, headline })),
});

/** Plain text of at most one line for each service, for `curl` and for a wall. */
export const healthText = (town: TownView): string => {
  const width = Math.max(0, ...town.services.map((service) => service.id.length));
  const lines = town.services.map((service) =>
    visible(`${service.id.padEnd(width)}  ${service.health.padEnd(9)}  ${service.headline}`),
  );
  const owl = [
    ' ,___,',
    ` {${EYES[town.health]}}   ${visible(town.site)} is ${town.health}`,
    ` /)_)    ${sayInstant(town.at)}, ${town.services.length} services`,
    '  ""',
  ];
  return `${[...owl, ...lines].join('\n')}\n`;
};
