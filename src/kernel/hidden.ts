// Hidden characters: those that change what a person sees of a text and not what a program or a model reads in it.
//
// Whoever reviews a text approves what is seen. Marks of direction show it in another order (Unicode TR 36, "Trojan source"),
// tag characters are not shown at all, control characters move the cursor of a terminal. No text needs them here.

/** What was found: where (index in UTF-16 code units), and how it is written in a message: `U+202E`. */
export type Hidden = { readonly index: number; readonly name: string };

/**
 * C0 and C1 controls but tab and line ends; marks of direction; separators; a mark of byte order inside; tag characters; and
 * two selectors of variants in a row, which no script has: one after a letter chooses its form, many of them carry bytes.
 */
const HIDDEN =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\u{e0000}-\u{e007f}]|[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]{2}/u;

/** The first hidden character of a text; null when there is none. */
export const hiddenIn = (text: string): Hidden | null => {
  const found = HIDDEN.exec(text);
  if (found === null) return null;
  const code = found[0].codePointAt(0) ?? 0;
  return { index: found.index, name: `U+${code.toString(16).toUpperCase().padStart(4, '0')}` };
};

const ALL_HIDDEN = new RegExp(HIDDEN, 'gu');
/** A name that is longer than this is none. */
const QUOTED_MAX = 200;

/** A word that somebody typed, as it may stand in a message: in quotes, of a sane length, with nothing hidden in it. */
export const quoted = (text: string): string =>
  JSON.stringify(text.length <= QUOTED_MAX ? text : `${text.slice(0, QUOTED_MAX)}…`).replaceAll(ALL_HIDDEN, (hidden) =>
    Array.from(hidden, (letter) => `\\u{${(letter.codePointAt(0) ?? 0).toString(16)}}`).join(''),
  );
