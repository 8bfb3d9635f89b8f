// A plot: uPlot in a frame of fixed height, in the colours of the page, drawn anew when the data or the colours change.

import { useEffect, useRef, useState, type ReactNode } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** What a plot may ask the page for: a colour by the name of its variable, as it is in the theme of now. */
export type Ink = (name: string) => string;

/** `Live` changes with the data: the time that is shown, marks on it. `make` is called once, and asks for it when it draws. */
export type Drawing<Live> = {
  readonly data: uPlot.AlignedData;
  readonly live: Live;
  readonly make: (ink: Ink, live: () => Live) => Omit<uPlot.Options, 'width' | 'height'>;
};

type Props<Live> = {
  readonly drawing: Drawing<Live>;
  readonly height: number;
  /** For those who do not see it. */
  readonly words: string;
  /** Which step is pointed at; null: none. */
  readonly onPoint?: (index: number | null) => void;
};

/** A variable may hold `light-dark(…)`; only the colour of an element is worked out. */
const inkOf = (frame: HTMLElement): Ink => {
  const probe = document.createElement('i');
  return (name) => {
    probe.style.color = `var(--${name})`;
    frame.append(probe);
    const colour = getComputedStyle(probe).color;
    probe.remove();
    return colour;
  };
};

/** Counts up whenever the colours of the page may be others. */
const useColours = (): number => {
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const next = (): void => setTurn((before) => before + 1);
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', next);
    const watched = new MutationObserver(next);
    watched.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    const page = document.querySelector('.page');
    if (page !== null) watched.observe(page, { attributeFilter: ['class'] });
    return () => {
      system.removeEventListener('change', next);
      watched.disconnect();
    };
  }, []);
  return turn;
};

/** Grid, axes and lines that every plot has. */
export const axesOf = (ink: Ink, unit: (value: number) => string): uPlot.Axis[] => {
  const plain = { stroke: ink('quiet'), font: '11px system-ui, sans-serif' };
  const grid = { stroke: ink('line'), width: 1 };
  return [
    { ...plain, grid: { show: false }, ticks: { stroke: ink('line-strong'), size: 4 }, space: 64, size: 28 },
    { ...plain, grid, ticks: { show: false }, size: 62, space: 32, values: (_plot, ticks) => ticks.map(unit) },
  ];
};

export const Plot = <Live,>({ drawing, height, words, onPoint }: Props<Live>): ReactNode => {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const current = useRef({ drawing, onPoint });
  const colours = useColours();
  const { data, live, make } = drawing;
  useEffect(() => {
    current.current = { drawing, onPoint };
    plot.current?.setData(drawing.data);
  }, [data, live, drawing, onPoint]);
  useEffect(() => {
    const host = frame.current;
    if (host === null) return undefined;
    const wanted = make(inkOf(host), () => current.current.drawing.live);
    const setCursor = [(it: uPlot): void => current.current.onPoint?.(it.cursor.idx ?? null)];
    const size = (): { width: number; height: number } => ({ width: Math.max(120, host.clientWidth), height });
    const options = { legend: { show: false }, ...wanted, hooks: { ...wanted.hooks, setCursor }, ...size() };
    const made = new uPlot(options, current.current.drawing.data, host);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize(size()));
    observer.observe(host);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [make, height, colours]);
  return (
    <div
      ref={frame}
      className="plot"
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- a drawing inside the page has no tag of its own
      role="img"
      aria-label={words}
      style={{ height }}
    />
  );
};
