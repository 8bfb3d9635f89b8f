// `sereno codex drift|monitor|maintenance`: whether what is deployed is what was blessed, and how the codex is kept.

import { visible } from '#api/visible.ts';
import { lookAtDrift } from '#daemon/codex/driftLook.ts';
import { KEPT_TYPE, keepViews, type KeepView } from '#daemon/codex/keepView.ts';
import { monitorCodex, monitorTrouble, sayReport } from '#daemon/codex/monitorFacts.ts';
import { EXIT, ProblemError, type ExitCode } from '#kernel/problem.ts';
import { sayInstant } from '#kernel/reason.ts';
import { openChain } from './chain.ts';
import { deskOf, type CodexSetting } from './codexVerb.ts';
import { printJson, table } from './terminal.ts';

const NEXT =
  'next: a running Sereno (sereno up) puts back what policy lets it; sereno codex rollback writes the file anew as well';

export const drift = async (setting: CodexSetting): Promise<ExitCode> => {
  const { settings, terminal } = setting;
  const look = await lookAtDrift(deskOf(setting), setting.now);
  if (settings.format === 'json') printJson(terminal, look);
  else if (look.copies.length === 0) terminal.out('nothing is active, and nothing lies where it would');
  else {
    const rows = look.copies.map(({ item, version, state, file, says, found }) => [
      item ?? '(nobody’s)',
      version === null ? 'none' : String(version),
      state,
      file,
      state === 'in-sync' ? '' : `${says.slice(file.length + 1)}: found ${found ?? 'nothing'}`,
    ]);
    terminal.out(await table(terminal, ['item', 'active', 'state', 'file', 'what is wrong'], rows));
    if (!look.isInSync) terminal.out(NEXT);
  }
  return look.isInSync ? EXIT.ok : EXIT.failed;
};

/** A codex that is damaged or not to be believed is what a monitor is there for: critical, and no error of the command. */
const reportOf = async (setting: CodexSetting): ReturnType<typeof monitorCodex> => {
  try {
    return await monitorCodex(deskOf(setting), setting.now);
  } catch (error) {
    if (error instanceof ProblemError) return monitorTrouble(setting.codex, error.problems);
    throw error;
  }
};

export const monitor = async (setting: CodexSetting): Promise<ExitCode> => {
  const { settings, terminal } = setting;
  const report = await reportOf(setting);
  const { exit, ...shown } = report;
  if (settings.format === 'json') printJson(terminal, shown);
  else for (const line of sayReport(report)) terminal.out(visible(line));
  return exit;
};

/** All tasks of a month together are some hundred records; the newest of each is among these. */
const RECORDS_READ = 1_000;

const rowOf = ({ task, every, what, doneAt, isGood, outcome, dueAt }: KeepView): readonly string[] => [
  task,
  every,
  doneAt === null ? 'never' : sayInstant(doneAt),
  isGood === null ? '' : isGood ? 'well' : 'NOT WELL',
  outcome ?? what,
  dueAt === null ? 'when Sereno runs' : sayInstant(dueAt),
];

export const maintenance = async (setting: CodexSetting): Promise<ExitCode> => {
  const { settings, terminal } = setting;
  const chain = await openChain(setting);
  const query = { type: KEPT_TYPE, order: 'newest-first', limit: RECORDS_READ } as const;
  const records = await chain.records(query).finally(() => chain.close());
  const tasks = keepViews(records);
  if (settings.format === 'json') printJson(terminal, { tasks });
  else {
    const heads = ['task', 'every', 'done', 'state', 'what came of it', 'due again'];
    terminal.out(await table(terminal, heads, tasks.map(rowOf)));
  }
  return tasks.every(({ isGood }) => isGood !== false) ? EXIT.ok : EXIT.unhealthy;
};
