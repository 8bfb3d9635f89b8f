// Encodings: base64, hexadecimal and UTF-8, strict in what is read: one text stands for one sequence of bytes.

const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const VALUES = new Map(STANDARD.split('').map((letter, value) => [letter, value]));
const PLAIN = /^[A-Za-z0-9+/]*={0,2}$/;
const URL_SAFE = /^[A-Za-z0-9_-]*={0,2}$/;

/** Base64 (RFC 4648, section 4), padded. */
export const toBase64 = (bytes: Uint8Array): string => {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
    const letters = [18, 12, 6, 0].map((shift) => STANDARD[(group >> shift) & 63] ?? '');
    text += letters.slice(0, Math.min(4, bytes.length - at + 1)).join('');
  }
  return text.padEnd(Math.ceil(bytes.length / 3) * 4, '=');
};

/** Base64, standard or URL-safe, padded or not. Null: not base64, or bits are left over that are not zero. */
export const fromBase64 = (text: string): Uint8Array | null => {
  if (!PLAIN.test(text) && !URL_SAFE.test(text)) return null;
  const letters = text.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/');
  const isPadded = letters.length !== text.length;
  if (letters.length % 4 === 1 || (isPadded && text.length % 4 !== 0)) return null;
  const bytes = new Uint8Array(Math.floor((letters.length * 3) / 4));
  let [bits, count, filled] = [0, 0, 0];
  for (const letter of letters) {
    bits = ((bits << 6) | (VALUES.get(letter) ?? 0)) & 0xffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes[filled++] = bits >> count;
  }
  return (bits & ((1 << count) - 1)) === 0 ? bytes : null;
};

export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Hexadecimal in either case. Null: something else. */
export const fromHex = (text: string): Uint8Array | null => {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return null;
  return Uint8Array.from({ length: text.length / 2 }, (_, at) => Number.parseInt(text.slice(2 * at, 2 * at + 2), 16));
};

const unitsOf = (point: number): readonly number[] => {
  if (point < 0x80) return [point];
  const last = 0x80 | (point & 0x3f);
  if (point < 0x800) return [0xc0 | (point >> 6), last];
  const middle = 0x80 | ((point >> 6) & 0x3f);
  if (point < 0x1_0000) return [0xe0 | (point >> 12), middle, last];
  return [0xf0 | (point >> 18), 0x80 | ((point >> 12) & 0x3f), middle, last];
};

/** UTF-8. Half a pair of surrogates becomes U+FFFD, as everywhere; check `isWellFormed` where two texts must not meet. */
export const toUtf8 = (text: string): Uint8Array => {
  const bytes = new Uint8Array(text.length * 3);
  let filled = 0;
  for (const letter of text.toWellFormed()) {
    for (const unit of unitsOf(letter.codePointAt(0) ?? 0)) bytes[filled++] = unit;
  }
  return bytes.subarray(0, filled);
};

/** How many bytes follow a first byte; null: it cannot be the first. */
const tailOf = (first: number): number | null => {
  if (first < 0x80) return 0;
  if (first >= 0xc2 && first <= 0xdf) return 1;
  if (first >= 0xe0 && first <= 0xef) return 2;
  return first >= 0xf0 && first <= 0xf4 ? 3 : null;
};

/** The least point that needs so many bytes after the first; below it the form is too long. */
const LEAST = [0, 0x80, 0x800, 0x1_0000];

const pointAt = (bytes: Uint8Array, at: number, tail: number): number | null => {
  let point = (bytes[at] ?? 0) & (tail === 0 ? 0x7f : 0x3f >> tail);
  for (let next = 1; next <= tail; next += 1) {
    const unit = bytes[at + next] ?? 0;
    if ((unit & 0xc0) !== 0x80) return null;
    point = (point << 6) | (unit & 0x3f);
  }
  const isSurrogate = point >= 0xd800 && point <= 0xdfff;
  return point < (LEAST[tail] ?? 0) || point > 0x10_ffff || isSurrogate ? null : point;
};

/** Strict: null when the bytes are not UTF-8 (RFC 3629), so that no two sequences are the same text. */
export const fromUtf8 = (bytes: Uint8Array): string | null => {
  const letters: string[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tail = tailOf(bytes[at] ?? 0);
    const point = tail === null ? null : pointAt(bytes, at, tail);
    if (tail === null || point === null) return null;
    letters.push(String.fromCodePoint(point));
    at += 1 + tail;
  }
  return letters.join('');
};
