// Drawings: what each chart of the service page asks of the plot. Shape tells what colour tells: full, dashed, hatched.

import uPlot from 'uplot';
import { sayLatency } from '../frame/words.ts';
import type { BurnColumns } from './burn.ts';
import type { Columns, Mark } from './columns.ts';
import { axesOf, type Drawing, type Ink } from './plot.tsx';

const seconds = (ms: number): number => ms / 1_000;

/** 24-hour clocks, and the day beneath where it turns. */
const timeAxis = (axes: uPlot.Axis[]): uPlot.Axis[] => {
  const [time, ...others] = axes;
  return [
    {
      ...time,
      values: [
        [86_400, '{D} {MMM}', null, null, null, null, null, null, 1],
        [3_600, '{HH}:{mm}', '\n{D} {MMM}', null, null, null, null, null, 1],
        [60, '{HH}:{mm}', '\n{D} {MMM}', null, null, null, null, null, 1],
        [1, '{HH}:{mm}:{ss}', '\n{D} {MMM}', null, null, null, null, null, 1],
      ],
      size: 40,
    },
    ...others,
  ];
};

/** Where something began: a line from top to bottom with a flag, and its name beside it. */
const drawMarks =
  (marksNow: () => readonly Mark[], ink: Ink) =>
  (plot: uPlot): void => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = ink('lantern');
    ctx.fillStyle = ink('lantern');
    ctx.lineWidth = devicePixelRatio * 1.5;
    ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textBaseline = 'top';
    for (const mark of marksNow()) {
      const x = Math.round(plot.valToPos(seconds(mark.at), 'x', true));
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      const flag = 6 * devicePixelRatio;
      ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x + flag, bbox.top + flag / 2);
      ctx.lineTo(x, bbox.top + flag);
      ctx.fill();
      const isNearEnd = x > bbox.left + bbox.width - 90 * devicePixelRatio;
      ctx.textAlign = isNearEnd ? 'right' : 'left';
      ctx.fillText(shorten(mark.version), x + (isNearEnd ? -flag : flag * 1.6), bbox.top);
    }
    ctx.restore();
  };

const VERSION_LETTERS_MAX = 12;
const shorten = (version: string): string =>
  version.length <= VERSION_LETTERS_MAX ? version : `${version.slice(0, VERSION_LETTERS_MAX - 1)}…`;

/** Hatching for what is not known, as everywhere on the page. */
const hatch = (colour: string): CanvasPattern | string => {
  const tile = document.createElement('canvas');
  const size = 6 * devicePixelRatio;
  [tile.width, tile.height] = [size, size];
  const pen = tile.getContext('2d');
  if (pen === null) return colour;
  pen.strokeStyle = colour;
  pen.lineWidth = 1.5 * devicePixelRatio;
  pen.beginPath();
  pen.moveTo(0, size);
  pen.lineTo(size, 0);
  pen.stroke();
  return pen.createPattern(tile, 'repeat') ?? colour;
};

/** With some transparency, for an area. */
const pale = (colour: string, percent: number): string => `color-mix(in srgb, ${colour} ${percent}%, transparent)`;

const cursor: uPlot.Cursor = { y: false, drag: { x: false, y: false }, points: { size: 6 } };

export type Time = { readonly from: number; readonly to: number };

const scaleOf = (timeNow: () => Time): uPlot.Scale => ({
  time: true,
  range: () => [seconds(timeNow().from), seconds(timeNow().to)],
});

const mutable = (list: readonly (number | null)[]): (number | null)[] => [...list];

export type Surprise = { readonly at: number; readonly value: number };

/** A ring round each value that was an anomaly. */
const drawSurprises =
  (surprisesNow: () => readonly Surprise[], ink: Ink) =>
  (plot: uPlot): void => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = ink('degraded');
    ctx.lineWidth = 2 * devicePixelRatio;
    for (const { at, value } of surprisesNow()) {
      const x = plot.valToPos(seconds(at), 'x', true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      const y = Math.max(bbox.top + 8, Math.min(bbox.top + bbox.height, plot.valToPos(value, 'y', true)));
      ctx.beginPath();
      ctx.arc(x, y, 6 * devicePixelRatio, 0, 2 * Math.PI);
      ctx.stroke();
    }
    ctx.restore();
  };

