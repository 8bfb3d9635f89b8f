// XML and HTML in an answer: a reader of tags, small enough to be trusted with foreign text.
//
// XML is well-formed when every element is closed in its order and there is one root (XML 1.0, 2.1). Declarations of a document
// type are refused: with entities a short text unfolds to a book. HTML is held to the same, but for elements that are never
// closed, and names have to be HTML's.

import { yesOrNo, type Found } from './found.ts';

type Reading = {
  /** Where the root ends. */
  readonly end: number;
  /** Paths from the root, with dots. */
  readonly paths: ReadonlySet<string>;
  readonly root: string;
};

const NAME = String.raw`[A-Za-z_][\w.:-]*`;
const TEXT_BETWEEN = /[^<]+/y;
const SKIPPED = /<!--(?:(?!--)[\s\S])*-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?(?!xml\s)[\s\S]*?\?>/y;
const CLOSING = new RegExp(String.raw`</(${NAME})\s*>`, 'y');
const OPENING_XML = new RegExp(String.raw`<(${NAME})((?:\s+${NAME}\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(/?)>`, 'y');
const OPENING_HTML = new RegExp(
  String.raw`<(${NAME})((?:\s+[^\s"'<>/=]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>\x60]+))?)*)\s*(/?)>`,
  'y',
);

/** An ampersand begins an entity of the five, or a character reference (XML 1.0, 4.6). */
const BARE_AMPERSAND = /&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[\da-fA-F]+);)/;

type Language = {
  readonly opening: RegExp;
  readonly isVoid: (name: string) => boolean;
  readonly isKnown: (name: string) => boolean;
  readonly isTextRight: (text: string) => boolean;
};

const XML: Language = {
  opening: OPENING_XML,
  isVoid: () => false,
  isKnown: () => true,
  isTextRight: (text) => !BARE_AMPERSAND.test(text),
};

const VOID = /^(area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)$/i;
const HTML_NAMES =
  /^(a|abbr|address|area|article|aside|audio|b|base|bdi|bdo|blockquote|body|br|button|canvas|caption|cite|code|col|colgroup|data|datalist|dd|del|details|dfn|dialog|div|dl|dt|em|embed|fieldset|figcaption|figure|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|ins|kbd|label|legend|li|link|main|map|mark|menu|meta|meter|nav|noscript|object|ol|optgroup|option|output|p|picture|pre|progress|q|rp|rt|ruby|s|samp|script|section|select|small|source|span|strong|style|sub|summary|sup|svg|path|g|circle|rect|table|tbody|td|template|textarea|tfoot|th|thead|time|title|tr|track|u|ul|var|video|wbr)$/i;

const HTML: Language = {
  opening: OPENING_HTML,
  isVoid: (name) => VOID.test(name),
  isKnown: (name) => HTML_NAMES.test(name),
  isTextRight: () => true,
};

const matchAt = (pattern: RegExp, text: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at;
  return pattern.exec(text);
};

/** Deeper than any document that a person asked for. */
const DEPTH_MAX = 100;

/** Reads one element with all that is in it; null: it is not well-formed. */
const readElement = (text: string, from: number, language: Language): Reading | null => {
  const open: string[] = [];
  const paths = new Set<string>();
  let root = '';
  let at = from;
  while (at < text.length) {
    const skipped = open.length > 0 ? (matchAt(SKIPPED, text, at) ?? matchAt(TEXT_BETWEEN, text, at)) : null;
    const closing = matchAt(CLOSING, text, at);
    const opening = matchAt(language.opening, text, at);
    const token = skipped ?? closing ?? opening;
    if (token === null || (skipped !== null && !skipped[0].startsWith('<') && !language.isTextRight(skipped[0])))
      return null;
    at += token[0].length;
    if (closing !== null && open.pop() !== closing[1]) return null;
    if (opening !== null && skipped === null) {
      const [, name = '', attributes = '', slash] = opening;
      if (open.length >= DEPTH_MAX || !language.isKnown(name) || !language.isTextRight(attributes)) return null;
      if (root === '') root = name;
      paths.add([...open, name].join('.'));
      if (slash !== '/' && !language.isVoid(name)) open.push(name);
    }
    if (open.length === 0) return { end: at, paths, root };
  }
  return null;
};

/** What may stand before a root and after it. */
const PROLOG = /^\s*(?:<\?xml\s[^<>]*\?>)?\s*(?:<!--(?:(?!--)[\s\S])*-->\s*)*/;
const EPILOG = /^\s*(?:<!--(?:(?!--)[\s\S])*-->\s*)*$/;

const readDocument = (text: string): Reading | null => {
  const from = PROLOG.exec(text)?.[0].length ?? 0;
  const reading = readElement(text, from, XML);
  return reading !== null && EPILOG.test(text.slice(reading.end)) ? reading : null;
};

const PLACES_MAX = 100;

const fragmentsIn = (text: string, language: Language): readonly Reading[] => {
  const found: Reading[] = [];
  let from = 0;
  for (let place = 0; place < PLACES_MAX; place += 1) {
    const begin = text.slice(from).search(/<[A-Za-z_]/);
    if (begin < 0) break;
    const reading = readElement(text, from + begin, language);
    if (reading !== null) found.push(reading);
    from = reading?.end ?? from + begin + 1;
  }
  return found;
};

/** `elements`: paths from the root, as in `root.child`, all of which have to be there. */
export const holdsXml = (text: string, isWhole: boolean, elements: readonly string[]): Found => {
  const document = readDocument(text);
  const readings = document !== null ? [document] : isWhole ? [] : fragmentsIn(text, XML);
  if (readings.length === 0) return yesOrNo(false, isWhole ? 'it is not well-formed XML' : 'there is no XML in it');
  const missing = readings.map(({ paths }) => elements.filter((path) => !paths.has(path)));
  const holds = missing.some((some) => some.length === 0);
  return yesOrNo(holds, holds ? 'well-formed' : `without ${missing[0]?.join(', ') ?? ''}`);
};

/** Looking for the end of each tag takes the square of the length. */
const SIGNS_TEXT_MAX = 20_000;

const DOCTYPE = /^\s*<!doctype html[^<>]*>/i;
/** Signs of HTML, of which two have to be there: one alone is in many a sentence. */
const SIGNS = [
  /<([a-z][a-z0-9]*)\b[^<>]*>[\s\S]*?<\/\1>/i,
  /<[a-z][^<>]*\/>/i,
  /&(?:[a-z]{2,8}|#\d{1,7});/i,
  /<[a-z]+\s+[a-z-]+=["'][^"'<>]*["']/i,
  /<!--/,
  DOCTYPE,
  /<(?:br|hr|img|input)\b[^<>]*>/i,
];

export const holdsHtml = (text: string, isWhole: boolean): Found => {
  if (!isWhole) {
    const head = text.slice(0, SIGNS_TEXT_MAX);
    const count = SIGNS.filter((sign) => sign.test(head)).length;
    return yesOrNo(count >= 2 && fragmentsIn(text, HTML).length > 0, `${count} signs of HTML`);
  }
  let rest = text.replace(DOCTYPE, '').trim();
  let elements = 0;
  while (rest !== '') {
    const reading = readElement(rest, 0, HTML);
    if (reading === null) return yesOrNo(false, 'it is not HTML from its beginning to its end');
    elements += 1;
    rest = rest.slice(reading.end).trim();
  }
  return yesOrNo(elements > 0, `${elements} elements`);
};
