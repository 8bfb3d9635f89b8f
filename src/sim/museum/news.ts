// News: what people are told, twice, never, too early, or somebody else.

import type { Effect } from '#kernel/effect.ts';
import type { PersonId } from '#kernel/id.ts';
import type { Notification } from '#kernel/notification.ts';
import type { Notifier } from '#ports/notifier.ts';
import { APPROVER, OPERATOR } from '../town.ts';
import { exhibit, ownGuard, type Mutant } from './exhibit.ts';
import { isTell, onIncidents, onKind, onWatch, withEffects } from './graft.ts';
import { DEAF, MORTAL } from './seasons.ts';

/** Delivers something else than what was handed over. */
const delivering =
  (bend: (notification: Notification) => Notification) =>
  (notifier: Notifier): Notifier => ({
    deliver: (key, notification, report) => notifier.deliver(key, bend(notification), report),
  });

/** Every delivery is a new message to whoever receives it. */
const keysByDelivery = (notifier: Notifier): Notifier => {
  let deliveries = 0;
  return {
    deliver: (key, notification, report) => {
      deliveries += 1;
      notifier.deliver(key, { ...notification, key: `${deliveries}#${notification.key}` }, report);
    },
  };
};

const paging =
  (bend: (notification: Notification) => Notification): ((effect: Effect) => Effect) =>
  (effect) =>
    effect.kind === 'tell' && effect.message.kind === 'say' && effect.message.notification.kind === 'page'
      ? { ...effect, message: { kind: 'say', notification: bend(effect.message.notification) } }
      : effect;

const otherThan = (person: PersonId): PersonId => (person === OPERATOR ? APPROVER : OPERATOR);

const isForPeople = (effect: Effect): boolean => isTell('say')(effect) || isTell('escalate')(effect);

const NO_INCIDENTS = { lastNumber: 0, incidents: [], answers: [] } as const;

const TWICE: readonly Mutant[] = [
  exhibit(
    { name: 'told again by each run', missing: 'a new run tells open trouble anew', killers: ['told-once'] },
    {
      name: 'Gatus',
      happened:
        'That an alert was triggered was only kept in memory: after each restart the same alert was sent again.',
      link: 'https://github.com/TwiN/gatus/issues/679',
    },
    {
      machine: onWatch(() => (watch, event, step) => {
        const { state, effects } = step(watch, event);
        const { trouble } = watch;
        if (event.kind !== 'booted' || trouble === null || !trouble.isNotified) return { state, effects };
        const notification = {
          key: `again:${state.service}@${event.at}`,
          kind: 'trouble',
          severity: 'SEV3',
          subject: state.service,
          title: `${state.service}: ${trouble.trigger}`,
          body: '',
          people: [],
          at: event.at,
        } as const;
        return { state, effects: [...effects, { kind: 'notify', notification }] };
      }),
      faults: MORTAL,
    },
  ),
  exhibit(
    {
      name: 'a retry is a new message',
      missing: 'a message that is sent again has another key',
      killers: ['told-once'],
    },
    {
      name: 'Alertmanager',
      happened:
        'While a receiver failed, each member of the cluster retried for itself, and people got the same alert twice.',
      link: 'https://github.com/prometheus/alertmanager/issues/4108',
    },
    { notifier: keysByDelivery, faults: DEAF },
  ),
  exhibit(
    {
      name: 'one key for all news',
      missing: 'the notifier names news by their subject only',
      killers: ['one-news-one-key'],
    },
    {
      name: 'Alertmanager',
      happened:
        'An alert is known by its labels only, so a new event with the same labels was taken for the old one and not sent.',
      link: 'https://github.com/prometheus/alertmanager/issues/904',
    },
    { notifier: delivering((news) => ({ ...news, key: news.subject })) },
  ),
];

