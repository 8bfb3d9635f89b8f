// Visible: foreign text made safe to show, so that no answer from outside can draw on a person's terminal.

/**
 * C0 and C1 controls, DEL, and the characters that reorder or hide text (bidirectional marks and embeddings, zero width,
 * line and paragraph separators, byte order mark): all that could make a line look like another one.
 */
const HIDDEN = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

const escape = (character: string): string => `\\u{${character.charCodeAt(0).toString(16)}}`;

/** Control and invisible characters are written out, as in `\\u{1b}`; line ends and tabs too. */
export const visible = (text: string): string => text.replace(HIDDEN, escape);

/** The beginning of a foreign text in quotes, at most `limit` characters, safe to put into a message. */
export const excerpt = (text: string, limit = 80): string => {
  const head = text.slice(0, limit).toWellFormed();
  return `"${visible(head)}${text.length > limit ? '…' : ''}"`;
};
