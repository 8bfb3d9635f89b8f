// One line of a page of metrics: `name{label="value",…} value timestamp`.

import type { Labels } from '#kernel/series.ts';
import { excerpt } from '#ports/visible.ts';
import { readNumber } from './number.ts';

export type SampleLine = {
  readonly metric: string;
  readonly labels: Labels;
  /** May be NaN or ±Infinity. */
  readonly value: number;
  /** Milliseconds since the epoch; null when the line says none. */
  readonly at: number | null;
};

const METRIC = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL = /[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"([^"\\]*(?:\\[^][^"\\]*)*)"[ \t]*/y;
/** More labels on one series are a mistake or an attack; Prometheus' own limit is off by default. */
const LABELS_MAX = 128;
const LABEL_LENGTH_MAX = 4_096;
/** Longer lines are not read at all: the patterns below remember each step back through an escaped text. */
const LINE_LENGTH_MAX = 65_536;
/** The last instant that has a date (ECMA-262, 21.4.1.1). */
const AT_MAX = 8.64e15;

const unescape = (text: string): string =>
  text.includes('\\') ? text.replaceAll(/\\([\\"n])/g, (_whole, it: string) => (it === 'n' ? '\n' : it)) : text;

type Cursor = { readonly text: string; at: number };

/** Matches at the cursor and moves it. */
const match = (cursor: Cursor, pattern: RegExp): RegExpExecArray | null => {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text);
  if (found !== null) cursor.at = pattern.lastIndex;
  return found;
};

const near = (cursor: Cursor): string => excerpt(cursor.text.slice(cursor.at), 30);

/** The labels between the braces, the cursor behind the opening one; a text says what is wrong. */
const readLabels = (cursor: Cursor): Labels | string => {
  const labels = new Map<string, string>();
  for (;;) {
    const found = match(cursor, LABEL);
    if (found === null) break;
    const [, name = '', raw = ''] = found;
    if (labels.has(name)) return `the label ${name} stands twice`;
    if (labels.size >= LABELS_MAX || raw.length > LABEL_LENGTH_MAX) return 'the labels are too many or too long';
    labels.set(name, unescape(raw));
    if (cursor.text[cursor.at] !== ',') break;
    cursor.at += 1;
  }
  match(cursor, /[ \t]*/y);
  if (cursor.text[cursor.at] !== '}') return `a label or } is expected at ${near(cursor)}`;
  cursor.at += 1;
  // A label with an empty value is the same as no label (Prometheus data model).
  return Object.fromEntries([...labels].filter(([, value]) => value !== ''));
};

/** OpenMetrics says seconds, the older format milliseconds. */
const readAt = (text: string, isOpenMetrics: boolean): number | null => {
  if (!isOpenMetrics && !/^-?\d+$/.test(text)) return null;
  const value = readNumber(text);
  const at = value === null ? NaN : Math.trunc(isOpenMetrics ? value * 1_000 : value);
  return Math.abs(at) <= AT_MAX ? at : null;
};

/** Behind ` # ` stands an exemplar, which is read over. */
const withoutExemplar = (text: string): string => {
  const at = text.indexOf(' # {');
  return at < 0 ? text : text.slice(0, at);
};

/** Reads a line that is neither empty nor a comment; a text says what is wrong with it. */
export const readSample = (text: string, isOpenMetrics: boolean): SampleLine | string => {
  if (text.length > LINE_LENGTH_MAX) return `it is longer than ${LINE_LENGTH_MAX} characters`;
  const cursor: Cursor = { text, at: 0 };
  const metric = match(cursor, METRIC)?.[0];
  if (metric === undefined) return `a name is expected at ${near(cursor)}`;
  match(cursor, /[ \t]*/y);
  let labels: Labels | string = {};
  if (text[cursor.at] === '{') {
    cursor.at += 1;
    labels = readLabels(cursor);
    if (typeof labels === 'string') return labels;
  } else if (cursor.at === metric.length) return `a value is expected at ${near(cursor)}`;
  const rest = text.slice(cursor.at);
  const words = (isOpenMetrics ? withoutExemplar(rest) : rest).split(/[ \t]+/).filter((word) => word !== '');
  const [valueText = '', atText] = words;
  const value = readNumber(valueText);
  if (value === null) return `${excerpt(valueText, 30)} is not a value`;
  if (words.length > 2) return `${excerpt(words[2] ?? '', 30)} is too much`;
  if (atText === undefined) return { metric, labels, value, at: null };
  const at = readAt(atText, isOpenMetrics);
  return at === null ? `${excerpt(atText, 30)} is not a time` : { metric, labels, value, at };
};
