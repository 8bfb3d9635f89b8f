// One run of Sereno, from reading the configuration to the orderly end.

import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { sayConfigurations } from '#kernel/own.ts';
import { EXIT, problem, PROBLEMS, sayProblem, type ExitCode, type Problem } from '#kernel/problem.ts';
import type { Site } from '#kernel/site.ts';
import { instant } from '#kernel/time.ts';
import { readSite, type SiteReading } from '#config/readSite.ts';
import type { Startup } from '#duties/startup/startup.ts';
import { CodexRoom } from './codex/room.ts';
import { Running, sayWarnings } from './codex/running.ts';
import { buildDemo, demoWords } from './demo.ts';
import { openHouse, type House } from './house.ts';
import { makeOutside } from './outside.ts';
import { watchSources } from './reload.ts';
import { spareMemory } from './spareMemory.ts';
import { postWatchman, type Outside, type Watchman } from './watchman.ts';

export type RunOptions = {
  readonly configFile: string;
  readonly stateDirectory: string;
  readonly host: string;
  readonly port: number;
  /** The demo town: a few words about what to try are printed. */
  readonly isDemo: boolean;
  readonly version: string;
  readonly print: (line: string) => void;
};

/** Where the built dashboard lies: beside the bundle, or in dist of a checkout. */
const WEB_PLACES = [join(import.meta.dirname, 'web'), join(import.meta.dirname, '..', '..', 'dist', 'web')];

const webDirectory = (): string | null => WEB_PLACES.find((place) => existsSync(join(place, 'index.html'))) ?? null;

const read = (options: RunOptions): SiteReading =>
  readSite({ file: options.configFile, env: process.env, now: instant(Date.now()) });

const fail = (options: RunOptions, problems: readonly Problem[]): ExitCode => {
  for (const it of problems) options.print(sayProblem(it));
  if (problems.some(({ code }) => code === 'codex-unblessed')) return PROBLEMS['codex-unblessed'].exit;
  return problems.some((it) => it.code.startsWith('config') || it.code === 'service-unmonitored')
    ? EXIT.usage
    : EXIT.failed;
};

/**
 * Runs until SIGINT or SIGTERM (orderly end: services are stopped in reverse order) and returns the exit code.
 * A second signal ends at once and leaves the services running; the next start adopts them.
 */
export const runDaemon = async (wanted: RunOptions): Promise<ExitCode> => {
  const options = wanted.isDemo ? toDemo(wanted) : wanted;
  if (options === null) return fail(wanted, [problem('not-found', 'this package came without the demo town')]);
  const reading = read(options);
  for (const warning of reading.warnings) options.print(`warning: ${sayProblem(warning)}`);
  if (reading.site === null) return fail(options, reading.problems);
  const unusable = prepareState(options.stateDirectory);
  if (unusable !== null) return fail(options, [unusable]);
  const running = new Running(new CodexRoom(options.stateDirectory), options.configFile);
  const judged = running.take({ site: reading.site, tree: reading.tree }, instant(Date.now()));
  for (const line of sayWarnings(judged.warnings, sayProblem)) options.print(line);
  if (judged.problems.length > 0) return fail(options, judged.problems);
  const outside = makeOutside({
    stateDirectory: options.stateDirectory,
    siteName: reading.site.name,
    stream: process.stdout,
  });
  spareMemory();
  const opening = openHouse(options.stateDirectory, outside.clock);
  if (opening.kind === 'refused') return fail(options, [opening.problem]);
  const { site, sources } = reading;
  return watchUntilEnd({ options, site, sources, outside, house: opening.house, running });
};

/** The adapters write below it, so it is looked at before they are made. */
const prepareState = (directory: string): Problem | null => {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    accessSync(directory, constants.W_OK);
    return null;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return problem('store-unusable', `${directory} cannot be used: ${detail}`, { mend: 'name another with --state' });
  }
};

/** The demo has a state directory of its own, unless one was named. */
const toDemo = (options: RunOptions): RunOptions | null => {
  const isDefault = basename(options.stateDirectory) === '.sereno';
  const stateDirectory = isDefault ? join(dirname(options.stateDirectory), '.sereno-demo') : options.stateDirectory;
  const configFile = buildDemo(join(stateDirectory, 'town'));
  return configFile === null ? null : { ...options, stateDirectory, configFile };
};

