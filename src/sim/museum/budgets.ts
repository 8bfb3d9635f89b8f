// Budgets: restart limits that do not limit, and pauses that are never forgiven or never end.

import type { ServiceId } from '#kernel/id.ts';
import type { Site } from '#kernel/site.ts';
import { later, type Instant } from '#kernel/time.ts';
import type { Gate } from '#loop/gateState.ts';
import { exhibit, type Mutant } from './exhibit.ts';
import { bentWatch, onGate, onWatch, type Change } from './graft.ts';
import { HOUR_MS, LOOPING, MORTAL } from './seasons.ts';

type Asked = { readonly subject: ServiceId; readonly cause: string | null; readonly at: Instant };

/** What the gate believes to have been spent, when a restart is asked for. `make` is called once for each run. */
const spending = (make: () => (spent: readonly Instant[], asked: Asked) => readonly Instant[]): Change =>
  onGate(() => {
    const recount = make();
    return (gate, event, step) => {
      if (event.kind !== 'told' || event.message.kind !== 'may-i') return step(gate, event);
      const { subject, cause } = event.message.request;
      const spent = recount(gate.spent[subject] ?? [], { subject, cause, at: event.at });
      return step({ ...gate, spent: { ...gate.spent, [subject]: spent } }, event);
    };
  });

/** Every town of the museum has this window, see town.ts. */
const WINDOW_MS = HOUR_MS;
/** min_uptime × max_restarts with pm2's defaults. */
const YOUTH_MS = 16_000;

const withBudgets = (site: Site, count: number): Site => ({
  ...site,
  services: site.services.map((service) => ({
    ...service,
    restartBudget: { ...service.restartBudget, count },
  })),
});

const forget = (gate: Gate, subject: ServiceId): Gate => ({ ...gate, spent: { ...gate.spent, [subject]: [] } });

const OVERSPENT: readonly Mutant[] = [
  exhibit(
    {
      name: 'no restart budget',
      missing: 'the watchman believes that every budget is a hundred',
      killers: ['restart-budget'],
    },
    {
      name: 'pm2',
      happened: 'An app that crashed after two to five seconds was restarted more than 5,000 times in one night.',
      link: 'https://github.com/Unitech/pm2/issues/1496',
    },
    { site: (site) => withBudgets(site, 100) },
  ),
  exhibit(
    {
      name: 'one too many',
      missing: 'the limit acts only when it is exceeded, not when it is reached',
      killers: ['restart-budget'],
    },
    {
      name: 'monit',
      happened: '"If 2 restarts within 2 cycles" acts after the third restart: the count has to exceed the limit.',
      link: 'https://bitbucket.org/tildeslash/monit/issues/1073/understanding-restarts-within-behavior',
    },
    {
      machine: spending(() => (spent) => spent.slice(1)),
      faults: LOOPING,
    },
  ),
  exhibit(
    {
      name: 'budget only in youth',
      missing: 'restarts count only in the first seconds after a service is first seen',
      killers: ['restart-budget'],
    },
    {
      name: 'pm2',
      happened:
        'A server that ran well for two days and then crashed was restarted for ever: max_restarts no longer held.',
      link: 'https://github.com/Unitech/pm2/issues/718',
    },
    {
      machine: spending(() => {
        const seen = new Map<ServiceId, Instant>();
        return (spent, { subject, at }) => {
          const first = seen.get(subject) ?? at;
          seen.set(subject, first);
          return at - first > YOUTH_MS ? [] : spent;
        };
      }),
    },
  ),
  exhibit(
    {
      name: 'tumbling window',
      missing: 'the count starts again at the boundary of each interval instead of sliding',
      killers: ['restart-budget'],
    },
    {
      name: 'Nomad',
      happened:
        'Its restart tracker counts per interval and starts again at the next one, so twice the attempts fit around a boundary.',
      link: 'https://github.com/hashicorp/nomad/blob/main/client/allocrunner/taskrunner/restarts/restarts.go',
    },
    {
      machine: spending(() => (spent, { at }) => {
        const interval = (when: Instant): number => Math.floor(when / WINDOW_MS);
        return spent.filter((when) => interval(when) === interval(at));
      }),
      faults: LOOPING,
    },
  ),
  exhibit(
    {
      name: 'one extra per interval',
      missing: 'from the second interval on, one restart more than the budget is given',
      killers: ['restart-budget'],
    },
    {
      name: 'Nomad',
      happened:
        'The counter was reset just after it was incremented, so every interval but the first got one extra restart.',
      link: 'https://github.com/hashicorp/nomad/pull/5737',
    },
    {
      machine: spending(() => {
        const firstAt = new Map<ServiceId, Instant>();
        return (spent, { subject, at }) => {
          const first = firstAt.get(subject) ?? spent[0] ?? at;
          firstAt.set(subject, first);
          return at - first < WINDOW_MS ? spent : spent.slice(1);
        };
      }),
      faults: LOOPING,
    },
  ),
  exhibit(
    {
      name: 'budget dies with the run',
      missing: 'a gate that starts anew forgets what was spent',
      killers: ['restart-budget'],
    },
    {
      name: 'pm2',
      happened:
        'Processes that were resurrected after a start of pm2 were restarted for ever, whatever max_restarts said.',
      link: 'https://github.com/Unitech/pm2/issues/3258',
    },
    {
      machine: onGate(
        () => (gate, event, step) => step(event.kind === 'booted' ? { ...gate, spent: {} } : gate, event),
      ),
      faults: { ...LOOPING, engine: MORTAL.engine },
    },
  ),
  exhibit(
    {
      name: 'memory restarts are free',
      missing: 'a restart for want of memory wipes the count',
      killers: ['restart-budget'],
    },
    {
      name: 'pm2',
      happened: 'A restart by max-memory-restart set unstable_restarts back to 0, so the limit was never reached.',
      link: 'https://github.com/Unitech/pm2/issues/839',
    },
    {
      machine: spending(
        () =>
          (spent, { cause }) =>
            cause === 'out-of-memory' ? [] : spent,
      ),
      faults: { ...LOOPING, services: { ...LOOPING.services, weights: { ...LOOPING.services.weights, leak: 200 } } },
    },
  ),
  exhibit(
    {
      name: 'a good moment wipes the count',
      missing: 'the budget is forgotten as soon as the service is seen healthy',
      killers: ['restart-budget'],
    },
    {
      name: 'Docker',
      happened:
        'The count of failures starts again once a container ran for ten seconds, so one that dies after eleven is restarted for ever.',
      link: 'https://github.com/moby/moby/pull/7414',
    },
    {
      machine: onGate(() => (gate, event, step) => {
        const news = event.kind === 'told' && event.message.kind === 'health' ? event.message.news : null;
        return step(news?.health === 'healthy' ? forget(gate, news.service) : gate, event);
      }),
    },
  ),
];

