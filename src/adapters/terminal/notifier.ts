// The terminal as a channel: always there, one block a message, safe against hostile text.

import type { Notification } from '#kernel/notification.ts';
import { sayInstant } from '#kernel/reason.ts';
import type { Notifier } from '#ports/notifier.ts';
import { visible } from '#ports/visible.ts';

/** What the notifier needs of a stream. */
export type Stream = { readonly write: (text: string) => boolean; readonly isTTY?: boolean };

/** A page carries about a dozen steps; more than this would push what matters off the screen. */
const BODY_LINES_MAX = 30;

const COLOUR: Record<Notification['kind'], number> = { trouble: 31, recovered: 32, page: 35, information: 36 };

const SIGN: Record<Notification['kind'], string> = { trouble: '!', recovered: '+', page: '!!', information: 'i' };

const headOf = (it: Notification): string => {
  const people = it.people.length === 0 ? '' : ` → ${it.people.map(visible).join(', ')}`;
  return `${SIGN[it.kind]} ${sayInstant(it.at)} ${it.severity} ${visible(it.title)}${people}`;
};

/** The block as text, without colour: the title, then the body, indented. */
export const blockOf = (it: Notification): readonly string[] => {
  const lines = it.body.split('\n').slice(0, BODY_LINES_MAX);
  return [headOf(it), ...lines.map((line) => `    ${visible(line)}`)];
};

/**
 * Makes the notifier. Colours only where the stream is a terminal and NO_COLOR is not set (no-color.org).
 * A stream that cannot be written is reported as not delivered.
 */
export const makeTerminalNotifier = (
  stream: Stream,
  hasColour = stream.isTTY === true && !process.env['NO_COLOR'],
): Notifier => ({
  deliver: (_key, notification, report) => {
    const [head, ...body] = blockOf(notification);
    const shown = hasColour ? `\u001b[${COLOUR[notification.kind]}m${head ?? ''}\u001b[0m` : (head ?? '');
    try {
      stream.write(`${[shown, ...body].join('\n')}\n`);
      report({ isDelivered: true, detail: 'shown on the terminal' });
    } catch (error) {
      report({
        isDelivered: false,
        detail: `the terminal is gone: ${visible(error instanceof Error ? error.message : String(error))}`,
      });
    }
  },
});
