// A program that exports to a codex, and may be killed by a real SIGKILL at the n-th call of its disk.
//
//   node test/codex/exporter.ts DIRECTORY COUNT [CALL | wait]
//
// Exports COUNT times and prints each version on a line. With CALL, the process kills itself before that call of the disk,
// counted from the first one of the export. With `wait`, it says that it is ready and begins when something is written to it.

import { readSync, writeSync } from 'node:fs';
import { DISK, type Disk } from '#adapters/codex/fileSystem.ts';
import { publishOver, writeTemporary } from '#adapters/codex/durable.ts';
import { openCodex } from '#adapters/codex/store.ts';
import { Ledger } from '#duties/codex/ledger.ts';
import { proposeExport } from '#duties/codex/propose.ts';
import { itemId } from '#kernel/codex.ts';
import { instant } from '#kernel/time.ts';

const [directory = '', count = '1', call = '0'] = process.argv.slice(2);
const ITEM = itemId('concise_description');

let calls = 0;

/** The real disk; before its n-th call there is no process any more. */
const disk = new Proxy(DISK, {
  get: (target, name) => {
    const real: unknown = Reflect.get(target, name);
    if (typeof real !== 'function') return real;
    return (...words: readonly unknown[]): unknown => {
      calls += 1;
      if (calls === Number(call)) process.kill(process.pid, 'SIGKILL');
      return Reflect.apply(real, target, words);
    };
  },
}) satisfies Disk;

const ledger = new Ledger();
const store = openCodex({ directory, fold: ledger, disk });

const exportOnce = (): number => {
  const kept = store.put(JSON.stringify({ item: ITEM, prompt: 'the same of all' }));
  if (kept.kind === 'failed') throw new Error(kept.problem.message);
  const appended = store.append(() => {
    const proposal = proposeExport(ledger, { item: ITEM, digest: kept.digest, why: null });
    if (proposal.kind === 'refused') return null;
    return { at: instant(Date.now()), by: { name: `program ${process.pid}`, kind: 'system' }, deed: proposal.deed };
  });
  if (appended.kind !== 'appended' || appended.record.deed.kind !== 'exported') {
    throw new Error('problem' in appended ? appended.problem.message : appended.kind);
  }
  const { version } = appended.record.deed.revision;
  const text = Buffer.from(`version: ${version}\n`);
  publishOver(disk, writeTemporary(disk, `${directory}/tmp`, text), directory, `${ITEM}.yaml`);
  return version;
};

if (call === 'wait') {
  writeSync(1, 'ready\n');
  readSync(0, Buffer.alloc(1));
}
for (let done = 0; done < Number(count); done += 1) console.log(exportOnce());
