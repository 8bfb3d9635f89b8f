// `sereno up`: starts the watch, in the foreground, until it is told to stop.

import { visible } from '#api/visible.ts';
import { EXIT, problem } from '#kernel/problem.ts';
import { checkConfiguration } from './check.ts';
import type { Define, Work } from './command.ts';
import { failWith } from './failing.ts';

/** Free on most machines, and easy to remember. */
const PORT = 7_373;

const up: Work = async (setting, _words, options) => {
  const { settings, terminal, version } = setting;
  const port = Number(options['port'] ?? PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    return failWith(setting, [
      problem('bad-request', '--port is not a port', { expected: '0 to 65535; 0: any free one' }),
    ]);
  }
  const isDemo = options['demo'] === true;
  if (settings.isDryRun && !isDemo) return checkConfiguration(setting);
  if (settings.isDryRun) {
    terminal.out('dry run, nothing was changed: would build the demo town and start it');
    return EXIT.ok;
  }
  const { runDaemon } = await import('#daemon/run.ts');
  return runDaemon({
    configFile: settings.configFile,
    stateDirectory: settings.stateDirectory,
    port,
    host: typeof options['host'] === 'string' ? options['host'] : '127.0.0.1',
    isDemo,
    version,
    // Names and messages come from files and from far sides; the lines of a text stay lines.
    print: (text) => terminal.out(text.split('\n').map(visible).join('\n')),
  });
};

export const defineUp: Define = (command, running) => {
  command
    .option('--demo', 'watch a small demo town instead of your own')
    .option('--port <port>', `port of the API and the dashboard (default: ${PORT})`)
    .option('--host <host>', 'address to bind; beyond loopback, reading needs a token too (default: 127.0.0.1)')
    .action(running(up));
};
