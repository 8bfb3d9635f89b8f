// `sereno codex head`: the signed end of the log, shown, signed anew by a person, and taken up after a loss.

import { openSigner } from '#daemon/codex/trust.ts';
import { problem, type ExitCode } from '#kernel/problem.ts';
import { sayInstant } from '#kernel/reason.ts';
import { answer, deskOf, passphrase, warn, type CodexSetting, type Words } from './codexVerb.ts';
import type { Options } from './command.ts';
import { failWith } from './failing.ts';

export const head = (setting: CodexSetting, _words: Words, options: Options): ExitCode => {
  const key = typeof options['key'] === 'string' ? options['key'] : null;
  const isAccepting = options['accept'] === true;
  if (isAccepting && (key === null || setting.why === null))
    return failWith(setting, [
      problem('bad-request', 'a loss is accepted by a person, who says why', {
        expected: '--accept --key <file> --why <reason>',
      }),
    ]);
  const desk = deskOf(setting, isAccepting ? 'unchecked' : 'checked');
  if (desk.chain.root() === null) {
    const mend = 'sereno codex trust <person>=<key> …';
    return failWith(setting, [
      problem('codex-untrusted', 'nobody is trusted to sign the head of the log yet', { mend }),
    ]);
  }
  if (key !== null) desk.heads.lend(openSigner(key, passphrase()));
  if (isAccepting) desk.heads.accept(setting.now, setting.why ?? '');
  else if (key !== null) desk.heads.sign(setting.now);
  const stale = desk.heads.stale(setting.now);
  if (key !== null && stale !== null) return failWith(setting, [stale]);
  warn(setting, stale === null ? [] : [stale]);
  const known = desk.heads.head();
  const end = desk.store.head();
  if (known === null)
    return answer(setting, { head: null, log: end }, [`entry ${end.seq} ends the log, and nobody has signed that yet`]);
  const later = end.seq - known.seq;
  return answer(setting, { head: known, log: end }, [
    `head ${known.version}: entry ${known.seq}, ${known.digest}, until ${sayInstant(known.expires)}`,
    ...(later === 0 ? [] : [`${later} later ${later === 1 ? 'entry is' : 'entries are'} not signed yet`]),
  ]);
};
