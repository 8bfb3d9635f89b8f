// A service: something that should be well, how to tell, and how to bring it back.

import type { Check } from './check.ts';
import type { PersonId, ServiceId } from './id.ts';
import type { Target } from './target.ts';
import type { DurationMs } from './time.ts';

export type Tier = 'core' | 'app';
export type Environment = 'dev' | 'staging' | 'production';

/** Who runs the service. Kinds without a driver yet are accepted and listed as declared, not yet active. */
export type Workload =
  | { readonly kind: 'none' }
  | {
      /** Sereno is the parent: own process group, captured logs, graceful stop. */
      readonly kind: 'process';
      readonly command: readonly string[];
      readonly cwd: string | null;
      readonly env: Readonly<Record<string, string>>;
      readonly stopSignal: 'SIGTERM' | 'SIGINT' | 'SIGQUIT' | 'SIGHUP';
      /** After the stop signal, this long until SIGKILL. */
      readonly stopTimeoutMs: DurationMs;
      /** `warm`: a second copy has loaded everything and waits for its word; see docs/drivers.md. */
      readonly standby: 'none' | 'warm';
    }
  | {
      /** Shell lines; `status` exits 0 when the service runs. */
      readonly kind: 'command';
      readonly start: string;
      readonly stop: string;
      readonly status: string | null;
      readonly timeoutMs: DurationMs;
    }
  | { readonly kind: 'docker' | 'systemd' | 'pm2' | 'kubernetes'; readonly params: Readonly<Record<string, unknown>> };

/** At most `count` restarts in any window of this length: a true sliding window. */
export type RestartBudget = { readonly count: number; readonly windowMs: DurationMs };

export type Service = {
  readonly id: ServiceId;
  readonly tier: Tier;
  readonly owner: PersonId | null;
  readonly needs: readonly ServiceId[];
  readonly mustRun: boolean;
  /** Share of user traffic that crosses this service, 0..100. */
  readonly trafficPercent: number;
  readonly replicas: number;
  readonly workload: Workload;
  readonly checks: readonly Check[];
  readonly targets: readonly Target[];
  readonly restartBudget: RestartBudget;
  /** A restart has worked when the checks stayed well for this long. */
  readonly stableAfterMs: DurationMs;
  /** Time from start to the first healthy check before the start has failed. */
  readonly startTimeoutMs: DurationMs;
};

/** True when Sereno can start, stop and restart the service now. */
export const isOperable = (workload: Workload): boolean => workload.kind === 'process' || workload.kind === 'command';
