// What `sereno codex` does: exports, blessings, rollbacks. Each prints what came of it, and where it lies.

import { visible } from '#api/visible.ts';
import { activate, bless, reject, revoke, rollBack, submit, tag } from '#daemon/codex/deeds.ts';
import { itemOf, workedOn, type CodexDesk } from '#daemon/codex/desk.ts';
import { exportSource, planExport, sayExport } from '#daemon/codex/export.ts';
import { noteFailedExport } from '#daemon/codex/failedExports.ts';
import { sayFailed, STARTING } from '#daemon/codex/words.ts';
import { collectIn, planIn } from '#daemon/codex/keep.ts';
import { keyIdOf, makeSigner, openSigner } from '#daemon/codex/trust.ts';
import { problem, ProblemError, type ExitCode } from '#kernel/problem.ts';
import { sayVerdict } from '#kernel/trust.ts';
import { answer, deskOf, passphrase, type CodexSetting, type Words } from './codexVerb.ts';
import type { Options } from './command.ts';
import { failWith } from './failing.ts';

const isDry = ({ settings }: CodexSetting): boolean => settings.isDryRun;

export const exportOne = (setting: CodexSetting, [file = '']: Words): ExitCode => {
  const { terminal, settings, by, why, now } = setting;
  const isTold = settings.format !== 'json';
  if (isTold) terminal.out(STARTING);
  try {
    const desk = deskOf(setting);
    if (isDry(setting)) {
      const { content } = planExport(desk, file);
      return answer(setting, { content }, [`would become the next version of ${content.task_id}; nothing was written`]);
    }
    const exported = exportSource(desk, { file, by, why, now });
    const { revision, path, bytes } = exported;
    return answer(setting, { revision, path, bytes }, [
      ...sayExport(exported),
      `${revision.item}@${revision.version} is a candidate: ${path}`,
      `next: sereno codex submit ${revision.item}@${revision.version}`,
    ]);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const codes = error.problems.map(({ code }) => code);
    if (!isDry(setting)) noteFailedExport(settings.stateDirectory, { at: now, codes });
    if (isTold) for (const each of error.problems) terminal.out(visible(sayFailed(each.message)));
    return failWith(setting, error.problems);
  }
};

export const submitOne = (setting: CodexSetting, [selector = '']: Words): ExitCode => {
  const desk = deskOf(setting);
  const { ref } = workedOn(desk, selector);
  submit(desk, setting, ref);
  const name = `${ref.item}@${ref.version}`;
  return answer(setting, { revision: ref }, [`${name} is in review`, `next: sereno codex bless ${name} --key <file>`]);
};

export const rejectOne = (setting: CodexSetting, [selector = '']: Words): ExitCode => {
  const desk = deskOf(setting);
  const { ref } = workedOn(desk, selector);
  reject(desk, setting, ref, setting.why ?? '');
  return answer(setting, { revision: ref }, [`${ref.item}@${ref.version} is rejected`]);
};

export const blessOne = (setting: CodexSetting, [selector = '']: Words, options: Options): ExitCode => {
  const desk = deskOf(setting);
  if (desk.chain.root() === null) {
    const mend = 'sereno codex trust <person>=<key> …';
    return failWith(setting, [problem('codex-untrusted', 'nobody is trusted to bless yet', { mend })]);
  }
  const signer = openSigner(String(options['key']), passphrase());
  const { ref } = workedOn(desk, selector);
  const { revision, verdict } = bless(desk, setting, { revision: ref, signer, why: setting.why ?? '' });
  const lines = [
    `${ref.item}@${ref.version} is ${revision.state}`,
    ...verdict.reasons.map((it) => `  ${sayVerdict(it)}`),
  ];
  if (revision.state !== 'blessed' || options['hold'] === true)
    return answer(setting, { revision: ref, state: revision.state, verdict }, lines);
  const { path } = activate(desk, setting, ref);
  return answer(setting, { revision: ref, state: 'active', verdict, path }, [...lines, `active: ${path}`]);
};

/** A key that a person lends makes a head fresh that has expired. */
const lend = (desk: CodexDesk, options: Options): void => {
  if (typeof options['key'] === 'string') desk.heads.lend(openSigner(options['key'], passphrase()));
};

export const activateOne = (setting: CodexSetting, [selector = '']: Words, options: Options): ExitCode => {
  const desk = deskOf(setting);
  lend(desk, options);
  const { ref } = workedOn(desk, selector);
  const { path } = activate(desk, setting, ref);
  return answer(setting, { revision: ref, path }, [`${ref.item}@${ref.version} is active: ${path}`]);
};

export const rollBackOne = (setting: CodexSetting, [name = '']: Words, options: Options): ExitCode => {
  const to = String(options['to']);
  if (!/^v?[1-9]\d{0,8}$/.test(to))
    return failWith(setting, [
      problem('bad-request', `${JSON.stringify(to)} is no version`, { expected: 'such as 3' }),
    ]);
  const desk = deskOf(setting);
  lend(desk, options);
  const { item } = itemOf(desk, name);
  const back = { item, to: Number(to.replace('v', '')), why: setting.why ?? '' };
  const { revision, path } = rollBack(desk, setting, back);
  const line = `${item}@${revision.version} has the content of version ${back.to} and is active: ${path}`;
  return answer(setting, { revision, restores: back.to, path }, [line]);
};

export const revokeOne = (setting: CodexSetting, [selector = '']: Words, options: Options): ExitCode => {
  const desk = deskOf(setting);
  const isSigned = typeof options['key'] === 'string';
  if (!isSigned && desk.chain.root() !== null) {
    const mend = 'give --key: whoever may bless may revoke';
    return failWith(setting, [problem('codex-untrusted', 'a revocation must be signed', { mend })]);
  }
  const { ref } = workedOn(desk, selector);
  const signer = isSigned ? openSigner(String(options['key']), passphrase()) : null;
  revoke(desk, setting, { revision: ref, signer, why: setting.why ?? '' });
  return answer(setting, { revision: ref }, [`${ref.item}@${ref.version} is revoked: nobody reads it any more`]);
};

export const tagOne = (setting: CodexSetting, [selector = '', name = '']: Words): ExitCode => {
  const desk = deskOf(setting);
  const { ref } = workedOn(desk, selector);
  tag(desk, setting, ref, name);
  return answer(setting, { revision: ref, tag: name }, [`${ref.item}@${name} is version ${ref.version}`]);
};

export const collect = (setting: CodexSetting): ExitCode => {
  const desk = deskOf(setting);
  if (isDry(setting)) {
    const objects = planIn(desk, setting);
    return answer(setting, { objects }, [`${objects.length} objects would be removed`]);
  }
  const { objects, bytes, temporaries } = collectIn(desk, setting);
  const line = `${objects.length} objects (${bytes} bytes) and ${temporaries} files that were never finished are removed`;
  return answer(setting, { objects, bytes, temporaries }, [line]);
};

export const makeKey = (setting: CodexSetting, [path = '']: Words): ExitCode => {
  const { key } = makeSigner(path, passphrase());
  return answer(setting, { key, id: keyIdOf(key) }, [
    `${path}: a new key, ${keyIdOf(key).slice(0, 12)}; keep it where only you can read it`,
  ]);
};
