// The monitor of the codex: what was counted of the blessed files becomes states, figures and alerts, and an exit code by which
// a timer of the system can act. Words and keys are those of the programs that read this report.
//
// A folder that is protected against writing is well: it is what immutable means. Files that anybody could change are not.

import { EXIT, type ExitCode } from '#kernel/problem.ts';
import type { CopyState } from '#kernel/drift.ts';

export type MonitorState = 'HEALTHY' | 'WARNING' | 'CRITICAL' | 'UNKNOWN';

/** The folder of the blessed files, as it was found. */
export type FolderFacts = {
  readonly exists: boolean;
  readonly isReadable: boolean;
  readonly isWritable: boolean;
  readonly files: number;
  readonly bytes: number;
  /** Files that have a write bit for anybody. */
  readonly unprotected: readonly string[];
  /** Every user of the machine may take files away and put others in their place. */
  readonly isOpenToAll: boolean;
};

/** One blessed configuration. Null: it was not looked into. */
export type ConfigFacts = {
  readonly item: string;
  readonly isValid: boolean;
  readonly isCompatible: boolean | null;
  readonly copy: CopyState;
};

export type TemplateFacts = { readonly path: string; readonly isFound: boolean; readonly isReadable: boolean };

/** What was counted; null where nobody could count. */
export type CodexFacts = {
  readonly folder: FolderFacts | null;
  readonly configs: readonly ConfigFacts[] | null;
  /** Whether a known good and a known bad configuration got the answers that they must get. */
  readonly isQaTested: boolean | null;
  readonly templates: readonly TemplateFacts[] | null;
  /** Why the codex itself cannot be read or believed; none: it can. */
  readonly troubles: readonly string[];
};

export type MonitorAlert = {
  readonly severity: 'WARNING' | 'CRITICAL';
  readonly source: string;
  readonly message: string;
};

export type MonitorReport = {
  readonly status: MonitorState;
  readonly components: {
    readonly blessed_configs_dir: {
      readonly status: MonitorState;
      readonly exists: boolean | null;
      readonly readable: boolean | null;
      readonly writable: boolean | null;
      readonly file_count: number | null;
      readonly total_size_bytes: number | null;
    };
    readonly available_configs: {
      readonly status: MonitorState;
      readonly count: number | null;
      readonly valid: number | null;
      readonly invalid: number | null;
      readonly drifted: number | null;
    };
    readonly qa_integration: {
      readonly status: MonitorState;
      readonly compatible: number | null;
      readonly incompatible: number | null;
      readonly test_passed: boolean | null;
    };
    readonly template_system: {
      readonly status: MonitorState;
      readonly found: number | null;
      readonly readable: number | null;
      readonly paths: readonly string[];
    };
  };
  readonly metrics: {
    readonly total_blessed_configs: number | null;
    readonly total_storage_mb: number | null;
    readonly average_config_size_kb: number | null;
    /** 0..1; null: there is nothing to have a rate of. */
    readonly qa_compatibility_rate: number | null;
  };
  readonly alerts: readonly MonitorAlert[];
  /** 0 healthy, 3 anything else. */
  readonly exit: ExitCode;
};

/** Fewer compatible configurations than this part are worth a word of their own. */
const COMPATIBILITY_RATE_MIN = 0.8;
/** As file systems count: 1 MB is 1,048,576 bytes. */
const KB = 1_024;
const MB = KB * KB;
const STORAGE_MAX_BYTES = 100 * MB;

type Component = { readonly name: string; readonly status: MonitorState; readonly says: string };

/** Judges what was counted. Pure: whoever counts hands it in, and prints what comes back. */
export const judgeCodex = (facts: CodexFacts): MonitorReport => {
  const judged = [
    judgeFolder(facts.folder),
    judgeConfigs(facts.configs),
    judgeQa(facts),
    judgeTemplates(facts.templates),
  ];
  const [folder, configs, qa, templates] = judged.map(({ status }) => status);
  const isBelieved = facts.troubles.length === 0;
  const status = isBelieved ? overall(judged.map((each) => each.status)) : 'CRITICAL';
  return {
    status,
    components: {
      blessed_configs_dir: { status: folder ?? 'UNKNOWN', ...folderFigures(facts.folder) },
      available_configs: { status: configs ?? 'UNKNOWN', ...configFigures(facts.configs) },
      qa_integration: { status: qa ?? 'UNKNOWN', ...qaFigures(facts.configs), test_passed: facts.isQaTested },
      template_system: { status: templates ?? 'UNKNOWN', ...templateFigures(facts.templates) },
    },
    metrics: metricsOf(facts),
    alerts: [...facts.troubles.map(troubleAlert), ...judged.flatMap(alertOf), ...metricAlerts(facts)],
    exit: status === 'HEALTHY' ? EXIT.ok : EXIT.unhealthy,
  };
};