type Run = {
  readonly options: RunOptions;
  readonly site: Site;
  readonly sources: readonly string[];
  readonly outside: Outside;
  readonly house: House;
  readonly running: Running;
};

type End = 'down' | 'taken-over' | 'at-once';

const watchUntilEnd = async (run: Run): Promise<ExitCode> => {
  const { options, house } = run;
  let end: (how: End) => void = () => {};
  const ended = new Promise<End>((resolve) => {
    end = resolve;
  });
  let onCodexMoved: () => void = () => {};
  const posting = await postWatchman({
    own: { room: run.running.room, standing: () => run.running.standing(), onMoved: () => onCodexMoved() },
    site: run.site,
    house,
    outside: run.outside,
    listen: { host: options.host, port: options.port, webDirectory: webDirectory() },
    version: options.version,
    shout: (line) => options.print(`sereno: ${line}`),
    onTakenOver: () => end('taken-over'),
    onStartup: (startup) => {
      if (startup.phase === 'up' || startup.phase === 'down') sayReport(run, startup);
      if (startup.phase === 'down') end('down');
    },
  });
  if (posting.kind === 'refused') {
    house.close(true);
    return fail(options, [posting.problem]);
  }
  const { watchman } = posting;
  greet(run, watchman);
  const { release, codexMoved } = listen(run, watchman, end);
  onCodexMoved = codexMoved;
  const how = await ended;
  release();
  await watchman.close();
  house.close(how === 'down');
  return how === 'down' ? EXIT.ok : EXIT.failed;
};

const greet = (run: Run, watchman: Watchman): void => {
  const { options, house, site } = run;
  const services = site.services.length;
  if (!house.lastRun.isClean)
    options.print('sereno: the last run did not end orderly; safe mode: one action at a time');
  options.print(
    `sereno ${options.version} watches ${site.name}: ${services} ${services === 1 ? 'service' : 'services'}`,
  );
  options.print(`dashboard: ${watchman.url}/#token=${house.localToken}`);
  const own = run.running.standing().views;
  if (own.length > 0) for (const line of sayConfigurations(site.digest, own)) options.print(line);
  if (site.declared.length > 0)
    options.print(`declared, not yet active: ${site.declared.length} (sereno check lists them)`);
};

type Listening = { readonly release: () => void; readonly codexMoved: () => void };

/** Signals, changed files and blessings, until released. */
const listen = (run: Run, watchman: Watchman, end: (how: End) => void): Listening => {
  const { options, outside, running } = run;
  let sources = run.sources;
  let isEnding = false;
  const reload = (): void => {
    const reading = read(options);
    sources = reading.sources;
    const { site, tree } = reading;
    const judged = site === null ? null : running.take({ site, tree }, outside.clock.now());
    const problems = judged === null ? reading.problems : judged.problems;
    if (site === null || problems.length > 0) {
      const text = problems.map(sayProblem).join('\n');
      options.print(`sereno: the new configuration is refused; the old one goes on\n${text}`);
      return watchman.refuseConfiguration(text);
    }
    for (const line of sayWarnings(judged?.warnings ?? [], sayProblem)) options.print(line);
    options.print(`sereno: configuration read anew, ${site.services.length} services`);
    watchman.reload(site);
    return watchman.sayOwn();
  };
  const codexMoved = (): void => {
    const now = outside.clock.now();
    if (running.lookAgain(now)) watchman.sayOwn();
    if (!running.hasRefused()) return;
    // What waits on the disk may be blessed by now.
    const { site, tree } = read(options);
    if (site !== null && running.wouldTake({ site, tree }, now)) reload();
  };
  const stop = (): void => {
    if (isEnding) return end('at-once');
    isEnding = true;
    options.print(
      'sereno: stopping the services, dependants first (once more to leave at once, and leave them running)',
    );
    return watchman.beginShutdown();
  };
  const cancelWatch = watchSources(outside.clock, () => sources, reload);
  process.on('SIGHUP', reload);
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  const release = (): void => {
    cancelWatch();
    process.off('SIGHUP', reload);
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  };
  return { release, codexMoved };
};

const sayReport = (run: Run, startup: Startup): void => {
  const { options } = run;
  for (const line of startup.lines) options.print(`${line.isGood ? 'ok ' : 'BAD'} ${line.phase}: ${line.text}`);
  if (startup.phase === 'down') options.print('sereno: down, in good order');
  else if (options.isDemo) for (const line of demoWords(run.site, options.stateDirectory)) options.print(line);
};