const PAUSES: readonly Mutant[] = [
  exhibit(
    {
      name: 'endless tries',
      missing: 'a remedy that did not help is not counted',
      killers: ['no-third-try'],
    },
    {
      name: 'Nomad',
      happened: 'A task that stayed unhealthy was restarted endlessly, although its restart policy said mode "fail".',
      link: 'https://github.com/hashicorp/nomad/issues/19875',
    },
    {
      machine: onWatch(
        () => (watch, event, step) => step({ ...watch, ineffective: 0, lastFailedAt: null, quarantine: null }, event),
      ),
    },
  ),
  exhibit(
    {
      name: 'never forgiven',
      missing: 'the failures of an old trouble are held against a service that has been well since',
      killers: ['forgiven'],
    },
    {
      name: 'systemd',
      happened:
        'The delay between restarts grows and is not reset by a successful start: a unit that fails once a month waits the longest time.',
      link: 'https://github.com/systemd/systemd/issues/43813',
    },
    {
      machine: bentWatch((watch, before) => ({
        ...watch,
        ineffective: Math.max(watch.ineffective, before.ineffective),
        lastFailedAt: watch.lastFailedAt ?? before.lastFailedAt,
      })),
    },
  ),
  exhibit(
    {
      name: 'quarantine for a second offence',
      missing: 'the steps of quarantine start where the last trouble left them',
      killers: ['forgiven'],
    },
    {
      name: 'Docker',
      happened:
        'Each death doubled the delay before the next start, even if the container had run happily for a day in between.',
      link: 'https://github.com/moby/moby/issues/22283',
    },
    {
      machine: bentWatch((watch, before) =>
        watch.quarantine === null && before.quarantine !== null && watch.wanted === 'running'
          ? { ...watch, quarantine: before.quarantine }
          : watch,
      ),
    },
  ),
  exhibit(
    {
      name: 'given up for ever',
      missing: 'no careful retry follows once a service is in quarantine',
      killers: ['settles'],
    },
    {
      name: 'supervisord',
      happened:
        'After three failed starts a program stays FATAL, although a start some seconds later would have succeeded.',
      link: 'https://github.com/Supervisor/supervisor/issues/487',
    },
    {
      machine: onWatch(() => (watch, event, step) => {
        const isRetry = event.kind === 'woke' && event.name === 'remedy' && watch.remedy.kind === 'quarantined';
        if (!isRetry) return step(watch, event);
        return { state: watch, effects: [{ kind: 'wake', name: 'remedy', at: later(event.at, 24 * HOUR_MS) }] };
      }),
    },
  ),
  exhibit(
    {
      name: 'unmonitored after the limit',
      missing: 'a service in quarantine is not looked at any more',
      killers: ['settles', 'down-is-not-healthy'],
    },
    {
      name: 'monit',
      happened:
        'After "if x restarts within y cycles then unmonitor" a service is not watched again until a person says so.',
      link: 'https://bitbucket.org/tildeslash/monit/issues/213/wake-up-from-not-monitoring',
    },
    {
      machine: onWatch(() => (watch, event, step) => {
        const isSeen = ['checked', 'confirmed', 'exited', 'found'].includes(event.kind);
        if (watch.remedy.kind !== 'quarantined') return step(watch, event);
        if (event.kind === 'woke' && event.name === 'remedy')
          return { state: watch, effects: [{ kind: 'wake', name: 'remedy', at: later(event.at, 24 * HOUR_MS) }] };
        return isSeen ? { state: watch, effects: [] } : step(watch, event);
      }),
    },
  ),
];

export const BUDGETS: readonly Mutant[] = [...OVERSPENT, ...PAUSES];