/** Healthy when all are, critical when any is; what is unknown is no reason for rest. */
const overall = (states: readonly MonitorState[]): MonitorState => {
  if (states.includes('CRITICAL')) return 'CRITICAL';
  return states.every((state) => state === 'HEALTHY') ? 'HEALTHY' : 'WARNING';
};

const alertOf = ({ name, status, says }: Component): readonly MonitorAlert[] => {
  if (status === 'HEALTHY') return [];
  return [{ severity: status === 'CRITICAL' ? 'CRITICAL' : 'WARNING', source: name, message: says }];
};

const troubleAlert = (message: string): MonitorAlert => ({ severity: 'CRITICAL', source: 'codex', message });

const judgeFolder = (folder: FolderFacts | null): Component => {
  const say = (status: MonitorState, says: string): Component => ({ name: 'blessed_configs_dir', status, says });
  if (folder === null) return say('UNKNOWN', 'the folder of the blessed files could not be looked at');
  if (!folder.exists) return say('CRITICAL', 'the folder of the blessed files does not exist');
  if (!folder.isReadable) return say('CRITICAL', 'the folder of the blessed files cannot be read');
  if (folder.unprotected.length > 0) return say('WARNING', `files that can be written: ${list(folder.unprotected)}`);
  if (folder.isOpenToAll) return say('WARNING', 'every user may put other files into the folder: chmod o-w');
  return say('HEALTHY', '');
};

/** As many names as one reads. */
const NAMES_SHOWN = 5;

const list = (names: readonly string[]): string =>
  names.length <= NAMES_SHOWN
    ? names.join(', ')
    : `${names.slice(0, NAMES_SHOWN).join(', ')} and ${names.length - NAMES_SHOWN} more`;

const itemsOf = (configs: readonly ConfigFacts[], isMeant: (config: ConfigFacts) => boolean): readonly string[] =>
  configs.filter(isMeant).map(({ item }) => item);

const isDrifted = ({ copy }: ConfigFacts): boolean => copy === 'drifted' || copy === 'missing';

const judgeConfigs = (configs: readonly ConfigFacts[] | null): Component => {
  const say = (status: MonitorState, says: string): Component => ({ name: 'available_configs', status, says });
  if (configs === null) return say('UNKNOWN', 'the blessed configurations could not be counted');
  if (configs.length === 0) return say('CRITICAL', 'there is no blessed configuration');
  const drifted = itemsOf(configs, isDrifted);
  if (drifted.length > 0) return say('CRITICAL', `not as they were blessed: ${list(drifted)}`);
  const invalid = itemsOf(configs, ({ isValid }) => !isValid);
  if (invalid.length > 0)
    return say(invalid.length === configs.length ? 'CRITICAL' : 'WARNING', `not valid: ${list(invalid)}`);
  const unseen = itemsOf(configs, ({ copy }) => copy === 'unknown');
  return unseen.length > 0 ? say('UNKNOWN', `could not be looked at: ${list(unseen)}`) : say('HEALTHY', '');
};

const judgeQa = ({ configs, isQaTested }: CodexFacts): Component => {
  const say = (status: MonitorState, says: string): Component => ({ name: 'qa_integration', status, says });
  if (isQaTested === false) return say('CRITICAL', 'the checks before blessing gave a wrong answer to a known case');
  const known = (configs ?? []).filter(({ isCompatible }) => isCompatible !== null);
  if (configs === null || isQaTested === null || known.length < configs.length || known.length === 0)
    return say('UNKNOWN', 'not every configuration was checked for compatibility');
  const incompatible = itemsOf(known, ({ isCompatible }) => isCompatible === false);
  if (incompatible.length === 0) return say('HEALTHY', '');
  return say(incompatible.length === known.length ? 'CRITICAL' : 'WARNING', `not compatible: ${list(incompatible)}`);
};

