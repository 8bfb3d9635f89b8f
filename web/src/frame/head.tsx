// The head of the page: which town, how it is, since when, and the buttons that must never be looked for.

import { useMemo, type ReactNode } from 'react';
import { useAsk, WISH_TO_HOLD, WISH_TO_RELEASE } from '../asking/wish.ts';
import { hashOf } from '../live/place.ts';
import { useIsOld, usePicture } from '../live/store.ts';
import { useToken } from '../live/token.ts';
import type { HealthState, TownSummary } from '../live/wire.ts';
import { countStates } from '../town/order.ts';
import { Shape, State } from './mark.tsx';
import { Age, Clock } from './moment.tsx';
import { Text } from './text.tsx';
import { useTheme } from './theme.ts';
import { sayCount } from './words.ts';

/** Since when the town is as it is: the newest change to the state that the town has now; null when not known. */
const useTownSince = (town: TownSummary | null): number | null => {
  const services = usePicture((picture) => picture.services);
  return useMemo(() => {
    if (town === null) return null;
    const all = [...services.values()];
    const same = all.filter((service) => service.health === town.health).map((service) => service.since);
    // All well: since the last one became well. Not well: since the first one that is not.
    const known = same.filter((since) => since !== null);
    if (known.length === 0 || known.length < same.length) return null;
    return town.health === 'healthy' ? Math.max(...known) : Math.min(...known);
  }, [services, town]);
};

const Overall = ({ town }: { readonly town: TownSummary | null }): ReactNode => {
  const isOld = useIsOld();
  const heardAt = usePicture((picture) => picture.heardAt);
  const since = useTownSince(town);
  if (town === null) return <p className="overall is-unknown">not seen yet</p>;
  return (
    <p className={`overall is-${town.health}`} data-overall={town.health}>
      <State state={town.health} isOld={isOld} />
      {isOld || since === null ? null : (
        <span className="since">
          for <Age at={since} />
        </span>
      )}
      {isOld && heardAt !== null ? (
        <span className="since">
          as of <Clock at={heardAt} />
        </span>
      ) : null}
    </p>
  );
};

const LOUD_FIRST: readonly HealthState[] = ['unhealthy', 'unknown', 'degraded', 'healthy'];

/** How many of each; pressing one shows only those. */
export const Counts = (props: { readonly wanted: string; readonly onWanted: (wanted: string) => void }): ReactNode => {
  const services = usePicture((picture) => picture.services);
  const counts = useMemo(() => countStates(services), [services]);
  return (
    <fieldset className="counts" aria-label="Services by state">
      <span className="total">{sayCount(services.size, 'service')}</span>
      {LOUD_FIRST.filter((state) => counts[state] > 0).map((state) => {
        const filter = `is:${state}`;
        const isOn = props.wanted === filter;
        return (
          <button
            key={state}
            type="button"
            className={`count is-${state}`}
            aria-pressed={isOn}
            onClick={() => props.onWanted(isOn ? '' : filter)}
          >
            <Shape state={state} />
            {counts[state]} {state}
          </button>
        );
      })}
    </fieldset>
  );
};

const Live = (): ReactNode => {
  const kind = usePicture((picture) => picture.connection.kind);
  const words = { connecting: 'connecting', live: 'live', lost: 'not connected', refused: 'not allowed' };
  return (
    <span className={`live is-${kind}`} data-connection={kind}>
      <span className="lamp" aria-hidden="true" />
      {words[kind]}
    </span>
  );
};

export const HoldButton = (): ReactNode => {
  const isHeld = usePicture((picture) => (picture.town?.hold ?? null) !== null);
  const ask = useAsk();
  return (
    <button
      type="button"
      className={isHeld ? 'main hold' : 'hold'}
      onClick={() => ask(isHeld ? WISH_TO_RELEASE : WISH_TO_HOLD)}
      title={isHeld ? 'Let Sereno act again (h)' : 'Stop all acting; watching goes on (h)'}
    >
      {isHeld ? 'Release' : 'Hold'}
    </button>
  );
};

const THEME_SIGNS = { system: '◐', light: '☀', dark: '☾' } as const;

type Props = { readonly onToken: () => void; readonly onHelp: () => void };

export const Head = ({ onToken, onHelp }: Props): ReactNode => {
  const town = usePicture((picture) => picture.town);
  const token = useToken();
  const { theme, next, turn } = useTheme();
  return (
    <header className="head">
      <img className="owl" src="/owl.svg" alt="" width="36" height="36" />
      <h1>
        <Text className="site">{town?.site ?? 'Sereno'}</Text>
        {town === null ? null : <Text className="environment">{town.environment}</Text>}
      </h1>
      <Overall town={town} />
      <Live />
      <div className="buttons">
        <a className="to-codex" href={hashOf({ kind: 'codex' })}>
          Codex
        </a>
        <button type="button" className="plain" onClick={onToken} title="Token: who you are">
          {token === null ? 'Sign in' : 'Signed in'}
        </button>
        <button
          type="button"
          className="plain sign"
          onClick={turn}
          title={`Colours: ${theme}; next: ${next}`}
          aria-label={`Colours: ${theme}. Change to ${next}`}
        >
          <span aria-hidden="true">{THEME_SIGNS[theme]}</span>
        </button>
        <button type="button" className="plain sign" onClick={onHelp} title="Help (?)" aria-label="Help and keys">
          <span aria-hidden="true">?</span>
        </button>
        <HoldButton />
      </div>
    </header>
  );
};
