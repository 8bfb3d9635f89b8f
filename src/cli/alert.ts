// `sereno alert list|suppress|suppressed|unsuppress|quality`: what became of every raw event, and what keeps words back.

import { visible } from '#api/visible.ts';
import { meantBy } from '#judge/noise/meaning.ts';
import { SILENCE_MAX_MS } from '#judge/noise/silence.ts';
import type { RawAlert } from '#kernel/alert.ts';
import { problem } from '#kernel/problem.ts';
import { sayInstant } from '#kernel/reason.ts';
import { sayDuration } from '#kernel/time.ts';
import { ask, whyOf } from './asking.ts';
import type { Define, Options, Work } from './command.ts';
import { show, withClient } from './connection.ts';
import { failWith } from './failing.ts';
import { table } from './terminal.ts';

const FATES = ['waiting', 'notified', 'grouped', 'silenced', 'inhibited'] as const;

const fateOf = ({ fate }: RawAlert): string => (fate.by === '' ? fate.kind : `${fate.kind} by ${fate.by}`);

const isWanted = (options: Options, alert: RawAlert): boolean =>
  (options['fate'] === undefined || alert.fate.kind === options['fate']) &&
  (options['open'] !== true || alert.endedAt === null);

const list: Work = (setting, _words, options) =>
  withClient(setting, async (client) => {
    const outcome = await client.read('alerts');
    if (outcome.kind !== 'ok') return show(setting, outcome, () => undefined);
    const alerts = outcome.value.alerts.filter((each) => isWanted(options, each));
    return show(setting, { ...outcome, value: { ...outcome.value, alerts } }, async () => {
      if (alerts.length === 0) return setting.terminal.out('no raw events');
      const rows = alerts.map((each) => [
        sayInstant(each.since),
        each.endedAt === null ? 'lasts' : sayInstant(each.endedAt),
        visible(each.key),
        visible(fateOf(each)),
        visible(each.fate.why),
      ]);
      setting.terminal.out(await table(setting.terminal, ['since', 'until', 'event', 'fate', 'why'], rows));
    });
  });

const listSuppressed: Work = (setting) =>
  withClient(setting, async (client) =>
    show(setting, await client.read('alerts'), async ({ suppressions }) => {
      if (suppressions.length === 0) return setting.terminal.out('nothing is suppressed');
      const rows = suppressions.map((each) => [
        each.id,
        visible(each.what),
        visible(each.by),
        sayInstant(each.until),
        String(each.held),
        visible(each.why),
      ]);
      setting.terminal.out(await table(setting.terminal, ['id', 'what', 'by', 'until', 'held back', 'why'], rows));
    }),
  );

const listQuality: Work = (setting) =>
  withClient(setting, async (client) =>
    show(setting, await client.read('alerts'), async ({ quality }) => {
      if (quality.length === 0) return setting.terminal.out('nobody was called in the last seven days');
      const rows = quality.map((each) => [
        visible(each.rule),
        ...[each.fired, each.actedOn, each.false, each.messages].map(String),
        each.isNoise ? 'noise' : '',
      ]);
      setting.terminal.out(
        await table(setting.terminal, ['rule', 'fired', 'acted on', 'false', 'messages', 'finding'], rows),
      );
    }),
  );

const LENGTHS_MS: Readonly<Record<string, number>> = { min: 60_000, h: 3_600_000, d: 86_400_000 };

/** `2h`, `30min`, `1d` from now, or an instant of RFC 3339; null when it is neither. */
const endOf = (text: string): string | null => {
  const [, count = '', unit = ''] = /^(\d{1,5})(min|h|d)$/.exec(text) ?? [];
  const lengthMs = LENGTHS_MS[unit];
  if (lengthMs !== undefined) return new Date(Date.now() + Number(count) * lengthMs).toISOString();
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text))
    ? new Date(text).toISOString()
    : null;
};

const WHAT = { expected: 'a subject such as a service, or matchers: service=~"api-.*",severity="SEV3"' };
const END = { expected: '--until 2h, 30min, 1d, or 2026-11-21T18:00:00Z; within 31 days' };

/** By the clock of this machine; the Sereno that is asked has the last word. */
const endTroubles = (until: string): readonly string[] => {
  const leftMs = Date.parse(until) - Date.now();
  if (leftMs <= 0) return ['its end is past'];
  return leftMs > SILENCE_MAX_MS ? [`its end is further away than ${sayDuration(SILENCE_MAX_MS)}`] : [];
};

const suppress: Work = async (setting, [what = ''], options) => {
  const given = typeof options['until'] === 'string' ? options['until'] : '';
  const until = endOf(given);
  const why = whyOf(options);
  const meant = meantBy(what);
  const problems = [
    ...(meant.kind === 'wrong' ? meant.whys.map((each) => problem('bad-request', each, WHAT)) : []),
    ...(until === null
      ? [
          problem(
            'bad-request',
            given === '' ? 'a suppression needs an end' : `${JSON.stringify(given)} is no end`,
            END,
          ),
        ]
      : []),
    ...(until === null ? [] : endTroubles(until).map((each) => problem('bad-request', each, END))),
    ...(why.trim() === '' ? [problem('bad-request', 'a suppression needs a reason', { expected: '--why "…"' })] : []),
  ];
  if (until === null || problems.length > 0) return failWith(setting, problems);
  return ask(setting, { name: 'suppress', change: { query: { what, until }, why }, isFollowed: false });
};

const unsuppress: Work = (setting, [id = ''], options) =>
  ask(setting, { name: 'unsuppress', change: { path: { id }, why: whyOf(options) }, isFollowed: false });

const listOne: Work = (setting, words, options) => {
  const { fate } = options;
  if (fate === undefined || FATES.some((it) => it === fate)) return list(setting, words, options);
  return Promise.resolve(
    failWith(setting, [
      problem('bad-request', `${JSON.stringify(fate)} is no fate`, { expected: `one of ${FATES.join(', ')}` }),
    ]),
  );
};

export const defineAlert: Define = (command, running) => {
  command
    .command('list')
    .description('every raw event with what became of it, and why')
    .option('--fate <fate>', `only those that were ${FATES.join(', ')}`)
    .option('--open', 'only those that last')
    .action(running(listOne));
  command
    .command('suppress')
    .description('tell nobody about it until an end; watching and acting go on; only a person may')
    .argument('<what>', 'a subject such as a service, or matchers: service=~"api-.*",severity="SEV3"')
    .option('--until <end>', '2h, 30min, 1d, or an instant such as 2026-11-21T18:00:00Z')
    .option('--why <reason>', 'goes into the evidence')
    .action(running(suppress));
  command.command('suppressed').description('what is held back, by whom, until when').action(running(listSuppressed));
  command
    .command('unsuppress')
    .description('end a suppression before its time')
    .argument('<id>', 'from sereno alert suppressed')
    .option('--why <reason>', 'goes into the evidence')
    .action(running(unsuppress));
  command
    .command('quality')
    .description('of each rule, how often it called people this week, and what came of it')
    .action(running(listQuality));
};
