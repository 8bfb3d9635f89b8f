// Acceptance case 9 by a real watchman: a blessed file that is edited on disk is detected, becomes a finding, is put back
// within policy, with the evidence triple; and what may not or cannot be put back is told to people.
// decoder: answers of the command line are read as the looks that they print

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { EvidenceRecord } from '#kernel/evidence.ts';
import { Post, run, until } from './stand/sereno.ts';

const ITEM = 'describe';
const NOBODY = { uid: 65_534, gid: 65_534 };

type Terms = { readonly policy?: string; readonly copies?: string };

const town = ({ policy = '{ autonomy: 3 }', copies = '' }: Terms = {}): string =>
  `sereno: 1
site: town
people: { ana: { roles: [approver] }, ben: {} }
codex: { sources: notes, templates: templates, blessed: out, blessers: [ana, ben], threshold: 1${copies} }
policy: ${policy}
`;

const source = (title: string): string => `task_id: ${ITEM}
title: ${title}
model: { model_id: gemma3:1b }
generation_config: { temperature: 0.1, max_tokens: 800 }
prompt_template: Describe what you see in three sentences.
`;

/** A post with one blessed item. */
class Place extends Post {
  get file(): string {
    return join(this.directory, 'out', `${ITEM}.yaml`);
  }

  async codex(...words: readonly string[]): Promise<string> {
    const { code, out, error } = await run(['codex', ...words, ...this.flags()]);
    assert.equal(code, 0, `${words.join(' ')}: ${out}${error}`);
    return out;
  }

  /** Exports and blesses the next version. */
  async bless(title: string): Promise<void> {
    this.write('source.yaml', source(title));
    await this.codex('export', join(this.directory, 'source.yaml'), '--as', 'cleo');
    await this.codex('submit', ITEM);
    await this.codex('bless', ITEM, '--key', join(this.directory, 'ana.pem'));
  }

  async begin(): Promise<this> {
    mkdirSync(join(this.directory, 'notes'));
    await this.codex('key', join(this.directory, 'ana.pem'));
    await this.codex('trust', `ana=${join(this.directory, 'ana.pem')}`);
    await this.bless('The first one');
    return this;
  }

  read(): string {
    return readFileSync(this.file, 'utf8');
  }

  /** As an editor does it: the file is another one. */
  edit(text: string, file = this.file): void {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  }

  /** Records about the copies, oldest first. */
  async records(type = ''): Promise<readonly EvidenceRecord[]> {
    const all = await this.evidence(`&type=${type}&order=oldest-first`);
    return all.filter(({ machine }) => machine === 'drift:site');
  }

  /** The watch has looked at the blessed file and found it well. */
  watched(): Promise<unknown> {
    return until('the watch to know the file', async () => (await this.records('drift.in-sync')).length > 0);
  }

  async restored(blessed: string): Promise<void> {
    await until('the file to be put back', () => this.read() === blessed);
    await until('the proof of it', async () =>
      (await this.records('action.outcome')).some(({ outcome }) => outcome?.startsWith('effective') === true),
    );
  }

  found(title: RegExp): Promise<EvidenceRecord> {
    return until(`a finding ${String(title)}`, async () => {
      const opened = await this.evidence('&type=finding.opened');
      return opened.find(({ trigger }) => title.test(trigger)) ?? null;
    });
  }

  paged(subject: RegExp): Promise<unknown> {
    return until(`a page for ${String(subject)}`, async () => {
      const { incidents } = await this.town();
      return incidents.find((it) => subject.test(it.subject) && it.status !== 'resolved') ?? null;
    });
  }
}

const drift = async (place: Place): Promise<number | null> => (await run(['codex', 'drift', ...place.flags()])).code;

