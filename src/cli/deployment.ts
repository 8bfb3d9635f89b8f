// `sereno deployment mark|list`: says that a release begins to run, and shows what became of each.

import { visible } from '#api/visible.ts';
import { VERSION_FORM } from '#kernel/deployment.ts';
import { problem } from '#kernel/problem.ts';
import { sayInstant } from '#kernel/reason.ts';
import type { ReleaseView } from '#kernel/release.ts';
import { ask, whyOf } from './asking.ts';
import type { Define, Work } from './command.ts';
import { show, withClient } from './connection.ts';
import { failWith } from './failing.ts';
import { table } from './terminal.ts';

const rowOf = (release: ReleaseView): readonly string[] => [
  sayInstant(release.at),
  visible(release.service),
  visible(release.version),
  visible(`${release.by} (${release.source})`),
  release.isOpen ? `watched until ${sayInstant(release.until)}` : (release.verdict?.kind ?? ''),
  visible(release.headline),
];

const list: Work = (setting, [service]) =>
  withClient(setting, async (client) => {
    const query = service === undefined ? {} : { query: { service } };
    return show(setting, await client.read('deployments', query), async ({ deployments }) => {
      if (deployments.length === 0) return setting.terminal.out('no release was marked or seen');
      const heads = ['since', 'service', 'version', 'by', 'verdict', 'what is known'];
      setting.terminal.out(await table(setting.terminal, heads, deployments.map(rowOf)));
    });
  });

const isShare = (text: string): boolean => /^\d{1,3}(\.\d+)?$/.test(text) && Number(text) > 0 && Number(text) <= 100;

const mark: Work = async (setting, [id = '', version = ''], options) => {
  const traffic = typeof options['traffic'] === 'string' ? options['traffic'].replace(/ ?%$/, '') : '100';
  const problems = [
    ...(VERSION_FORM.test(version)
      ? []
      : [
          problem('bad-request', `${JSON.stringify(version)} is no version`, {
            expected: '1 to 128 visible ASCII characters without spaces, such as 1.4.2 or a digest',
          }),
        ]),
    ...(isShare(traffic)
      ? []
      : [problem('bad-request', `${JSON.stringify(traffic)} is no share of traffic`, { expected: 'above 0, to 100' })]),
  ];
  if (problems.length > 0) return failWith(setting, problems);
  const change = { path: { id }, query: { version, traffic, source: 'cli' }, why: whyOf(options) };
  return ask(setting, { name: 'markDeployment', change, isFollowed: false });
};

export const defineDeployment: Define = (command, running) => {
  command
    .command('mark')
    .description('say that a version of a service begins to run: it is watched for half an hour')
    .argument('<service>', 'whose it is')
    .argument('<version>', 'as people call it: 1.4.2, a build number, a digest')
    .option('--traffic <percent>', 'share of the traffic of the service that it has; 100 unless told')
    .option('--why <reason>', 'goes into the evidence')
    .action(running(mark));
  command
    .command('list')
    .description('releases that were marked or seen, newest first, with what is known of each')
    .argument('[service]', 'of one service only')
    .action(running(list));
};
