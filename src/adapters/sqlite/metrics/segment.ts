// A segment: points of one series packed into bytes. A look of a check takes three or four, an hour of a steady counter
// less than two each. A row of the detail level is some segments one after the other, each with its length before it.
//
// Times are differences of differences, so that a beat costs one byte. Values are whole numbers as they are (looks),
// differences of decimals, doubles as they are, or histograms, whichever holds them all.

import { ByteReader, decimalsOf, tenTo, type ByteWriter } from '#kernel/bytes.ts';
import { Histogram } from '#kernel/histogram.ts';

/** One point of a segment, in order of time. */
export type Cell = { readonly at: number; readonly value: number; readonly histogram: Histogram | null };

type Form = 'looks' | 'decimals' | 'doubles' | 'histograms';
const FORMS: readonly Form[] = ['looks', 'decimals', 'doubles', 'histograms'];

/** Beyond this a difference of two would not be a safe integer any more. */
const WHOLE_MAX = 2 ** 48;

const formOf = (cells: readonly Cell[], isLooks: boolean): readonly [Form, number] => {
  if (isLooks) return ['looks', 0];
  if (cells.some(({ histogram }) => histogram !== null)) return ['histograms', 0];
  let decimals = 0;
  for (const { value } of cells) decimals = Math.max(decimals, decimalsOf(value));
  const isSmall = cells.every(({ value }) => Math.abs(value) * tenTo(decimals) < WHOLE_MAX);
  // What a few decimals hold, more of them hold too, unless rounding spoils it.
  const isExact = cells.every(({ value }) => Math.round(value * tenTo(decimals)) / tenTo(decimals) === value);
  return decimals <= 6 && isSmall && isExact ? ['decimals', decimals] : ['doubles', 0];
};

/** Packs points in order of time; times are written as milliseconds since `base`. */
export const writeSegment = (writer: ByteWriter, cells: readonly Cell[], base: number, isLooks: boolean): void => {
  const [form, decimals] = formOf(cells, isLooks);
  writer.byte(FORMS.indexOf(form) + decimals * FORMS.length);
  writer.varint(cells.length);
  writeTimes(writer, cells, base);
  let before = 0;
  for (const { value, histogram } of cells) {
    if (form === 'looks') writer.varint(value);
    else if (form === 'doubles') writer.float64(value);
    else if (form === 'histograms') (histogram ?? new Histogram()).write(writer);
    else {
      const whole = Math.round(value * tenTo(decimals));
      writer.signed(whole - before);
      before = whole;
    }
  }
};

const writeTimes = (writer: ByteWriter, cells: readonly Cell[], base: number): void => {
  let before = base;
  let pause = 0;
  for (const { at } of cells) {
    writer.signed(at - before - pause);
    pause = at - before;
    before = at;
  }
};

/** Reads one segment and hands over its points in order. Throws BadBytes when it is damaged. */
export const readSegment = (reader: ByteReader, base: number, visit: (cell: Cell) => void): void => {
  const head = reader.byte();
  const form = FORMS[head % FORMS.length];
  const factor = tenTo(Math.floor(head / FORMS.length));
  const times = new Float64Array(reader.count());
  let before = base;
  let pause = 0;
  for (let index = 0; index < times.length; index += 1) {
    pause += reader.signed();
    before += pause;
    times[index] = before;
  }
  let whole = 0;
  for (const at of times) {
    if (form === 'looks') visit({ at, value: reader.varint(), histogram: null });
    else if (form === 'doubles') visit({ at, value: reader.float64(), histogram: null });
    else if (form === 'histograms') visit({ at, value: 0, histogram: readHistogram(reader) });
    else {
      whole += reader.signed();
      visit({ at, value: whole / factor, histogram: null });
    }
  }
};

const readHistogram = (reader: ByteReader): Histogram => {
  const histogram = new Histogram();
  histogram.mergeFrom(reader);
  return histogram;
};

/** A row of the detail level with one more segment at its end. */
export const addSegment = (writer: ByteWriter, row: Uint8Array | null, segment: Uint8Array): void => {
  if (row !== null) writer.raw(row);
  writer.block(segment);
};

/** All points of a row of the detail level: in order within each segment, and late ones in a later segment. */
export const readDetail = (row: Uint8Array, base: number, visit: (cell: Cell) => void): void => {
  const reader = new ByteReader(row);
  while (!reader.isAtEnd()) readSegment(new ByteReader(reader.block()), base, visit);
};
