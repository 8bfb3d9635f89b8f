// Guard: keeps what a driver throws inside its own listeners from ending the program.
//
// Drivers parse what a far side says inside the `data` listener of a socket. Some throw on garbage (pg 8 does, on a row
// that claims more columns than an array can hold), and a throw in a listener is an uncaught exception of the process.

/** As much of an event emitter as is needed. */
export type Emitter = { emit: (name: string, ...values: readonly unknown[]) => boolean };

/** From now on, whatever a listener of `emitter` throws goes to `caught` instead. */
export const guard = (emitter: Emitter, caught: (error: unknown) => void): void => {
  const emit = emitter.emit.bind(emitter);
  emitter.emit = (name, ...values) => {
    try {
      return emit(name, ...values);
    } catch (error) {
      caught(error);
      return true;
    }
  };
};

/**
 * From now on `emitter` tells its listeners only those chunks of data that are welcome. A driver's parser believes what
 * a far side says of lengths: what it would choke on must not reach it.
 */
export const gate = <Chunk>(emitter: Emitter, isWelcome: (chunk: Chunk) => boolean): void => {
  const emit = emitter.emit.bind(emitter);
  emitter.emit = (name, ...values) =>
    name === 'data' && !isWelcome(values[0] as Chunk) // decoder: a socket without an encoding gives Buffers
      ? true
      : emit(name, ...values);
};