suite('what is deployed is what was blessed', { timeout: 600_000 }, () => {
  test('case 9: an edited file is a finding and is put back, with trigger, action and outcome', async () => {
    const place = await new Place(town()).begin();
    const blessed = place.read();
    await place.up();
    await place.watched();
    assert.equal(await drift(place), 0);
    chmodSync(place.file, 0o644);
    writeFileSync(place.file, blessed.replace('0.1', '1.9'));
    await place.restored(blessed);
    assert.equal(statSync(place.file).mode & 0o777, 0o444);
    await place.found(/describe\.yaml \(describe@1\) is not what was blessed/);
    const about = (await place.records('action')).map(({ type, action }) => [type, action]);
    const action = 'apply-config describe@1';
    assert.deepEqual(about.slice(-3), [
      ['action.started', action],
      ['action.written', action],
      ['action.outcome', action],
    ]);
    const [started, , outcome] = (await place.records('action')).slice(-3);
    assert.match(started?.trigger ?? '', /is not what was blessed: found sha256 [0-9a-f]{64}, \d+ bytes, mode 0644/);
    assert.match(outcome?.outcome ?? '', /^effective: found sha256/);
    assert.ok(outcome !== undefined && started !== undefined && outcome.seq > started.seq);
    const allowed = (await place.evidence('&type=gate.allowed')).filter(({ action: what }) => what === 'apply-config');
    assert.equal(allowed.length, 1);
    await until('the finding to be over', async () => (await place.evidence('&type=finding.closed')).length > 0);
    assert.equal(await drift(place), 0);
    await place.down();
  });

  test('a copy that the configuration names is brought there, and put back when it is taken away or replaced', async () => {
    const place = await new Place(town({ copies: ', copies: [{ item: describe, file: srv/app/d.yaml }]' })).begin();
    const copy = join(place.directory, 'srv/app/d.yaml');
    const is = (what: string): Promise<unknown> =>
      until(what, () => {
        const status = lstatSync(copy, { throwIfNoEntry: false });
        return status?.isFile() === true && readFileSync(copy, 'utf8') === place.read();
      });
    await place.up();
    await is('the copy to be brought to its place');
    await place.restored(place.read());
    rmSync(copy);
    await is('the missing copy to be put back');
    await place.found(/d\.yaml \(describe@1\) is missing/);
    rmSync(copy);
    symlinkSync(place.file, copy);
    await is('the link to be replaced by a file');
    await place.bless('The second one');
    await is('the next version to be brought there');
    assert.match(place.read(), /version: 2/);
    await place.down();
  });

  test('a folder in its place, and a file that nobody blessed, are findings, and the watch goes on', async () => {
    const place = await new Place(town()).begin();
    const blessed = place.read();
    await place.up();
    await place.watched();
    const stray = join(place.directory, 'out', 'extract.yaml');
    writeFileSync(stray, 'task_id: extract\n');
    await place.found(/extract\.yaml was blessed by nobody/);
    rmSync(place.file);
    mkdirSync(place.file);
    await place.found(/is missing|something else in its place/);
    await until('the attempt to fail', async () =>
      (await place.records('action.outcome')).some(({ outcome }) => outcome?.startsWith('failed') === true),
    );
    const { code, out } = await run(['codex', 'drift', ...place.flags()]);
    assert.equal(code, 1);
    assert.match(out, /a folder is in its place/);
    rmSync(stray);
    rmSync(place.file, { recursive: true });
    await place.restored(blessed);
    await until('the stray to be over', async () =>
      (await place.evidence('&type=finding.closed')).some(({ trigger }) => trigger.includes('extract.yaml is gone')),
    );
    assert.equal(await drift(place), 0);
    await place.down();
  });

  test('policy that does not list it: nothing is written, a person is paged, and it is put back once it is listed', async () => {
    const place = await new Place(town({ policy: '{ autonomy: 3, allow: [restart] }' })).begin();
    const blessed = place.read();
    await place.up();
    await place.watched();
    place.edit('edited: true\n');
    await place.found(/is not what was blessed/);
    await place.paged(/^codex:describe$/);
    const denied = await place.evidence('&type=gate.denied');
    assert.match(denied[0]?.outcome ?? '', /policy does not list apply-config under allow/);
    assert.deepEqual([place.read(), await place.records('action')], ['edited: true\n', []]);
    place.configure(town());
    await place.restored(blessed);
    await until('the incident to be over', async () =>
      (await place.town()).incidents.every(({ status }) => status === 'resolved'),
    );
    await place.down();
  });

  test('autonomy that does not act without a person: an approval for exactly this version, good for one time', async () => {
    const place = await new Place(town({ policy: '{ autonomy: 2 }' })).begin();
    const blessed = place.read();
    await place.up();
    await place.watched();
    place.edit('edited: true\n');
    const approval = await until('an approval to be asked for', async () => {
      const { approvals } = await place.town();
      return approvals.find(({ action, status }) => action === 'apply-config' && status === 'pending') ?? null;
    });
    assert.deepEqual([approval.subject, place.read()], ['codex:describe', 'edited: true\n']);
    const answer = await place.post(`/api/approvals/${approval.id}/approve`, { why: 'yes' });
    assert.ok(answer.status < 300, JSON.stringify(answer.body));
    await place.restored(blessed);
    place.edit('edited: again\n');
    await until('the next approval', async () =>
      (await place.town()).approvals.some(({ id, status }) => id !== approval.id && status === 'pending'),
    );
    assert.equal(place.read(), 'edited: again\n');
    await place.down();
  });

  test('killed between the write and its report: one attempt is one triple, and the file is as blessed', async () => {
    const place = await new Place(town()).begin();
    const blessed = place.read();
    const count = async (type: string): Promise<number> => (await place.records(type)).length;
    // What was put back twice within ten minutes is not put back a third time.
    for (let turn = 1; turn <= 2; turn += 1) {
      await place.up();
      await until('the attempt before to have its outcome', async () => (await count('action.outcome')) === turn - 1);
      await place.watched();
      place.edit(`edited: ${turn}\n`);
      // No pause: the report is a few milliseconds behind the rename.
      const deadline = Date.now() + 30_000;
      while (place.read() !== blessed) assert.ok(Date.now() < deadline, 'it was not put back');
      await place.kill();
    }
    await place.up();
    await until('the second attempt to have its outcome', async () => (await count('action.outcome')) === 2);
    const types = (await place.records('action')).map(({ type }) => type);
    assert.equal(types.filter((type) => type === 'action.started').length, 2, types.join(' '));
    assert.equal(types.filter((type) => type === 'action.written').length, 2, types.join(' '));
    assert.equal(place.read(), blessed);
    assert.equal((await run(['evidence', 'verify', ...place.flags()])).code, 0);
    await place.down();
  });

  test('a disk that cannot be written: told with the reason, nothing is half done, and it is put back once it can be', async () => {
    const place = await new Place(town()).begin();
    const blessed = place.read();
    place.edit('edited: true\n');
    chmodSync(join(place.directory, 'out'), 0o555);
    // Permissions do not bind root: then Sereno runs as nobody.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) execFileSync('chown', ['-R', `${NOBODY.uid}:${NOBODY.gid}`, place.directory]);
    await place.up({}, isRoot ? NOBODY : {});
    await place.found(/is not what was blessed/);
    const failed = await until('the write to fail', async () => (await place.records('action.outcome'))[0] ?? null);
    assert.match(failed.outcome ?? '', /cannot be written: permission was denied/);
    assert.deepEqual(
      [place.read(), readdirSync(join(place.directory, 'out'))],
      ['edited: true\n', [`${ITEM}.yaml`, 'candidates'].toSorted()],
    );
    chmodSync(join(place.directory, 'out'), 0o755);
    await until('the next try', () => place.read() === blessed, 120_000);
    await place.restored(blessed);
    await place.down();
  });

  test('a codex whose bytes were changed is believed by nobody: the edited file is told, and nothing is written', async () => {
    const place = await new Place(town()).begin();
    await place.up();
    await place.watched();
    const objects = join(place.state, 'codex', 'objects');
    const files = readdirSync(objects, { recursive: true, withFileTypes: true }).filter((it) => it.isFile());
    for (const { parentPath, name } of files) {
      const path = join(parentPath, name);
      const bytes = readFileSync(path);
      chmodSync(path, 0o644);
      writeFileSync(path, Buffer.from(bytes.map((byte, index) => (index === 20 ? byte ^ 1 : byte))));
    }
    place.edit('edited: true\n');
    await place.found(/is not what was blessed/);
    const outcome = await until(
      'the write to be refused',
      async () => (await place.records('action.outcome'))[0] ?? null,
    );
    assert.match(outcome.outcome ?? '', /^failed: .*codex-damaged/);
    assert.equal(place.read(), 'edited: true\n');
    await place.down();
    await place.up();
    await place.found(/the codex cannot be read; copies are watched by what was known of it/);
    assert.equal(place.read(), 'edited: true\n');
    await place.down();
  });

  test('edited while Sereno was down: found at the start, and put back', async () => {
    const place = await new Place(town()).begin();
    const blessed = place.read();
    await place.up();
    await place.watched();
    await place.down();
    place.edit('edited: true\n');
    assert.equal(await drift(place), 1);
    await place.up();
    await place.restored(blessed);
    await place.down();
  });

  test('a revoked version that production still reads is a finding, and nothing is written', async () => {
    const place = await new Place(town()).begin();
    await place.up();
    await place.watched();
    await place.codex('revoke', `${ITEM}@1`, '--why', 'it lies', '--key', join(place.directory, 'ana.pem'));
    await place.found(/describe\.yaml \(describe\) is still there although its version was revoked/);
    assert.deepEqual(await place.records('action'), []);
    await place.down();
  });

  test('monitor says healthy by its exit code, and not when a file is changed; maintenance is done once', async () => {
    const place = await new Place(town()).begin();
    const report = await run(['codex', 'monitor', '--format', 'json', ...place.flags()]);
    assert.deepEqual([report.code, (JSON.parse(report.out) as { status: string }).status], [0, 'HEALTHY']);
    place.edit('edited: true\n');
    const sick = await run(['codex', 'monitor', '--format', 'summary', ...place.flags()]);
    assert.equal(sick.code, 3);
    assert.match(sick.out, /^codex: CRITICAL\n/);
  });

  test('the maintenance is done by the running watchman, once, and not again after kill -9 and a start', async () => {
    const place = await new Place(town()).begin();
    await place.bless('The second one');
    await place.up();
    const done = async (): Promise<readonly EvidenceRecord[]> => place.evidence('&type=keeping.done');
    await until('all tasks to be done', async () => (await done()).length >= 7);
    const told = await run(['codex', 'maintenance', '--format', 'json', ...place.flags()]);
    const { tasks } = JSON.parse(told.out) as { readonly tasks: readonly { readonly outcome: string }[] };
    assert.equal(told.code, 0, told.out);
    assert.match(tasks.map(({ outcome }) => outcome).join('\n'), /2 exports succeeded in the last day, 0 failed/);
    const archived = readFileSync(join(place.state, 'codex-archive', ITEM, '1.yaml'), 'utf8');
    assert.match(archived, /^version: 1$/m);
    const archive = join(place.state, 'codex-archive', ITEM);
    assert.deepEqual(readdirSync(archive), ['1.yaml']);
    assert.equal(statSync(join(archive, '1.yaml')).mode & 0o777, 0o444);
    await place.kill();
    await place.up();
    await until('the keeper to have looked after the start', async () => {
      const [look] = await place.evidence('&type=sereno.started');
      return look === undefined ? (await place.evidence('&type=safe-mode.entered')).length > 0 : true;
    });
    await place.watched();
    assert.equal((await done()).length, 7);
    await place.down();
  });
});
