// The page of one service: how it stands, what it promised and kept, how it went, what it hangs on, and what was done.

import { useEffect, useRef, type ReactNode } from 'react';
import { State } from '../frame/mark.tsx';
import { Age } from '../frame/moment.tsx';
import { Text } from '../frame/text.tsx';
import { hashOf } from '../live/place.ts';
import { useIsOld, usePicture } from '../live/store.ts';
import type { ServiceView } from '../live/wire.ts';
import { ScoreParts } from '../site/score.tsx';
import { ServiceDetail } from '../town/serviceDetail.tsx';
import { Budgets } from './budget.tsx';
import { Charts } from './charts.tsx';
import { Graph } from './graph.tsx';

const Back = (): ReactNode => (
  <a className="back" href={hashOf({ kind: 'town' })}>
    ← All services
  </a>
);

const Headline = ({ service }: { readonly service: ServiceView }): ReactNode => {
  const isOld = useIsOld();
  const heading = useRef<HTMLHeadingElement>(null);
  // A new page is a new subject: the keyboard and the screen reader begin at its name.
  useEffect(() => heading.current?.focus({ preventScroll: true }), [service.id]);
  return (
    <header className={`service-head is-${service.health}`}>
      <Back />
      <h2 ref={heading} tabIndex={-1}>
        <Text>{service.id}</Text>
      </h2>
      <p className="line">
        <State state={service.health} isOld={isOld} />
        {service.since === null || isOld ? null : (
          <span className="quiet">
            for <Age at={service.since} />
          </span>
        )}
        {service.tier === 'core' ? <span className="tag">core</span> : null}
        {service.phase === 'none' ? null : <span className="tag is-phase">{service.phase}</span>}
      </p>
      <p>
        <Text>{service.headline}</Text>
      </p>
    </header>
  );
};

const Panel = (props: { readonly title: string; readonly children: ReactNode }): ReactNode => (
  <section className="panel" aria-label={props.title}>
    <h3>{props.title}</h3>
    {props.children}
  </section>
);

const Missing = ({ id }: { readonly id: string }): ReactNode => {
  const isSeen = usePicture((picture) => picture.town !== null);
  return (
    <main className="service-page">
      <div className="panel">
        <Back />
        <p className="empty">
          {isSeen ? (
            <>
              No service is called <Text className="strong">{id}</Text>.
            </>
          ) : (
            'Nothing is known yet.'
          )}
        </p>
      </div>
    </main>
  );
};

export const ServicePage = ({ id }: { readonly id: string }): ReactNode => {
  const service = usePicture((picture) => picture.services.get(id));
  if (service === undefined) return <Missing id={id} />;
  return (
    <main className="service-page" data-page={service.id}>
      <Headline service={service} />
      <div className="first">
        <Panel title="How it went">
          <Charts key={service.id} service={service} />
        </Panel>
        <Panel title="What was promised">
          <Budgets key={service.id} service={service.id} />
        </Panel>
      </div>
      <aside>
        <Panel title="Health score">
          <ScoreParts score={service.score} />
        </Panel>
        <Panel title="What hangs on what">
          <Graph service={service} />
        </Panel>
        <Panel title="Checks and actions">
          <ServiceDetail service={service} />
        </Panel>
      </aside>
    </main>
  );
};
