// Looking back: the looks at a check that counted, read again from the metrics, as they were seen at the time.
//
// The store answers while everything else waits. So it is asked for one slice after the other, and whoever turns this
// lets others in between (bench/metrics.ts says how long a slice takes).

import type { Look } from '#judge/release/before.ts';
import type { CheckId, ServiceId } from '#kernel/id.ts';
import { durationMs, instant, later, minutes, type Instant } from '#kernel/time.ts';
import type { LookHistory, Span } from '#ports/metrics.ts';
import { excuseKey, SAID_AGAIN_MS } from './excuses.ts';

/** A row of the embedded store. Slices end where rows end: none is unpacked twice. */
const SLICE_MS = minutes(20);
/** An excuse that holds was said so long before at most; twice, because it is said at a look, and looks are apart. */
const SAID_BEFORE_MS = durationMs(2 * SAID_AGAIN_MS);

export type LookedAt = { readonly service: ServiceId; readonly check: CheckId };

function* slicesOf({ from, to }: Span): Generator<Span> {
  for (let at: number = from; at < to;) {
    const end = Math.min(to, (Math.floor(at / SLICE_MS) + 1) * SLICE_MS);
    yield { from: instant(at), to: instant(end) };
    at = end;
  }
}

/** Each look of the span that counted, oldest first. Unknown is neither good nor bad, and does not count. */
export function* lookBack(
  history: LookHistory,
  { service, check }: LookedAt,
  span: Span,
  visit: (at: Instant, look: Look) => void,
): Generator<undefined, void> {
  const key = excuseKey(service);
  const saidBefore = history.points(key, { from: later(span.from, -SAID_BEFORE_MS), to: span.from });
  let isExcused = saidBefore.at(-1)?.value === 1;
  for (const slice of slicesOf(span)) {
    const said = history.points(key, slice);
    let next = 0;
    const hearUpTo = (at: Instant): void => {
      for (let turn = said[next]; turn !== undefined && turn.at <= at; turn = said[next]) {
        isExcused = turn.value === 1;
        next += 1;
      }
    };
    history.eachSample(check, slice, ({ at, state, latencyMs }) => {
      hearUpTo(at);
      if (!isExcused && state !== 'unknown') visit(at, { isFailed: state === 'unhealthy', latencyMs });
    });
    hearUpTo(slice.to);
    yield;
  }
}
