// The heartbeat: tells somebody outside that the watchman is awake, so that his silence is noticed.

import type { Site } from '#kernel/site.ts';
import { later } from '#kernel/time.ts';
import type { Cancel, Clock } from '#ports/clock.ts';

/** A dead man's switch that answers slower is told at the next beat. */
const BEAT_WITHIN_MS = 5_000;

/**
 * Beats while `isAwake` says so: a watchman whose store does not write or whose machines are broken keeps silent,
 * which is what the far side is there to notice. Failures go to `onTrouble` and are not tried again before the next beat.
 */
export const startHeartbeat = (parts: {
  readonly clock: Clock;
  readonly heartbeat: () => Site['heartbeat'];
  readonly isAwake: () => boolean;
  readonly onTrouble: (detail: string) => void;
}): Cancel => {
  const { clock, heartbeat, isAwake, onTrouble } = parts;
  let cancel: Cancel = () => {};
  let isStopped = false;
  const beat = async (url: string): Promise<void> => {
    try {
      const answer = await fetch(url, {
        method: 'POST',
        signal: AbortSignal.timeout(BEAT_WITHIN_MS),
        redirect: 'error',
      });
      if (!answer.ok) onTrouble(`the heartbeat was answered ${answer.status}`);
    } catch (error) {
      onTrouble(`the heartbeat did not arrive: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const arm = (): void => {
    const declared = heartbeat();
    cancel = clock.at(later(clock.now(), declared?.everyMs ?? 60_000), () => {
      if (isStopped) return;
      const current = heartbeat();
      if (current !== null && !current.url.includes('${') && isAwake()) void beat(current.url);
      arm();
    });
  };
  arm();
  return () => {
    isStopped = true;
    cancel();
  };
};
