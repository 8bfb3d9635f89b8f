// What waits for people: incidents with their 3 a.m. ladder, and approvals.

import type { ReactNode } from 'react';
import { useAsk, wishToAcknowledge, wishToDecide } from '../asking/wish.ts';
import { Reasons } from '../asking/verdict.tsx';
import { Ago, Until } from '../frame/moment.tsx';
import { Text } from '../frame/text.tsx';
import { usePicture } from '../live/store.ts';
import type { ApprovalView, IncidentView } from '../live/wire.ts';

/** Older ones are in the evidence. */
const RESOLVED_MAX = 5;

const Incident = ({ incident }: { readonly incident: IncidentView }): ReactNode => {
  const ask = useAsk();
  const { number, severity, status, title } = incident;
  return (
    <li className={`incident is-${status} is-${severity}`} data-incident={number}>
      <h3>
        <span className="severity">{severity}</span> <Text>{title}</Text>
      </h3>
      <p className="quiet">
        <Text className="code">{number}</Text> · {status} · began <Ago at={incident.since} />
        {incident.paged.length === 0 ? ' · nobody paged' : ' · paged: '}
        <Text>{incident.paged.join(', ')}</Text>
        {incident.lookAgainAt === null ? null : (
          <>
            {' · next look '}
            <Until at={incident.lookAgainAt} />
          </>
        )}
      </p>
      {incident.ladder.length === 0 || status === 'resolved' ? null : (
        <ol className="ladder" aria-label="What to try, in this order">
          {incident.ladder.map((step, index) => (
            <li key={index}>
              <Text>{step}</Text>
            </li>
          ))}
        </ol>
      )}
      {status === 'open' ? (
        <button type="button" className="main" onClick={() => ask(wishToAcknowledge(incident.subject, number))}>
          Acknowledge
        </button>
      ) : null}
    </li>
  );
};

const Approval = ({ approval }: { readonly approval: ApprovalView }): ReactNode => {
  const ask = useAsk();
  const what = `${approval.action} ${approval.subject}`;
  return (
    <li className="approval" data-approval={approval.id}>
      <h3>
        <Text>{what}</Text>
      </h3>
      <p className="quiet">
        <Text className="code">{approval.id}</Text> · asked by <Text>{approval.requestedBy}</Text> · ends{' '}
        <Until at={approval.expiresAt} />
      </p>
      <Reasons reasons={approval.reasons} />
      <div className="choices">
        <button type="button" className="main" onClick={() => ask(wishToDecide(true, approval.id, what))}>
          Approve
        </button>
        <button type="button" onClick={() => ask(wishToDecide(false, approval.id, what))}>
          Deny
        </button>
      </div>
    </li>
  );
};

const Resolved = ({ incidents }: { readonly incidents: readonly IncidentView[] }): ReactNode =>
  incidents.length === 0 ? null : (
    <details className="resolved">
      <summary>Resolved: {incidents.length}</summary>
      <ul>
        {incidents.slice(0, RESOLVED_MAX).map((incident) => (
          <Incident key={incident.number} incident={incident} />
        ))}
      </ul>
    </details>
  );

export const People = (): ReactNode => {
  const incidents = usePicture((picture) => picture.town?.incidents);
  const approvals = usePicture((picture) => picture.town?.approvals);
  if (incidents === undefined || approvals === undefined) return null;
  const current = incidents.filter((incident) => incident.status !== 'resolved');
  const resolved = incidents.filter((incident) => incident.status === 'resolved');
  const pending = approvals.filter((approval) => approval.status === 'pending');
  if (incidents.length + pending.length === 0) return null;
  return (
    <section className="people" aria-label="What waits for people">
      {current.length + pending.length === 0 ? null : <h2>Waits for a person</h2>}
      <ul>
        {current.map((incident) => (
          <Incident key={incident.number} incident={incident} />
        ))}
        {pending.map((approval) => (
          <Approval key={approval.id} approval={approval} />
        ))}
      </ul>
      <Resolved incidents={resolved} />
    </section>
  );
};
