// Discovers jobs in a crontab, as `crontab -l` prints it.

import { asName, looksSecret, NOTHING, type DiscoveredJob, type Discovery, type NotUnderstood } from './discovered.ts';

const FIELD = '[0-9A-Za-z*,/-]+';
const LINE = new RegExp(
  `^((?:${FIELD}[ \\t]+){4}${FIELD}|@(?:hourly|daily|midnight|weekly|monthly|yearly|annually))[ \\t]+(.+)$`,
);

/** At most this many lines are read. */
const LINES_MAX = 1_000;

/** The last word that looks like a program or script names the job. */
const jobName = (command: string): string => {
  const words = command.split(/\s+/).filter((word) => /^[\w./-]+$/.test(word) && !word.startsWith('-'));
  const script = words.find((word) => /\.\w{1,4}$/.test(word)) ?? words[0] ?? 'job';
  return asName((script.split('/').at(-1) ?? script).replace(/\.\w{1,4}$/, ''));
};

const readLine = (line: string, origin: string): DiscoveredJob | NotUnderstood => {
  const what = `${origin}: ${line.slice(0, 80)}`;
  if (looksSecret(line))
    return { what: `${origin}: a line with what looks like a secret`, why: 'write it by hand, with ${env:NAME}' };
  if (line.startsWith('@reboot')) return { what, why: 'it runs at boot, not on a schedule' };
  const match = LINE.exec(line);
  if (match === null) return { what, why: 'not a schedule and a command' };
  const [, schedule, command] = match;
  if (schedule === undefined || command === undefined) return { what, why: 'not a schedule and a command' };
  if (command.replaceAll('\\%', '').includes('%')) return { what, why: 'cron turns the % into a line end' };
  return {
    name: jobName(command),
    origin,
    schedule: schedule.replaceAll(/\s+/g, ' '),
    run: command.replaceAll('\\%', '%').trim(),
  };
};

/** Reads a crontab: jobs, and every line that is none. Variables are told, because a job may need them. */
export const discoverCrontab = (text: string, origin: string): Discovery => {
  const lines = text.split('\n').map((line) => line.trim());
  const jobs: DiscoveredJob[] = [];
  const notUnderstood: NotUnderstood[] = [];
  for (const line of lines.slice(0, LINES_MAX)) {
    if (line === '' || line.startsWith('#')) continue;
    const variable = /^([A-Za-z_][A-Za-z0-9_]*)\s*=/.exec(line);
    if (variable !== null) {
      const why = 'a variable that cron gives to all jobs below it; add it under env of those that need it';
      notUnderstood.push({ what: `${origin}: ${variable[1] ?? ''}=…`, why });
      continue;
    }
    const read = readLine(line, origin);
    if ('schedule' in read) jobs.push(read);
    else notUnderstood.push(read);
  }
  return { ...NOTHING, jobs, notUnderstood };
};
