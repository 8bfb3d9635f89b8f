// The list of services, with its filter.

import type { ReactNode } from 'react';
import { usePicture } from '../live/store.ts';
import { Counts } from '../frame/head.tsx';
import type { Row } from './order.ts';
import { ServiceRow } from './serviceRow.tsx';

/** From here on rows out of sight are not drawn. Below, drawing them all costs nothing and printing shows them. */
const LONG = 60;

type Props = {
  readonly rows: readonly Row[];
  readonly wanted: string;
  readonly opened: ReadonlySet<string>;
  readonly selected: string | null;
  readonly onWanted: (wanted: string) => void;
  readonly onOpen: (id: string) => void;
  readonly onSelect: (id: string) => void;
};

const Nothing = ({ wanted }: { readonly wanted: string }): ReactNode => {
  const isSeen = usePicture((picture) => picture.town !== null);
  if (!isSeen) return <p className="quiet empty">Nothing is known yet.</p>;
  return (
    <p className="quiet empty">
      {wanted === '' ? 'No services are declared.' : 'No service fits the filter. Esc shows all.'}
    </p>
  );
};

export const ServiceList = (props: Props): ReactNode => (
  <section className="town" aria-label="Services">
    <div className="toolbar">
      <Counts wanted={props.wanted} onWanted={props.onWanted} />
      <input
        type="search"
        className="filter"
        placeholder="Filter  /"
        aria-label="Filter services"
        value={props.wanted}
        onChange={(event) => props.onWanted(event.target.value)}
      />
    </div>
    {props.rows.length === 0 ? (
      <Nothing wanted={props.wanted} />
    ) : (
      <ul className={props.rows.length > LONG ? 'services is-long' : 'services'}>
        {props.rows.map((row) => (
          <ServiceRow
            key={row.service.id}
            row={row}
            isOpen={props.opened.has(row.service.id)}
            isSelected={props.selected === row.service.id}
            onOpen={props.onOpen}
            onSelect={props.onSelect}
          />
        ))}
      </ul>
    )}
  </section>
);
