// `sereno service list|show|reach|restart|start|stop|confirm`: the services, one by one.

import { visible } from '#api/visible.ts';
import { EXIT } from '#kernel/problem.ts';
import { sayInstant, sayReason } from '#kernel/reason.ts';
import { sayDuration } from '#kernel/time.ts';
import type { CheckView, ServiceView } from '#kernel/view.ts';
import { ask, whyOf } from './asking.ts';
import type { Define, Setting, Work } from './command.ts';
import { show, withClient } from './connection.ts';
import { showReach } from './reach.ts';
import { confirm, paint, paintHealth, table } from './terminal.ts';

const since = (view: Pick<ServiceView, 'since'>): string => (view.since === null ? 'never' : sayInstant(view.since));

const list: Work = (setting) =>
  withClient(setting, async (client) =>
    show(setting, await client.read('services'), async ({ services }) => {
      const rows = services.map((each) => [
        each.id,
        each.tier,
        each.workload,
        each.health,
        since(each),
        `${each.restarts.used}/${each.restarts.count}`,
        each.needs.join(', '),
      ]);
      const heads = ['service', 'tier', 'run by', 'state', 'since', 'restarts', 'needs'];
      setting.terminal.out(await table(setting.terminal, heads, rows));
    }),
  );

const sayScore = ({ value, checks, targets, needs, freshness }: ServiceView['score']): string => {
  const part = (name: string, share: number | null): string => `${name} ${share ?? 'none'}`;
  const parts = [part('checks', checks), part('targets', targets), part('needs', needs), part('freshness', freshness)];
  return `score ${value} of 100: ${parts.join(', ')}`;
};

const checkRow = (check: CheckView): readonly string[] => [
  check.id,
  check.state,
  check.lastLatencyMs === null ? 'never' : sayDuration(check.lastLatencyMs),
  check.message,
];

const printOne = async ({ terminal }: Setting, view: ServiceView): Promise<void> => {
  const { out } = terminal;
  const head = `${paint(terminal, 'bold', visible(view.id))} is ${paintHealth(terminal, view.health)}`;
  out(`${head} since ${since(view)}: ${visible(view.headline)}`);
  out(`  ${sayScore(view.score)}`);
  for (const reason of view.reasons) out(`  ${visible(sayReason(reason))}`);
  const budget = `${view.restarts.used} of ${view.restarts.count} in ${sayDuration(view.restarts.windowMs)}`;
  out(`  run by ${visible(view.workload)}${view.pid === null ? '' : ` as pid ${view.pid}`}, restarts used: ${budget}`);
  if (view.standby !== null) out(`  standby: ${visible(view.standby)}`);
  if (view.needs.length > 0) out(`  needs ${visible(view.needs.join(', '))}`);
  if (view.neededBy.length > 0) out(`  needed by ${visible(view.neededBy.join(', '))}`);
  if (view.checks.length > 0) out(await table(terminal, ['check', 'state', 'took', 'says'], view.checks.map(checkRow)));
  for (const action of view.actions.slice(-5)) {
    out(visible(`  ${sayInstant(action.at)} ${action.action} by ${action.by}: ${action.outcome} (${action.trigger})`));
  }
};

const showOne: Work = (setting, [id = '']) =>
  withClient(setting, async (client) =>
    show(setting, await client.read('service', { path: { id } }), (view) => printOne(setting, view)),
  );

const operate =
  (name: 'restart' | 'start' | 'stop'): Work =>
  async (setting, [id = ''], options) => {
    const { settings, terminal } = setting;
    const needsWord = name === 'stop' && terminal.canAsk && !settings.isYes && !settings.isDryRun;
    if (needsWord && !(await confirm(terminal, `Stop ${visible(id)} and leave it stopped?`))) return EXIT.failed;
    return ask(setting, { name, change: { path: { id }, why: whyOf(options) }, isFollowed: options['wait'] !== false });
  };

const SAYS = {
  restart: 'stop and start it, through policy and budget',
  start: 'start it',
  stop: 'stop it and leave it stopped',
} as const;

export const defineService: Define = (command, running) => {
  command.command('list').description('all services').action(running(list));
  command
    .command('show')
    .description('one service with its checks, reasons and actions')
    .argument('<service>', 'its name')
    .action(running(showOne));
  command
    .command('reach')
    .description('who reaches whom along needs, as the checks measured it')
    .argument('[service]', 'only what this one needs')
    .action(running(showReach));
  for (const verb of ['restart', 'start', 'stop'] as const) {
    command
      .command(verb)
      .description(SAYS[verb])
      .argument('<service>', 'its name')
      .option('--why <reason>', 'goes into the evidence')
      .option('--no-wait', 'do not follow it to its end')
      .action(running(operate(verb)));
  }
  command
    .command('confirm')
    .description('confirm that the number of services really changed')
    .option('--why <reason>', 'goes into the evidence')
    .action(
      running((setting, _words, options) =>
        ask(setting, { name: 'confirmSelection', change: { why: whyOf(options) }, isFollowed: false }),
      ),
    );
};
