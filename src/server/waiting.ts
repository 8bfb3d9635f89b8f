// The waiting room: requests that wait until something has changed. Bounded, and nobody is left in it when the server closes.

/** Half of the connections that the server takes: pages and programs that do not wait find the other half. */
const SEATS = 256;

export type Waited = 'changed' | 'over' | 'gone' | 'closing';

export type WaitingRoom = {
  /**
   * Waits until `look` says that it is so, asked whenever `listen` calls. `over`: the time has passed; `gone`: the client has.
   * Null: there is no seat.
   */
  readonly wait: (it: {
    readonly look: () => boolean;
    readonly listen: (listener: () => void) => () => void;
    readonly onGone: (gone: () => void) => () => void;
    readonly ms: number;
  }) => Promise<Waited> | null;
  readonly seated: () => number;
  /** Sends everybody home. */
  readonly close: () => void;
};

export const makeWaitingRoom = (seats = SEATS): WaitingRoom => {
  const guests = new Set<(how: Waited) => void>();
  let isClosed = false;
  return {
    wait: ({ look, listen, onGone, ms }) => {
      if (guests.size >= seats) return null;
      if (isClosed) return Promise.resolve('closing');
      return new Promise((resolve) => {
        const leave = (how: Waited): void => {
          if (!guests.delete(leave)) return;
          clearTimeout(timer);
          forget();
          stay();
          resolve(how);
        };
        const timer = setTimeout(() => leave('over'), ms);
        guests.add(leave);
        const forget = listen(() => look() && leave('changed'));
        const stay = onGone(() => leave('gone'));
        // It may have become so between the request and this line.
        if (look()) leave('changed');
      });
    },
    seated: () => guests.size,
    close: () => {
      isClosed = true;
      for (const leave of guests) leave('closing');
    },
  };
};
