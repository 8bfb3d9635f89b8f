// One service in full: its checks, why it is as it is, what was done about it, and the facts.

import { useEffect, useState, type ReactNode } from 'react';
import { durationSentence, reasonSentence } from '#api/sentence.ts';
import { useAsk, wishToOperate, type Verb } from '../asking/wish.ts';
import { State } from '../frame/mark.tsx';
import { Age, Ago, Clock, Until } from '../frame/moment.tsx';
import { Text } from '../frame/text.tsx';
import { sayLatency } from '../frame/words.ts';
import { client } from '../live/follow.ts';
import { hashOf } from '../live/place.ts';
import { useIsOld } from '../live/store.ts';
import type { ActionView, CheckView, Explanation, ServiceView } from '../live/wire.ts';
import { StripView } from './stripView.tsx';

const Check = ({ check }: { readonly check: CheckView }): ReactNode => {
  const isOld = useIsOld();
  return (
    <li className={`check is-${check.state}`}>
      <p className="line">
        <State state={check.state} isOld={isOld} />
        {check.since === null || isOld ? null : (
          <span className="quiet">
            for <Age at={check.since} />
          </span>
        )}
        <Text className="strong">{check.kind}</Text>
        <Text className="code">{check.target}</Text>
      </p>
      <p>
        <Text>{check.message === '' ? 'no message' : check.message}</Text>
        {check.symptom === 'none' ? null : <span className="tag">{check.symptom}</span>}
      </p>
      <StripView samples={check.strip} name={check.id} />
      <p className="quiet numbers">
        {check.lastAt === null ? 'never looked at in this run' : 'last look '}
        {check.lastAt === null ? null : <Ago at={check.lastAt} />}
        {check.lastLatencyMs === null ? '' : ` · took ${sayLatency(check.lastLatencyMs)}`}
        {check.nextAt === null ? ' · no next look planned' : ' · next look '}
        {check.nextAt === null ? null : <Until at={check.nextAt} />}
      </p>
    </li>
  );
};

const Action = ({ action }: { readonly action: ActionView }): ReactNode => (
  <li className={`action is-${action.outcome}`}>
    <Clock at={action.at} />
    <span>
      <Text>{action.trigger}</Text>
      {action.cause === null ? '' : ` (${action.cause})`} → <b>{action.action}</b> by <Text>{action.by}</Text> →{' '}
      <b className="outcome">{action.outcome}</b>
      {action.endedAt === null ? '' : ` after ${durationSentence(action.endedAt - action.at)}`}
    </span>
  </li>
);

type Explained =
  | { readonly kind: 'asking' }
  | { readonly kind: 'explained'; readonly explanation: Explanation }
  | { readonly kind: 'failed'; readonly detail: string };

/** The explanation, asked for again whenever the headline is another. */
const useExplanation = (service: ServiceView): Explained => {
  const [explained, setExplained] = useState<Explained>({ kind: 'asking' });
  useEffect(() => {
    let isWanted = true;
    const show = (next: Explained): void => {
      if (isWanted) setExplained(next);
    };
    void client()
      .read('explain', { path: { subject: service.id } })
      .then((outcome) => {
        if (outcome.kind === 'ok') show({ kind: 'explained', explanation: outcome.value });
        else if (outcome.kind === 'unreachable') show({ kind: 'failed', detail: outcome.detail });
        else show({ kind: 'failed', detail: outcome.problems.map((problem) => problem.message).join('; ') });
      });
    return () => {
      isWanted = false;
    };
  }, [service.id, service.headline]);
  return explained;
};

const WhyOf = ({ service }: { readonly service: ServiceView }): ReactNode => {
  const explained = useExplanation(service);
  const reasons = service.reasons.map(reasonSentence);
  const more =
    explained.kind === 'explained' ? explained.explanation.why.filter((line) => !reasons.includes(line)) : [];
  return (
    <section>
      <h4>Why</h4>
      <ul className="reasons">
        {[...reasons, ...more].map((line, index) => (
          <li key={index}>
            <Text>{line}</Text>
          </li>
        ))}
      </ul>
      {reasons.length + more.length === 0 && explained.kind !== 'asking' ? (
        <p className="quiet">No reasons given.</p>
      ) : null}
      {explained.kind === 'failed' ? (
        <p className="quiet">
          The full explanation could not be fetched: <Text>{explained.detail}</Text>
        </p>
      ) : null}
      {service.lookAgainAt === null ? null : (
        <p className="quiet">
          Sereno looks again <Until at={service.lookAgainAt} />
        </p>
      )}
    </section>
  );
};

const Names = ({ names }: { readonly names: readonly string[] }): ReactNode =>
  names.length === 0 ? 'nothing' : <Text>{names.join(', ')}</Text>;

const Facts = ({ service }: { readonly service: ServiceView }): ReactNode => {
  const { used, count, windowMs, freeAt } = service.restarts;
  return (
    <dl className="facts">
      <dt>Run by</dt>
      <dd>
        <Text>{service.workload}</Text>
        {service.pid === null ? '' : `, pid ${service.pid}`}
      </dd>
      {service.standby === null ? null : (
        <>
          <dt>Standby</dt>
          <dd>
            <Text>{service.standby}</Text>
          </dd>
        </>
      )}
      <dt>Needs</dt>
      <dd>
        <Names names={service.needs} />
      </dd>
      <dt>Needed by</dt>
      <dd>
        <Names names={service.neededBy} />
      </dd>
      <dt>Traffic</dt>
      <dd>{service.trafficPercent} %</dd>
      <dt>Restarts</dt>
      <dd>
        {used} of {count} in {durationSentence(windowMs)}
        {freeAt === null ? null : (
          <>
            , next free <Until at={freeAt} />
          </>
        )}
      </dd>
    </dl>
  );
};

const VERBS: readonly Verb[] = ['restart', 'start', 'stop'];

type DetailProps = {
  readonly service: ServiceView;
  /** A way to the service's own page; not on that page itself. */
  readonly hasLink?: boolean;
};

export const ServiceDetail = ({ service, hasLink = false }: DetailProps): ReactNode => {
  const ask = useAsk();
  return (
    <div className="detail">
      {hasLink ? (
        <p className="to-page">
          <a href={hashOf({ kind: 'service', id: service.id })}>Charts, budget and causes of {service.id} →</a>
        </p>
      ) : null}
      <section className="checks">
        <h4>Checks</h4>
        <ul>
          {service.checks.map((check) => (
            <Check key={check.id} check={check} />
          ))}
        </ul>
      </section>
      <WhyOf service={service} />
      <section>
        <h4>Actions</h4>
        {service.actions.length === 0 ? <p className="quiet">None in memory.</p> : null}
        <ol className="actions">
          {service.actions.map((action) => (
            <Action key={action.key} action={action} />
          ))}
        </ol>
      </section>
      <section>
        <h4>Facts</h4>
        <Facts service={service} />
        <div className="choices">
          {VERBS.map((verb) => (
            <button key={verb} type="button" onClick={() => ask(wishToOperate(verb, service.id))}>
              {verb[0]?.toUpperCase()}
              {verb.slice(1)}
            </button>
          ))}
        </div>
      </section>
    </div>
  );
};
