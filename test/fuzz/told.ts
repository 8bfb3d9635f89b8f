// Told: what the thread that tries inputs and the one that watches it say to each other.

/** Two counters at the head of the shared memory: inputs begun, and the length of the one under way. */
export const HEADER_BYTES = 8;
export const MEMORY_BYTES = HEADER_BYTES + 65_536;

export type Job = {
  readonly target: string;
  readonly inputs: number;
  readonly seed: number;
  /** Inputs that broke something once: they come first. */
  readonly kept: readonly Uint8Array[];
  readonly memory: SharedArrayBuffer;
};

export type Told =
  | { readonly kind: 'broken'; readonly input: Uint8Array; readonly trouble: string }
  | {
      readonly kind: 'ended';
      readonly inputs: number;
      readonly slowestMs: number;
      readonly slowest: Uint8Array;
    };
