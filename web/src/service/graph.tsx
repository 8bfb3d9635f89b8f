// The graph around a service: what it needs below it, who needs it above, the cause and its symptoms marked; and the
// suspects, with what speaks for each. The same is told in words beneath.

import { useMemo, type ReactNode } from 'react';
import { State } from '../frame/mark.tsx';
import { Ago } from '../frame/moment.tsx';
import { Text } from '../frame/text.tsx';
import { useAsked, valueOf } from '../live/asked.ts';
import { goTo, hashOf } from '../live/place.ts';
import { useIsOld, usePicture } from '../live/store.ts';
import type { CauseCandidate, ServiceView } from '../live/wire.ts';
import { layOut } from '../town/layers.ts';
import { Drawing, useColumns } from '../town/townMap.tsx';
import { around, partOf } from './around.ts';

const EVERY_MS = 5_000;
const SUSPECTS_SHOWN = 3;
/** Less is no suspicion. */
const PROBABILITY_LEAST = 0.005;
const CLUES_SHOWN = 3;

const Names = ({
  services,
  of,
}: {
  readonly services: readonly ServiceView[];
  readonly of: readonly string[];
}): ReactNode => {
  const isOld = useIsOld();
  if (of.length === 0) return <span className="quiet">nothing</span>;
  return (
    <ul className="names-list">
      {of.map((id) => {
        const found = services.find((service) => service.id === id);
        return (
          <li key={id}>
            <a href={hashOf({ kind: 'service', id })}>
              <Text>{id}</Text>
            </a>{' '}
            {found === undefined ? null : <State state={found.health} isOld={isOld} />}
          </li>
        );
      })}
    </ul>
  );
};

const suspectsOf = ({ suspects }: CauseCandidate): CauseCandidate['suspects'] =>
  suspects.filter(({ probability }) => probability >= PROBABILITY_LEAST).slice(0, SUSPECTS_SHOWN);

const Suspects = ({ cause }: { readonly cause: CauseCandidate }): ReactNode => (
  <ol className="suspects">
    {suspectsOf(cause).map((suspect) => (
      <li key={`${suspect.kind} ${suspect.what}`}>
        <p>
          <b>{Math.round(100 * suspect.probability)} %</b> <Text className="strong">{suspect.what}</Text>{' '}
          <span className="quiet">
            {suspect.kind}, <Ago at={suspect.at} />
          </span>
        </p>
        <ul className="quiet clues">
          {suspect.clues.slice(0, CLUES_SHOWN).map((clue) => (
            <li key={clue.says}>
              <Text>{clue.says}</Text>
            </li>
          ))}
        </ul>
      </li>
    ))}
  </ol>
);

const Causes = ({ service }: { readonly service: ServiceView }): ReactNode => {
  const asked = useAsked('causes', { about: 'causes', everyMs: EVERY_MS });
  const cause = valueOf(asked)?.causes.find((each) => each.services.includes(service.id));
  if (cause === undefined)
    return service.health === 'healthy' ? null : <p className="quiet">No cause is ranked for this service now.</p>;
  return (
    <>
      <h4>Probable causes</h4>
      <Suspects cause={cause} />
    </>
  );
};

export const Graph = ({ service }: { readonly service: ServiceView }): ReactNode => {
  const town = usePicture((picture) => picture.services);
  const { frame, columns } = useColumns();
  const { services, left } = useMemo(() => around(town, service.id), [town, service.id]);
  const layout = useMemo(() => layOut(services, columns), [services, columns]);
  const shown = useMemo(() => new Map(services.map((each) => [String(each.id), each])), [services]);
  return (
    <>
      <div ref={frame} className="map-frame">
        <Drawing
          layout={layout}
          services={shown}
          selected={service.id}
          partOf={(each) => partOf(each, services)}
          onSelect={(id) => goTo({ kind: 'service', id })}
        />
      </div>
      {left === 0 ? null : <p className="quiet">{left} further away are not drawn.</p>}
      <dl className="facts around">
        <dt>Needs</dt>
        <dd>
          <Names services={services} of={service.needs} />
        </dd>
        <dt>Needed by</dt>
        <dd>
          <Names services={services} of={service.neededBy} />
        </dd>
        {service.impairedBy === null ? null : (
          <>
            <dt>Impaired by</dt>
            <dd>
              <Names services={services} of={[service.impairedBy]} />
            </dd>
          </>
        )}
      </dl>
      <Causes service={service} />
    </>
  );
};
