// How a request travels: by fetch in a browser, by something lighter in the command line.

export type Sending = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly signal: AbortSignal;
};

/** An answer whose body is still to be read: either whole, or as it comes. */
export type Arrived = {
  readonly status: number;
  readonly text: () => Promise<string>;
  /** Calls `take` with each piece of text until the far side ends; rejects when the connection breaks. */
  readonly chunks: (take: (text: string) => void) => Promise<void>;
};

/** Rejects when nothing answers. */
export type Transport = (sending: Sending) => Promise<Arrived>;

const readChunks = async (response: Response, take: (text: string) => void): Promise<void> => {
  if (response.body === null) return;
  const decoder = new TextDecoder();
  // A reader by hand, because Safari cannot iterate over a stream. No limit on the chunks: it lives until a side ends it.
  const reader = response.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    take(decoder.decode(part.value, { stream: true }));
  }
};

export const byFetch: Transport = async ({ url, method, headers, body, signal }) => {
  const response = await fetch(url, { method, headers, signal, ...(body === null ? {} : { body }) });
  return {
    status: response.status,
    text: () => response.text(),
    chunks: (take) => readChunks(response, take),
  };
};