const judgeTemplates = (templates: readonly TemplateFacts[] | null): Component => {
  const say = (status: MonitorState, says: string): Component => ({ name: 'template_system', status, says });
  if (templates === null) return say('UNKNOWN', 'the templates could not be looked at');
  const missing = templates.filter(({ isFound }) => !isFound).map(({ path }) => path);
  if (missing.length > 0)
    return say(
      missing.length === templates.length ? 'CRITICAL' : 'WARNING',
      `templates that are not there: ${list(missing)}`,
    );
  const unreadable = templates.filter(({ isReadable }) => !isReadable).map(({ path }) => path);
  return unreadable.length > 0
    ? say('WARNING', `templates that cannot be read: ${list(unreadable)}`)
    : say('HEALTHY', '');
};

type Components = MonitorReport['components'];

const folderFigures = (folder: FolderFacts | null): Omit<Components['blessed_configs_dir'], 'status'> => ({
  exists: folder?.exists ?? null,
  readable: folder?.isReadable ?? null,
  writable: folder?.isWritable ?? null,
  file_count: folder?.files ?? null,
  total_size_bytes: folder?.bytes ?? null,
});

const configFigures = (configs: readonly ConfigFacts[] | null): Omit<Components['available_configs'], 'status'> => ({
  count: configs?.length ?? null,
  valid: configs?.filter(({ isValid }) => isValid).length ?? null,
  invalid: configs?.filter(({ isValid }) => !isValid).length ?? null,
  drifted: configs?.filter(isDrifted).length ?? null,
});

const qaFigures = (
  configs: readonly ConfigFacts[] | null,
): Pick<Components['qa_integration'], 'compatible' | 'incompatible'> => ({
  compatible: configs?.filter(({ isCompatible }) => isCompatible === true).length ?? null,
  incompatible: configs?.filter(({ isCompatible }) => isCompatible === false).length ?? null,
});

const templateFigures = (
  templates: readonly TemplateFacts[] | null,
): Omit<Components['template_system'], 'status'> => ({
  found: templates?.filter(({ isFound }) => isFound).length ?? null,
  readable: templates?.filter(({ isReadable }) => isReadable).length ?? null,
  paths: (templates ?? []).map(({ path }) => path),
});

const metricsOf = ({ folder, configs }: CodexFacts): MonitorReport['metrics'] => ({
  total_blessed_configs: configs?.length ?? null,
  total_storage_mb: folder === null ? null : folder.bytes / MB,
  average_config_size_kb: folder === null || folder.files === 0 ? null : folder.bytes / folder.files / KB,
  qa_compatibility_rate: rateOf(configs),
});

const rateOf = (configs: readonly ConfigFacts[] | null): number | null => {
  const known = (configs ?? []).filter(({ isCompatible }) => isCompatible !== null);
  return known.length === 0 ? null : known.filter(({ isCompatible }) => isCompatible === true).length / known.length;
};

const metricAlerts = ({ folder, configs }: CodexFacts): readonly MonitorAlert[] => {
  const rate = rateOf(configs);
  const isLow = rate !== null && rate < COMPATIBILITY_RATE_MIN;
  const isBig = folder !== null && folder.bytes > STORAGE_MAX_BYTES;
  const warn = (source: string, message: string): MonitorAlert => ({ severity: 'WARNING', source, message });
  return [
    ...(isLow
      ? [
          warn(
            'qa_compatibility_rate',
            `${Math.round(rate * 100)} % are compatible, ${COMPATIBILITY_RATE_MIN * 100} % at least should be`,
          ),
        ]
      : []),
    ...(isBig
      ? [warn('total_storage_mb', `the blessed files take ${Math.round(folder.bytes / MB)} MB, more than 100 MB`)]
      : []),
  ];
};

/** The report for a person: one line for the whole, one for each component, one for each alert. */
export const sayMonitor = (report: MonitorReport): readonly string[] => [
  `codex: ${report.status}`,
  ...Object.entries(report.components).map(([name, { status }]) => `  ${name}: ${status}`),
  ...report.alerts.map(({ severity, source, message }) => `  ${severity} ${source}: ${message}`),
];
