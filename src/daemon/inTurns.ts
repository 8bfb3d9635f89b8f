// Work in turns: between two of its steps everything else that waits has its turn, so that a long answer stops no watch.

/** Turns the work to its end; each step in a turn of its own of the event loop. What it throws rejects. */
export const inTurns = <Value>(work: Generator<undefined, Value>): Promise<Value> =>
  new Promise((resolve, reject) => {
    const turn = (): void => {
      try {
        const step = work.next();
        if (step.done === true) resolve(step.value);
        else setImmediate(turn);
      } catch (thrown) {
        reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
      }
    };
    turn();
  });