export type Beside = { readonly time: Time; readonly marks: readonly Mark[]; readonly surprises: readonly Surprise[] };

type Make<Live> = Drawing<Live>['make'];

const makeLatency: Make<Beside> = (ink, live) => ({
  cursor,
  scales: {
    x: scaleOf(() => live().time),
    y: { range: (_plot, _low, high) => [0, Math.max(1, (high ?? 0) * 1.15)] },
  },
  axes: timeAxis(axesOf(ink, sayLatency)),
  bands: [{ series: [1, 2], fill: pale(ink('focus'), 18) }],
  series: [
    {},
    { label: 'expected, at most', stroke: pale(ink('focus'), 35), width: 1, points: { show: false } },
    { label: 'expected, at least', stroke: pale(ink('focus'), 35), width: 1, points: { show: false } },
    { label: 'mean', stroke: ink('ink'), width: 2 },
    { label: 'p99', stroke: ink('quiet'), width: 1.5, dash: [4, 4] },
  ],
  hooks: { draw: [drawMarks(() => live().marks, ink), drawSurprises(() => live().surprises, ink)] },
});

/** The mean in its band, and the 99th percentile above it. */
export const drawLatency = (columns: Columns, beside: Beside): Drawing<Beside> => ({
  data: [[...columns.at], ...[columns.high, columns.low, columns.mean, columns.p99].map(mutable)],
  live: beside,
  make: makeLatency,
});

/** The least that the axis reaches to: one failed look in a hundred is to be seen, and not to look like a hundred. */
const PERCENT_LEAST = 10;

const makeErrors: Make<Beside> = (ink, live) => {
  const bars = uPlot.paths.bars?.({ size: [0.9, 24, 2], align: 1 });
  const plain = { points: { show: false }, ...(bars === undefined ? {} : { paths: bars }) };
  const hatched = hatch(ink('unknown'));
  return {
    cursor,
    scales: {
      x: scaleOf(() => live().time),
      y: { range: (_plot, _low, high) => [0, Math.min(100, Math.max(PERCENT_LEAST, (high ?? 0) * 1.15))] },
    },
    axes: timeAxis(axesOf(ink, (value) => `${value} %`)),
    series: [
      {},
      { label: 'could not look', stroke: ink('unknown'), width: 1, fill: () => hatched, ...plain },
      { label: 'failed', fill: ink('unhealthy'), width: 0, ...plain },
    ],
    hooks: { draw: [drawMarks(() => live().marks, ink)] },
  };
};

/** The share of the looks that failed, full; on top of it those that could not look, hatched. */
export const drawErrors = (columns: Columns, beside: Beside): Drawing<Beside> => ({
  data: [[...columns.at], mutable(columns.notGood), mutable(columns.failed)],
  live: beside,
  make: makeErrors,
});

export type BurnLive = { readonly time: Time; readonly now: number };

const makeBurn: Make<BurnLive> = (ink, live) => ({
  cursor,
  scales: {
    x: scaleOf(() => live().time),
    y: { range: (_plot, low) => [Math.max(-100, Math.min(0, low ?? 0)), 105] },
  },
  axes: timeAxis(axesOf(ink, (value) => `${value} %`)),
  series: [
    {},
    { label: 'left', stroke: ink('ink'), width: 2, fill: pale(ink('focus'), 14), points: { show: false } },
    { label: 'at the pace of now', stroke: ink('unhealthy'), width: 2, dash: [6, 4], points: { show: false } },
  ],
  hooks: { draw: [(plot) => drawNow(live().now, ink)(plot)] },
});

/** What is left of the budget, full; where it leads at the pace of now, dashed. */
export const drawBurn = (columns: BurnColumns, live: BurnLive): Drawing<BurnLive> => ({
  data: [[...columns.at], mutable(columns.left), mutable(columns.ahead)],
  live,
  make: makeBurn,
});

const drawNow =
  (now: number, ink: Ink) =>
  (plot: uPlot): void => {
    const { ctx, bbox } = plot;
    const x = plot.valToPos(seconds(now), 'x', true);
    if (x > bbox.left + bbox.width + 1) return;
    ctx.save();
    ctx.strokeStyle = ink('line-strong');
    ctx.lineWidth = devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.restore();
  };
