// The map: who needs whom, what stands above rests on what stands below, and trouble shows where it comes from.

import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { Shape } from '../frame/mark.tsx';
import { useIsOld, usePicture } from '../live/store.ts';
import type { ServiceView } from '../live/wire.ts';
import { layOut, worthDrawing, type Layout, type Line, type Placed } from './layers.ts';

const NODE_WIDTH = 112;
const NODE_HEIGHT = 30;
const GAP = 10;
const COLUMN = NODE_WIDTH + GAP;
const ROW = NODE_HEIGHT + 30;
const MARGIN = 3;
/** Under the lowest row, for a word about its part. */
const PART_ROOM = 14;
/** Letters that fit beside the shape at 12 px in the widest usual face. */
const LETTERS_MAX = 11;

/** Whole characters, so that no half of a pair is left; control and direction marks would reorder the drawing. */
const shorten = (name: string): string => {
  const letters = Array.from(name.replace(/[\p{Cc}\p{Cf}]/gu, ''));
  return letters.length <= LETTERS_MAX ? letters.join('') : `${letters.slice(0, LETTERS_MAX - 1).join('')}…`;
};

type Spot = { readonly x: number; readonly y: number };

const spotOf = (placed: Placed): Spot => ({ x: MARGIN + placed.column * COLUMN, y: MARGIN + placed.row * ROW });

const drawLine = (from: Spot, to: Spot): string => {
  const [x1, y1] = [from.x + NODE_WIDTH / 2, from.y + NODE_HEIGHT];
  const [x2, y2] = [to.x + NODE_WIDTH / 2, to.y];
  // Two in one row, when a layer was too long for the width: a bow beneath them.
  if (y2 < y1) return `M${x1} ${y1}C${x1} ${y1 + 22} ${x2} ${y1 + 22} ${x2} ${y2 + NODE_HEIGHT}`;
  const middle = (y1 + y2) / 2;
  return `M${x1} ${y1}C${x1} ${middle} ${x2} ${middle} ${x2} ${y2}`;
};

const isPainful = (line: Line, services: ReadonlyMap<string, ServiceView>): boolean => {
  const [from, to] = [services.get(line.from), services.get(line.to)];
  return (
    from !== undefined &&
    from.impairedBy !== null &&
    (from.impairedBy === line.to || to?.impairedBy === from.impairedBy)
  );
};

type NodeProps = {
  readonly service: ServiceView;
  readonly spot: Spot;
  readonly isSelected: boolean;
  /** What it is to the trouble, in a word; null: nothing, or it is not told here. */
  readonly part: string | null;
  readonly onSelect: (id: string) => void;
};

const Node = ({ service, spot, isSelected, part, onSelect }: NodeProps): ReactNode => {
  const isOld = useIsOld();
  const words = `${service.id}: ${isOld ? 'was ' : ''}${service.health}${part === null ? '' : `, ${part}`}`;
  return (
    <g
      className={`node is-${service.health}${isSelected ? ' is-selected' : ''}`}
      transform={`translate(${spot.x} ${spot.y})`}
      onClick={() => onSelect(service.id)}
    >
      <title>{words}</title>
      <rect width={NODE_WIDTH} height={NODE_HEIGHT} rx="6" />
      <svg x="8" y="8" width="14" height="14">
        <Shape state={service.health} />
      </svg>
      <svg x="28" width={NODE_WIDTH - 32} height={NODE_HEIGHT}>
        <text y="19.5">{shorten(service.id)}</text>
      </svg>
      {part === null ? null : (
        <text className={`part is-${part}`} x={NODE_WIDTH / 2} y={NODE_HEIGHT + 11} textAnchor="middle">
          {part}
        </text>
      )}
    </g>
  );
};

/** The width there is, so that the drawing is never scaled and its letters keep their size. */
export const useColumns = (): { readonly frame: React.RefObject<HTMLDivElement | null>; readonly columns: number } => {
  const frame = useRef<HTMLDivElement>(null);
  const [columns, setColumns] = useState(3);
  useEffect(() => {
    const watched = frame.current;
    if (watched === null) return;
    const observer = new ResizeObserver(() =>
      setColumns(Math.max(1, Math.floor((watched.clientWidth - 2 * MARGIN + GAP) / COLUMN))),
    );
    observer.observe(watched);
    return () => observer.disconnect();
  }, []);
  return { frame, columns };
};

type DrawingProps = {
  readonly layout: Layout;
  readonly services: ReadonlyMap<string, ServiceView>;
  readonly selected: string | null;
  readonly partOf?: (service: ServiceView) => string | null;
  readonly onSelect: (id: string) => void;
};

export const Drawing = ({ layout, services, selected, partOf, onSelect }: DrawingProps): ReactNode => {
  const spots = new Map(layout.placed.map((placed) => [placed.id, spotOf(placed)]));
  const width = 2 * MARGIN + layout.columns * COLUMN - GAP;
  const room = partOf === undefined ? 0 : PART_ROOM;
  const height = 2 * MARGIN + layout.rows * ROW - 30 + room;
  return (
    <svg
      className="map"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- a drawing inside the page has no tag of its own
      role="img"
      aria-label="Map of what needs what. The list of services tells the same in words."
    >
      {layout.lines.map((line) => {
        const [from, to] = [spots.get(line.from), spots.get(line.to)];
        if (from === undefined || to === undefined) return null;
        const isPain = isPainful(line, services);
        return (
          <path
            key={`${line.from} ${line.to}`}
            className={isPain ? 'need is-painful' : 'need'}
            d={drawLine(from, to)}
          />
        );
      })}
      {layout.placed.map((placed) => {
        const service = services.get(placed.id);
        if (service === undefined) return null;
        return (
          <Node
            key={placed.id}
            service={service}
            spot={spotOf(placed)}
            isSelected={selected === placed.id}
            part={partOf?.(service) ?? null}
            onSelect={onSelect}
          />
        );
      })}
    </svg>
  );
};

type Props = { readonly selected: string | null; readonly onSelect: (id: string) => void };

export const TownMap = ({ selected, onSelect }: Props): ReactNode => {
  const services = usePicture((picture) => picture.services);
  const { frame, columns } = useColumns();
  const drawn = useMemo(() => worthDrawing(services), [services]);
  // A layout knows who needs whom and not how they are: the map of a small town does not jump when something fails.
  const layout = useMemo(() => layOut(drawn, columns), [drawn, columns]);
  return (
    <section className="panel" aria-label="Map">
      <h2>Map</h2>
      <div ref={frame} className="map-frame">
        {drawn.length === 0 ? (
          <p className="quiet">
            {services.size === 0
              ? 'Nothing is known yet.'
              : 'All is well; a town this large is only drawn where it is not.'}
          </p>
        ) : (
          <Drawing layout={layout} services={services} selected={selected} onSelect={onSelect} />
        )}
      </div>
      {drawn.length > 0 && drawn.length < services.size ? (
        <p className="quiet">
          {drawn.length} of {services.size}: what is not well, and what it needs.
        </p>
      ) : null}
    </section>
  );
};