const NEVER: readonly Mutant[] = [
  exhibit(
    {
      name: 'a lost message stays lost',
      missing: 'a message that could not be delivered is taken for delivered',
      killers: ['reached'],
    },
    {
      name: 'Uptime Kuma',
      happened: 'If the notification service cannot be reached at the moment of the event, the message is never sent.',
      link: 'https://github.com/louislam/uptime-kuma/issues/6046',
    },
    {
      notifier: (notifier) => ({
        deliver: (key, news, report) =>
          notifier.deliver(key, news, () => report({ isDelivered: true, detail: 'sent, whatever became of it' })),
      }),
      faults: DEAF,
    },
  ),
  exhibit(
    {
      name: 'recovery is not told',
      missing: 'a watch does not say that its trouble is over',
      killers: ['settles'],
    },
    {
      name: 'Uptime Kuma',
      happened:
        'A push monitor that came back from pending sent no second message: people were told of the outage and never of its end.',
      link: 'https://github.com/louislam/uptime-kuma/issues/5742',
    },
    {
      machine: onKind(
        'watch',
        withEffects((effect) => !isTell('recovered')(effect)),
      ),
    },
  ),
  exhibit(
    {
      name: 'trouble dies with the run',
      missing: 'a new run does not know that there was trouble',
      killers: ['settles', 'told-once'],
    },
    {
      name: 'Gatus',
      happened:
        'An endpoint that recovered while Gatus was down never gets its RESOLVED: the alert stays open for ever.',
      link: 'https://github.com/TwiN/gatus/issues/1111',
    },
    {
      machine: onWatch(
        () => (watch, event, step) =>
          step(event.kind === 'booted' ? { ...watch, trouble: null, quarantine: null } : watch, event),
      ),
      faults: MORTAL,
    },
  ),
  ownGuard(
    {
      name: 'nobody is told',
      missing: 'trouble is neither notified nor escalated',
      killers: ['no-silent-death'],
    },
    {
      machine: onKind(
        'watch',
        withEffects((effect) => !isForPeople(effect)),
      ),
    },
  ),
];

const WRONG: readonly Mutant[] = [
  exhibit(
    {
      name: 'the wrong person is paged',
      missing: 'a page does not go to whose turn it is',
      killers: ['right-person'],
    },
    {
      name: 'Grafana OnCall',
      happened: 'There was no usable way to reach who was on call, and a director was paged by mistake.',
      link: 'https://github.com/grafana-cold-storage/oncall/issues/1326',
    },
    {
      machine: onIncidents(() => (incidents, event, step) => {
        const { state, effects } = step(incidents, event);
        const director = paging((page) => ({ ...page, people: page.people.map(otherThan) }));
        return { state, effects: effects.map(director) };
      }),
    },
  ),
  exhibit(
    {
      name: 'the chain stops',
      missing: 'a page that nobody acknowledges is not passed on',
      killers: ['awake'],
    },
    {
      name: 'Grafana OnCall',
      happened:
        'An escalation that had to wait never continued: the person on call was not paged for five and a half hours.',
      link: 'https://github.com/grafana-cold-storage/oncall/issues/1206',
    },
    {
      machine: onKind(
        'incidents',
        withEffects((effect) => effect.kind !== 'wake'),
      ),
    },
  ),
  exhibit(
    {
      name: 'incidents die with the run',
      missing: 'a new run does not know which incidents are open',
      killers: ['one-news-one-key', 'settles', 'no-silent-death'],
    },
    {
      name: 'Prometheus',
      happened: 'After a restart firing alerts went back to pending and waited for their whole time again.',
      link: 'https://github.com/prometheus/prometheus/issues/15175',
    },
    {
      machine: onIncidents(() => {
        let isNew = true;
        return (incidents, event, step) => {
          const state = isNew ? NO_INCIDENTS : incidents;
          isNew = false;
          return step(state, event);
        };
      }),
      faults: MORTAL,
    },
  ),
];

export const NEWS: readonly Mutant[] = [...TWICE, ...NEVER, ...WRONG];
