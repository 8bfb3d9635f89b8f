// `sereno codex trust`: the root of trust, shown, begun, replaced by the next one, and signed by several people.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { visible } from '#api/visible.ts';
import { readDuration } from '#config/quantity.ts';
import {
  addSignature,
  beginRoot,
  blessersOf,
  consequences,
  draftRoot,
  judgeRoot,
  ROOT_LIFE_MS,
  sayRoot,
  signRoot,
  type Begun,
  type Owned,
  type RootWish,
} from '#daemon/codex/roots.ts';
import type { CodexDesk } from '#daemon/codex/desk.ts';
import { ensureHeadKey } from '#daemon/codex/heads.ts';
import { keyIn, openSigner } from '#daemon/codex/trust.ts';
import { problem, ProblemError, type ExitCode, type Problem } from '#kernel/problem.ts';
import { answer, deskOf, passphrase, type CodexSetting, type Words } from './codexVerb.ts';
import type { Options } from './command.ts';
import { failWith } from './failing.ts';

/** `--key a.pem --key b.pem`, as commander collects it. */
const listIn = (options: Options, name: string): readonly string[] => {
  const given = options[name];
  return Array.isArray(given) ? given.map(String) : [];
};

const bad = (message: string, expected: string): ProblemError =>
  new ProblemError([problem('bad-request', message, { expected })]);

export const trust = (setting: CodexSetting, given: Words, options: Options): ExitCode => {
  const [first, file] = given;
  if (first === undefined) return showRoot(setting);
  if (first === 'sign') return signFile(setting, file ?? '', options);
  return makeRoot(setting, given, options);
};

const showRoot = (setting: CodexSetting): ExitCode => {
  const root = deskOf(setting).chain.root();
  if (root !== null) return answer(setting, { root }, sayRoot(root));
  const mend = 'sereno codex trust <person>=<key> …';
  return failWith(setting, [problem('codex-untrusted', 'nobody is trusted to bless yet', { mend })]);
};

type Given = { readonly people: readonly Owned[]; readonly signers: readonly ReturnType<typeof openSigner>[] };

/** People and their keys; all that is wrong is told together. */
const readPeople = ({ codex }: CodexSetting, words: Words, options: Options): Given => {
  const expected = 'person=key, for people whom the configuration names under codex.blessers';
  const names = words.map((word) => word.slice(0, Math.max(0, word.indexOf('='))));
  const isKnown = (name: string): boolean => codex.blessers.some((blesser) => blesser === name);
  const wrong = words.filter((word, at) => !/^[A-Za-z0-9._-]+=.+$/.test(word) || !isKnown(names[at] ?? ''));
  const problems: Problem[] = wrong.map((word) =>
    problem('bad-request', `${JSON.stringify(word)} is no blesser with a key`, { expected }),
  );
  if (problems.length > 0) throw new ProblemError(problems);
  const opened = words.map((word) => keyIn(word.slice(word.indexOf('=') + 1), passphrase()));
  const more = listIn(options, 'key').map((path) => openSigner(path, passphrase()));
  const signers = [...opened.flatMap(({ signer }) => (signer === null ? [] : [signer])), ...more];
  return {
    people: opened.map(({ key }, at) => ({ owner: names[at] ?? '', key })),
    signers: signers.filter((signer, at) => signers.findIndex(({ key }) => key.point === signer.key.point) === at),
  };
};

/** Testers need not bless: often it is a machine. All that is wrong is told together. */
const readTesters = (options: Options, isNext: boolean): RootWish['testers'] => {
  const words = listIn(options, 'tester');
  const threshold = Number(options['tests'] ?? 1);
  if (words.length === 0 && options['tests'] === undefined) return 'kept';
  if (words.length === 1 && words[0] === 'none' && isNext) return 'none';
  const wrong = words.filter((word) => !/^[A-Za-z0-9._-]+=.+$/.test(word));
  const problems = wrong.map((word) =>
    problem('bad-request', `${JSON.stringify(word)} is no tester with a key`, { expected: '--tester name=key' }),
  );
  const people = wrong.length > 0 ? [] : words.map(ownedIn);
  const names = new Set(people.map(({ owner }) => owner));
  if (wrong.length === 0 && !(Number.isSafeInteger(threshold) && threshold >= 1 && threshold <= names.size))
    problems.push(
      problem(
        'bad-request',
        `${JSON.stringify(options['tests'] ?? 1)} testers must sign, and ${names.size} are named`,
        {
          expected: '--tests: a whole number from 1 to the number of testers',
        },
      ),
    );
  if (problems.length > 0) throw new ProblemError(problems);
  return { people, threshold };
};

const ownedIn = (word: string): Owned => {
  const at = word.indexOf('=');
  return { owner: word.slice(0, at), key: keyIn(word.slice(at + 1), passphrase()).key };
};

const thresholdIn = ({ codex }: CodexSetting, options: Options): number => {
  const given = options['threshold'];
  if (given === undefined) return codex.threshold;
  const threshold = Number(given);
  if (Number.isSafeInteger(threshold) && threshold >= 1) return threshold;
  throw bad(`${JSON.stringify(given)} is no threshold`, 'a whole number of people, 1 or more');
};

