// Picture: the curves of a soak as one small SVG, one panel for each figure, readable in light and dark.

import type { Point } from './fit.ts';

export type Curve = { readonly name: string; readonly unit: string; readonly points: readonly Point[] };

const PANEL = { width: 360, height: 120, left: 64, top: 26, bottom: 22, right: 12 };
const COLUMNS = 2;

const round = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(1));

/** One panel: the curve from zero to a little over its highest value, with its ends in figures. */
const panel = (curve: Curve, index: number): string => {
  const { width, height, left, top, bottom, right } = PANEL;
  const x0 = (index % COLUMNS) * width;
  const y0 = Math.floor(index / COLUMNS) * height;
  const most = Math.max(1e-9, ...curve.points.map((point) => point.value)) * 1.1;
  const lastS = Math.max(1, curve.points.at(-1)?.atS ?? 1);
  const across = (atS: number): number => x0 + left + (atS / lastS) * (width - left - right);
  const up = (value: number): number => y0 + height - bottom - (value / most) * (height - top - bottom);
  const path = curve.points.map(({ atS, value }) => `${across(atS).toFixed(1)},${up(value).toFixed(1)}`).join(' ');
  return [
    `<text x="${x0 + left}" y="${y0 + 16}" font-weight="bold">${curve.name}, ${curve.unit}</text>`,
    `<path d="M${across(0)} ${up(most)}V${up(0)}H${across(lastS)}" class="axis"/>`,
    `<text x="${x0 + left - 6}" y="${up(most) + 8}" text-anchor="end">${round(most)}</text>`,
    `<text x="${x0 + left - 6}" y="${up(0)}" text-anchor="end">0</text>`,
    `<text x="${across(lastS)}" y="${y0 + height - 6}" text-anchor="end">${(lastS / 60).toFixed(0)} min</text>`,
    `<polyline points="${path}" class="curve"/>`,
  ].join('\n');
};

/** All curves, two in a row. */
export const drawCurves = (curves: readonly Curve[]): string => {
  const width = PANEL.width * COLUMNS;
  const height = PANEL.height * Math.ceil(curves.length / COLUMNS);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Curves of a soak">
<style>
svg { background: #fff; } text { font: 11px system-ui, sans-serif; fill: #333; }
.axis { stroke: #999; fill: none; } .curve { stroke: #1a7f5a; stroke-width: 1.5; fill: none; }
@media (prefers-color-scheme: dark) { svg { background: #16181d; } text { fill: #ccc; } .curve { stroke: #5bd6a5; } }
</style>
${curves.map(panel).join('\n')}
</svg>
`;
};
