// Text from outside made harmless for a terminal: what would move the cursor, ring, colour or turn the writing round
// is shown as an escape instead.

/** Control characters, line and paragraph separators, and the marks that reorder text (Unicode UAX 9). */
const HOSTILE = /[\p{Cc}\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/gu;

/** One line of text in which every character can be seen: `\u001b[2J` stays readable and does nothing. */
export const visible = (text: string): string =>
  text.replace(HOSTILE, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
