// Open alerts: every raw event that lasts, what became of it and why; what is kept quiet, by whom and until when.

import type { ReactNode } from 'react';
import { Ago, Until } from '../frame/moment.tsx';
import { Text } from '../frame/text.tsx';
import { sayCount } from '../frame/words.ts';
import { useAsked, valueOf } from '../live/asked.ts';
import { useIsOld } from '../live/store.ts';
import type { AlertsView, RawAlert, Suppression } from '../live/wire.ts';
import { openAlerts, suppressionOf } from './parts.ts';

const EVERY_MS = 5_000;
const SHOWN_MAX = 12;

const FATES: Readonly<Record<RawAlert['fate']['kind'], string>> = {
  waiting: 'waits',
  notified: 'notified',
  grouped: 'grouped',
  silenced: 'silenced',
  inhibited: 'inhibited',
};

const Fate = ({
  alert,
  suppressions,
}: {
  readonly alert: RawAlert;
  readonly suppressions: readonly Suppression[];
}): ReactNode => {
  const { kind, why } = alert.fate;
  const quiet = suppressionOf(alert, suppressions);
  return (
    <p className="fate-line">
      <span className={`fate is-${kind}`}>{FATES[kind]}</span>{' '}
      {quiet === null ? (
        <Text className="quiet">{why}</Text>
      ) : (
        <span className="quiet">
          by <Text className="strong">{quiet.by}</Text>, ends <Until at={quiet.until} />: <Text>{quiet.why}</Text>
        </span>
      )}
    </p>
  );
};

const Alert = ({
  alert,
  suppressions,
}: {
  readonly alert: RawAlert;
  readonly suppressions: readonly Suppression[];
}): ReactNode => (
  <li className="alert" data-alert={alert.key} data-fate={alert.fate.kind}>
    <p>
      <span className="tag">{alert.severity}</span> <Text className="strong">{alert.subject}</Text>{' '}
      <Text>{alert.title}</Text>{' '}
      <span className="quiet numbers">
        <Ago at={alert.since} />
      </span>
    </p>
    <Fate alert={alert} suppressions={suppressions} />
  </li>
);

const Quiet = ({ suppressions }: { readonly suppressions: readonly Suppression[] }): ReactNode =>
  suppressions.length === 0 ? null : (
    <>
      <h3>Kept quiet</h3>
      <ul className="alerts">
        {suppressions.map((each) => (
          <li key={each.id} className="alert" data-suppression={each.id}>
            <p>
              <Text className="code">{each.what}</Text> by <Text className="strong">{each.by}</Text>, ends{' '}
              <Until at={each.until} />
            </p>
            <p className="quiet">
              <Text>{each.why}</Text> · {sayCount(each.held, 'message')} held back
            </p>
          </li>
        ))}
      </ul>
    </>
  );

const Dead = ({ channels }: { readonly channels: AlertsView['deadChannels'] }): ReactNode =>
  channels.length === 0 ? null : (
    <ul className="alerts">
      {channels.map((channel) => (
        <li key={channel.name} className="alert is-unhealthy">
          <span className="word">The channel</span> <Text className="strong">{channel.name}</Text> does not deliver,
          since <Ago at={channel.since} />: <Text>{channel.detail}</Text>
        </li>
      ))}
    </ul>
  );

const Known = ({ alerts }: { readonly alerts: AlertsView }): ReactNode => {
  const open = openAlerts(alerts);
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls
    <section className="alerts-frame" tabIndex={0} aria-label="Raw events and what became of them">
      <Dead channels={alerts.deadChannels} />
      {open.length === 0 ? <p className="quiet">No alert is open.</p> : null}
      <ul className="alerts">
        {open.slice(0, SHOWN_MAX).map((alert) => (
          <Alert key={alert.key} alert={alert} suppressions={alerts.suppressions} />
        ))}
      </ul>
      {open.length > SHOWN_MAX ? (
        <p className="quiet">
          and {open.length - SHOWN_MAX} more: <code>sereno alert list --open</code>
        </p>
      ) : null}
      <Quiet suppressions={alerts.suppressions} />
    </section>
  );
};

export const Alerts = (): ReactNode => {
  const asked = useAsked('alerts', { about: 'alerts', everyMs: EVERY_MS });
  const isOld = useIsOld();
  const alerts = valueOf(asked);
  return (
    <section className="panel alerts-panel" aria-label="Open alerts">
      <h2>Open alerts{isOld && alerts !== null ? ', when last seen' : ''}</h2>
      {asked.kind === 'failed' ? <p className="quiet">They could not be fetched: {asked.detail}</p> : null}
      {alerts === null ? asked.kind === 'asking' ? <p className="quiet">Asking …</p> : null : <Known alerts={alerts} />}
    </section>
  );
};
