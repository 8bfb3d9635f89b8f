// Frames of a server-sent event stream, written and read (WHATWG HTML, section 9.2).

export type Frame = { readonly event: string; readonly body: string; readonly id: string | null };

/** One frame as text. `body` is JSON, so it holds no line break. */
export const frameText = (frame: Frame): string =>
  `${frame.id === null ? '' : `id: ${frame.id}\n`}event: ${frame.event}\ndata: ${frame.body}\n\n`;

/** Longest frame that a reader keeps in hand: a service with a thousand checks is about 6 MB. */
const FRAME_LENGTH_MAX = 16_000_000;

const readFrame = (block: string): Frame | null => {
  const lines = block.split(/\r\n|\n|\r/);
  const valueOf = (field: string): readonly string[] =>
    lines.filter((line) => line.startsWith(`${field}:`)).map((line) => line.slice(field.length + 1).replace(/^ /, ''));
  const body = valueOf('data');
  if (body.length === 0) return null;
  return { event: valueOf('event').at(-1) ?? 'message', body: body.join('\n'), id: valueOf('id').at(-1) ?? null };
};

/** A reader that takes text as it arrives and gives the frames that are complete. Comments are dropped. */
export const frameReader = (): ((text: string) => readonly Frame[]) => {
  let rest = '';
  return (text) => {
    const blocks = (rest + text).split(/\r\n\r\n|\n\n|\r\r/);
    rest = blocks.pop() ?? '';
    if (rest.length > FRAME_LENGTH_MAX) rest = '';
    return blocks.map(readFrame).filter((frame) => frame !== null);
  };
};
