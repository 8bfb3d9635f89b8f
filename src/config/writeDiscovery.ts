// Writes what was discovered as a commented sereno.yaml that `readSite` accepts.

import type { Json } from '#kernel/evidence.ts';
import { asName, type DiscoveredJob, type DiscoveredService, type Discovery } from './discovered.ts';

export type Surroundings = {
  /** The name of the machine or folder; made into a name. */
  readonly site: string;
  /** The time zone of the machine, an IANA name. */
  readonly timezone: string;
};

/** A comment never ends its line early, whatever was found in a file. */
const comment = (text: string): string => `# ${text.replaceAll(/[\s\p{Cc}\u2028\u2029]+/gu, ' ').trim()}`;

/** Texts that look like references are other people's texts: `${env:X}` in a crontab means something to a shell. */
const escaped = (value: Json): Json => {
  if (typeof value === 'string') return value.replaceAll(/\$(?=\$?\{(?:env|file):)/g, '$$$$');
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((item: Json) => escaped(item));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, escaped(item)]));
};

/** Words that stand without quotes inside `{ }` and `[ ]` and mean themselves in every version of YAML. */
const PLAIN = /^(?:[A-Za-z/]|\.{1,2}\/)[A-Za-z0-9_./@-]*(?::(?:\/\/)?[A-Za-z0-9_./@-]+)*$/;
const YAML_WORD = /^(?:null|true|false|yes|no|on|off|y|n|\.nan|\.inf|\.+)$/i;

/** Double quotes as in JSON; what JSON leaves bare but YAML does not print is escaped as well. */
const quoted = (text: string): string =>
  JSON.stringify(text).replaceAll(
    /[\x7f-\xa0\u2028\u2029\ufeff\ufffe\uffff]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

const word = (text: string): string => (PLAIN.test(text) && !YAML_WORD.test(text) ? text : quoted(text));

const flow = (value: Json): string => {
  if (typeof value === 'string') return word(value);
  if (value === null || typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map((item: Json) => flow(item)).join(', ')}]`;
  const entries = Object.entries(value).map(([key, item]) => `${word(key)}: ${flow(item)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
};

/** One value on one line. The library's own writer breaks lines of long or odd texts, which a comment cannot follow. */
const inline = (value: Json): string => flow(escaped(value));

/** A program may listen on hundreds of ports; a service may have a hundred checks, and few people want more than these. */
const CHECKS_WRITTEN = 20;

const leftOut = (count: number): readonly string[] =>
  count <= 0 ? [] : [`      # ${count} more ports that it listens on were left out; add a check of those that matter.`];

const serviceLines = (service: DiscoveredService): readonly string[] => [
  `  ${comment(service.origin)}`,
  ...service.notes.map((note) => `  ${comment(note)}`),
  `  ${inline(service.name)}:`,
  ...(service.run === null ? [] : [`    run: ${inline(service.run)}`]),
  ...(service.needs.length === 0 ? [] : [`    needs: ${inline(service.needs)}`]),
  '    checks:',
  ...service.checks.slice(0, CHECKS_WRITTEN).map((check) => `      - ${inline(check)}`),
  ...leftOut(service.checks.length - CHECKS_WRITTEN),
  '    targets: { availability: 99% over 7d }',
  '',
];

const jobLines = (job: DiscoveredJob): readonly string[] => [
  `  ${inline(job.name)}:`,
  `    schedule: ${JSON.stringify(job.schedule)}`,
  `    run: ${inline(job.run)}`,
  '',
];

const candidateLines = (candidates: readonly DiscoveredService[]): readonly string[] =>
  candidates.flatMap((candidate) => [
    '  # A script that may be a service; remove the # to let Sereno start and watch it:',
    ...serviceLines(candidate)
      .filter((line) => line !== '')
      .map((line) => `  # ${line.slice(2)}`),
    '',
  ]);

/** Ends of names that YAML or the schema line would break on are cured by `inline` and `asName`. */
const head = (surroundings: Surroundings): readonly string[] => [
  '# Written by `sereno init` from what is on this machine. Nothing here was guessed; what was not understood is listed',
  '# at the end. Read it, change it, then: sereno check, sereno up.',
  'sereno: 1',
  `site: ${inline(asName(surroundings.site))}`,
  'environment: production    # dev | staging | production; production has the strictest rules',
  `timezone: ${inline(surroundings.timezone)}`,
  '',
  '# Who is told, and may decide. Without people, Sereno can only write to its terminal.',
  '# people:',
  '#   ana: { roles: [operator, approver], contact: { email: ana@example.org } }',
  '# on_call: { primary: [ana] }',
  'notify:',
  '  screen: { terminal: true }',
  '',
];

const section = (name: string, lines: readonly string[], more: readonly string[]): readonly string[] => {
  if (lines.length === 0 && more.length === 0) return [];
  return lines.length === 0 ? [`${name}: {}`, ...more, ''] : [`${name}:`, ...lines, ...more];
};

/** The text of a sereno.yaml with everything that was found. */
export const writeDiscovery = (discovery: Discovery, surroundings: Surroundings): string => {
  const services = section('services', discovery.services.flatMap(serviceLines), candidateLines(discovery.candidates));
  const empty =
    discovery.services.length + discovery.candidates.length === 0
      ? ['# Nothing was found that can be watched.', 'services: {}', '']
      : [];
  const targets =
    services.length === 0
      ? []
      : ['# The targets below are a first promise, not a measurement: change them to what you want to hold.'];
  const jobs =
    discovery.jobs.length === 0
      ? []
      : [
          '# From the crontab. Cron still runs these; when Sereno runs them, remove the lines there.',
          ...section('jobs', discovery.jobs.flatMap(jobLines), []),
        ];
  const unclear =
    discovery.notUnderstood.length === 0
      ? []
      : [
          '# Not understood, or left out:',
          ...discovery.notUnderstood.map(({ what, why }) => comment(`- ${what}: ${why}`)),
        ];
  return `${[...head(surroundings), ...targets, ...services, ...empty, ...jobs, ...unclear].join('\n').trimEnd()}\n`;
};
