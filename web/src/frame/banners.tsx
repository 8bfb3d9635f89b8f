// Banners: what must be known before anything else on the page is believed. None of them is there in a quiet night.

import type { ReactNode } from 'react';
import { reasonSentence } from '#api/sentence.ts';
import { useAsk, WISH_TO_CONFIRM, WISH_TO_RELEASE } from '../asking/wish.ts';
import { TokenField } from '../asking/tokenField.tsx';
import { usePicture } from '../live/store.ts';
import type { HealthState, TownSummary } from '../live/wire.ts';
import { Shape } from './mark.tsx';
import { Ago, Clock, Until } from './moment.tsx';
import { Text } from './text.tsx';
import { sayLatency } from './words.ts';

type Props = {
  readonly name: string;
  readonly state: HealthState;
  readonly title: ReactNode;
  readonly children?: ReactNode;
};

const Banner = ({ name, state, title, children }: Props): ReactNode => (
  <section className={`banner is-${state}`} data-banner={name}>
    <Shape state={state} />
    <div>
      <h2>{title}</h2>
      {children}
    </div>
  </section>
);

const ConnectionBanner = (): ReactNode => {
  const connection = usePicture((picture) => picture.connection);
  const heardAt = usePicture((picture) => picture.heardAt);
  if (connection.kind === 'live' || connection.kind === 'connecting') return null;
  if (connection.kind === 'refused')
    return (
      <Banner name="connection" state="unknown" title="Sereno wants a token to be looked at">
        <p>
          <Text>{connection.detail}</Text>
        </p>
        <TokenField />
      </Banner>
    );
  const title =
    heardAt === null ? (
      'Sereno has not answered yet'
    ) : (
      <>
        Not connected since <Clock at={connection.since} /> — what you see is old
      </>
    );
  return (
    <Banner name="connection" state="unknown" title={title}>
      <p>
        <Text>{connection.detail}</Text>. Trying again <RetryWords retryAt={connection.retryAt} />
      </p>
    </Banner>
  );
};

const RetryWords = ({ retryAt }: { readonly retryAt: number }): ReactNode => {
  const offsetMs = usePicture((picture) => picture.offsetMs);
  return <Until at={retryAt + offsetMs} />;
};

const HoldBanner = ({ town }: { readonly town: TownSummary }): ReactNode => {
  const ask = useAsk();
  if (town.hold === null) return null;
  return (
    <Banner name="hold" state="degraded" title="On hold: Sereno watches, and does not act">
      <p>
        Held by <Text className="strong">{town.hold.by}</Text> <Ago at={town.hold.since} />
        {town.hold.why === '' ? '' : ': '}
        <Text>{town.hold.why}</Text>
      </p>
      <button type="button" onClick={() => ask(WISH_TO_RELEASE)}>
        Release
      </button>
    </Banner>
  );
};

const SuspicionBanner = ({ town }: { readonly town: TownSummary }): ReactNode => {
  const ask = useAsk();
  if (town.suspicion.length === 0 && town.canary !== 'unhealthy') return null;
  return (
    <Banner name="suspicion" state="unknown" title="The watchman does not trust its eyes">
      <ul>
        {town.suspicion.map((reason, index) => (
          <li key={index}>
            <Text>{reasonSentence(reason)}</Text>
          </li>
        ))}
      </ul>
      {town.suspicion.length === 0 ? <p>Its own canary check fails.</p> : null}
      {town.suspicion.some((reason) => reason.kind === 'selection-changed') ? (
        <button type="button" onClick={() => ask(WISH_TO_CONFIRM)}>
          The number really changed
        </button>
      ) : null}
    </Banner>
  );
};

const StartupBanner = ({ town }: { readonly town: TownSummary }): ReactNode => {
  const { phase, isDegraded, lines, startedAt } = town.startup;
  if (phase === 'up' && !isDegraded) return null;
  const title =
    phase === 'up' ? 'Started, but not in full' : phase === 'down' ? 'Sereno is stopping' : `Starting: ${phase}`;
  return (
    <Banner name="startup" state={isDegraded ? 'degraded' : 'unknown'} title={title}>
      {startedAt === null ? null : (
        <p className="quiet">
          Began <Ago at={startedAt} />
        </p>
      )}
      <ol className="phases">
        {lines.map((line, index) => (
          <li key={index}>
            <Shape state={line.isGood ? 'healthy' : 'unhealthy'} />
            <span>
              <b>{line.phase}</b> {line.isGood ? '' : 'failed: '}
              <Text>{line.text}</Text> <span className="quiet">{sayLatency(line.tookMs)}</span>
            </span>
          </li>
        ))}
      </ol>
    </Banner>
  );
};

const EvidenceBanner = ({ town }: { readonly town: TownSummary }): ReactNode =>
  town.evidence.isIntact === false ? (
    <Banner name="evidence" state="unhealthy" title="The evidence chain is broken">
      <p>
        A record was changed or is missing. <code>sereno evidence verify</code> tells which one. Looked at{' '}
        {town.evidence.verifiedAt === null ? 'at an unknown time' : <Ago at={town.evidence.verifiedAt} />}.
      </p>
    </Banner>
  ) : null;

const BrokenBanner = ({ town }: { readonly town: TownSummary }): ReactNode =>
  town.brokenMachines.length === 0 ? null : (
    <Banner name="broken" state="unhealthy" title="Set aside after a fault of Sereno itself">
      <ul>
        {town.brokenMachines.map((machine) => (
          <li key={machine}>
            <Text className="code">{machine}</Text>
          </li>
        ))}
      </ul>
      <p>Nobody watches over these now. Everything else goes on.</p>
    </Banner>
  );

export const Banners = (): ReactNode => {
  const town = usePicture((picture) => picture.town);
  return (
    <div className="banners">
      <ConnectionBanner />
      {town === null ? null : (
        <>
          <EvidenceBanner town={town} />
          <BrokenBanner town={town} />
          <SuspicionBanner town={town} />
          <HoldBanner town={town} />
          {town.configProblem === null ? null : (
            <Banner
              name="config"
              state="degraded"
              title="The configuration on disk is refused; the one before is in force"
            >
              <pre>
                <Text>{town.configProblem}</Text>
              </pre>
            </Banner>
          )}
          {town.own.some(({ state }) => state !== 'blessed') ? (
            <Banner name="unblessed" state="degraded" title="The configuration that runs is not the blessed one">
              <ul>
                {town.own
                  .filter(({ state }) => state !== 'blessed')
                  .map(({ item, headline }) => (
                    <li key={item}>
                      <Text>{headline}</Text>
                    </li>
                  ))}
              </ul>
            </Banner>
          ) : null}
          {town.isSafeMode ? (
            <Banner name="safe-mode" state="degraded" title="Safe mode, after an unclean stop">
              <p>One action at a time until the town is known to be well.</p>
            </Banner>
          ) : null}
          <StartupBanner town={town} />
        </>
      )}
    </div>
  );
};