/** More than there are people could never sign, and nobody could ever replace such a root. */
const checkThreshold = (people: readonly Owned[], threshold: number): void => {
  const names = [...new Set(people.map(({ owner }) => owner))];
  if (names.length >= threshold) return;
  const mend = 'name more people with their keys, or ask for fewer: --threshold';
  const message = `${threshold} people must sign, and only ${names.join(', ')} is named`;
  throw new ProblemError([problem('bad-request', message, { mend })]);
};

const lifeIn = (options: Options): number => {
  const given = options['expires'];
  const lifeMs = typeof given === 'string' ? readDuration(given) : ROOT_LIFE_MS;
  if (lifeMs !== null && lifeMs > 0) return lifeMs;
  throw bad(`${JSON.stringify(given)} is no duration`, 'how long the root is good for, such as 365d');
};

/** The first root and the next one are different acts: nobody begins anew by mistake. */
const checkTurn = (desk: CodexDesk, isNext: boolean): void => {
  const root = desk.chain.root();
  if (root !== null && !isNext) {
    const mend = 'sereno codex trust --next … makes the next one, signed by the people of this one';
    throw new ProblemError([
      problem('codex-refused', `there is a root of trust already, version ${root.version}`, { mend }),
    ]);
  }
  if (root === null && isNext) throw bad('there is no root of trust yet', 'the first one, without --next');
};

const makeRoot = (setting: CodexSetting, words: Words, options: Options): ExitCode => {
  const { people, signers } = readPeople(setting, words, options);
  const [threshold, lifeMs] = [thresholdIn(setting, options), lifeIn(options)];
  const testers = readTesters(options, options['next'] === true);
  checkThreshold(people, threshold);
  const desk = deskOf(setting);
  checkTurn(desk, options['next'] === true);
  const retire = listIn(options, 'retire');
  const wish = { people, threshold, lifeMs, retire, testers };
  const { isDryRun, stateDirectory } = setting.settings;
  // A dry run makes no key: then only people stand there as signers of the head.
  const machine = isDryRun ? null : ensureHeadKey(stateDirectory).key;
  const root = draftRoot(desk, machine, wish, setting.now);
  const text = signRoot(root, signers);
  const out = typeof options['out'] === 'string' ? options['out'] : `root-${root.version}.json`;
  return conclude(setting, { desk, text, out, isNew: true });
};

const signFile = (setting: CodexSetting, file: string, options: Options): ExitCode => {
  const keys = listIn(options, 'key');
  if (file === '' || keys.length === 0)
    throw bad('what is to be signed, and with which key', 'sign <file> --key <file>');
  if (!existsSync(file)) throw new ProblemError([problem('not-found', `there is no file ${file}`)]);
  const desk = deskOf(setting);
  const text = keys.reduce(
    (signed, path) => addSignature(desk, signed, openSigner(path, passphrase())),
    readFileSync(file, 'utf8'),
  );
  return conclude(setting, { desk, text, out: file, isNew: false });
};

type Conclusion = {
  readonly desk: CodexDesk;
  readonly text: string;
  readonly out: string;
  readonly isNew: boolean;
};

/** In force when enough have signed; else the document waits in a file for those who are missing. */
const conclude = (setting: CodexSetting, { desk, text, out, isNew }: Conclusion): ExitCode => {
  const judged = judgeRoot(desk, text);
  const { root } = judged;
  const changes = consequences(desk, root, setting.now);
  const lines = [...sayRoot(root), ...changes.map((line) => `  ${line}`)];
  if (setting.settings.isDryRun) return answer(setting, { root, changes }, [...lines, 'dry run: nothing was changed']);
  if (judged.kind === 'in-force') {
    beginRoot(desk, setting, text, root);
    const said = `${root.roles.blessing.threshold} of ${blessersOf(root).join(', ')} may bless from now on`;
    return answer(setting, { root, changes, isInForce: true }, [...lines, said]);
  }
  return wait(setting, judged, { text, out, isNew, lines });
};

type Waiting = Pick<Conclusion, 'text' | 'out' | 'isNew'> & { readonly lines: readonly string[] };

const wait = (setting: CodexSetting, judged: Begun & { readonly kind: 'waits' }, it: Waiting): ExitCode => {
  const { root, missing } = judged;
  try {
    writeFileSync(it.out, it.text, { flag: it.isNew ? 'wx' : 'w' });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const mend = 'name another file with --out, or go on with that one: sereno codex trust sign <file> --key <file>';
    return failWith(setting, [problem('store-unusable', `the root cannot be written: ${why}`, { mend })]);
  }
  if (setting.settings.format !== 'json') for (const line of it.lines) setting.terminal.out(visible(line));
  const mend = `the others sign it: sereno codex trust sign ${it.out} --key <file>`;
  const needed = problem('needs-approval', `${it.out} waits for signatures: ${missing.join('; ')}`, { mend });
  return failWith(setting, [needed], { root, file: it.out });
};
