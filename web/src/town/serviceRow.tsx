// One service as a row: quiet when it is well, loud when it is not, and pointing at its cause.

import { memo, type ReactNode } from 'react';
import { useAsk, wishToOperate } from '../asking/wish.ts';
import { Shape } from '../frame/mark.tsx';
import { Age, Until } from '../frame/moment.tsx';
import { Text } from '../frame/text.tsx';
import { sayLatency } from '../frame/words.ts';
import { useIsOld } from '../live/store.ts';
import type { CheckView, ServiceView } from '../live/wire.ts';
import type { Row } from './order.ts';
import { ServiceDetail } from './serviceDetail.tsx';
import { StripView } from './stripView.tsx';

/** More strips than this make a row a page; the rest is behind Enter. */
const STRIPS_MAX = 2;

const newest = (checks: readonly CheckView[]): CheckView | null =>
  checks.reduce<CheckView | null>((best, check) => ((check.lastAt ?? 0) > (best?.lastAt ?? -1) ? check : best), null);

const soonest = (checks: readonly CheckView[]): number | null => {
  const known = checks.map((check) => check.nextAt).filter((at) => at !== null);
  return known.length === 0 ? null : Math.min(...known);
};

const Pace = ({ service }: { readonly service: ServiceView }): ReactNode => {
  const last = newest(service.checks);
  const next = soonest(service.checks);
  const latencyMs = last?.lastLatencyMs ?? null;
  const isOld = useIsOld();
  if (isOld) return <span className="pace quiet">not known</span>;
  return (
    <span className="pace quiet numbers">
      <span title="Latency of the last check">{latencyMs === null ? '–' : sayLatency(latencyMs)}</span>
      <span title="Next look">{next === null ? 'no next look' : <Until at={next} />}</span>
    </span>
  );
};

/** Restarts used: one pip each while they can be counted at a glance, a number beyond. */
const PIPS_MAX = 5;

const Budget = ({ restarts }: { readonly restarts: ServiceView['restarts'] }): ReactNode => {
  const { used, count } = restarts;
  if (used === 0) return null;
  const words = `${used} of ${count} restarts`;
  return (
    <span className={used >= count ? 'budget is-spent' : 'budget'} title={`${words} used`}>
      {count > PIPS_MAX ? null : (
        <span className="pips" aria-hidden="true">
          {'▮'.repeat(Math.min(used, count))}
          {'▯'.repeat(Math.max(0, count - used))}
        </span>
      )}
      {words}
    </span>
  );
};

const Strips = ({ service }: { readonly service: ServiceView }): ReactNode => (
  <div className="strips">
    {service.checks.slice(0, STRIPS_MAX).map((check) => (
      <StripView key={check.id} samples={check.strip} name={check.id} />
    ))}
    {service.checks.length > STRIPS_MAX ? (
      <span className="quiet">and {service.checks.length - STRIPS_MAX} more</span>
    ) : null}
  </div>
);

type Props = {
  readonly row: Row;
  readonly isOpen: boolean;
  readonly isSelected: boolean;
  readonly onOpen: (id: string) => void;
  readonly onSelect: (id: string) => void;
};

const Title = ({ row, isOpen, isSelected, onOpen, onSelect }: Props): ReactNode => {
  const { service, isSymptom, impairs } = row;
  const isOld = useIsOld();
  return (
    <button
      type="button"
      className="title"
      aria-expanded={isOpen}
      aria-current={isSelected ? 'true' : undefined}
      onClick={() => onOpen(service.id)}
      onFocus={() => onSelect(service.id)}
    >
      <Shape state={service.health} />
      <span className="names">
        <Text className="name">{service.id}</Text>
        <span className={`word is-${service.health}`}>{isOld ? `was ${service.health}` : service.health}</span>
        {service.since === null || isOld ? null : (
          <span className="quiet numbers">
            <Age at={service.since} />
          </span>
        )}
        {service.tier === 'core' ? <span className="tag">core</span> : null}
        {service.phase === 'none' ? null : <span className="tag is-phase">{service.phase}</span>}
        <Budget restarts={service.restarts} />
      </span>
      <span className="headline">
        {isSymptom && service.impairedBy !== null && !service.headline.includes(service.impairedBy) ? (
          <span className="because">
            because of <Text>{service.impairedBy}</Text> ·{' '}
          </span>
        ) : null}
        <Text>{service.headline}</Text>
      </span>
      {impairs.length === 0 ? null : (
        <span className="impairs">
          impairs <Text>{impairs.join(', ')}</Text>
        </span>
      )}
    </button>
  );
};

const classOf = ({ row, isSelected }: Props): string =>
  [
    'service',
    `is-${row.service.health}`,
    row.impairs.length > 0 ? 'is-cause' : '',
    row.isSymptom ? 'is-symptom' : '',
    isSelected ? 'is-selected' : '',
  ]
    .filter(Boolean)
    .join(' ');

/** Rows are made anew with every picture; only what is seen counts. */
const isSameRow = (a: Props, b: Props): boolean =>
  a.row.service === b.row.service &&
  a.row.isSymptom === b.row.isSymptom &&
  a.row.impairs.join('\n') === b.row.impairs.join('\n') &&
  a.isOpen === b.isOpen &&
  a.isSelected === b.isSelected;

export const ServiceRow = memo((props: Props): ReactNode => {
  const { service } = props.row;
  const ask = useAsk();
  return (
    <li className={classOf(props)} data-service={service.id} data-health={service.health}>
      <Title {...props} />
      <Strips service={service} />
      <Pace service={service} />
      <div className="end">
        <button
          type="button"
          className="plain"
          aria-label={`Restart ${service.id}`}
          onClick={() => ask(wishToOperate('restart', service.id))}
        >
          Restart
        </button>
      </div>
      {props.isOpen ? <ServiceDetail service={service} hasLink /> : null}
    </li>
  );
}, isSameRow);
