// A town with a codex for end-to-end tests: a real Sereno on a state directory, and the command line that exports and blesses.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Post, run, type Ran } from './sereno.ts';

export const ITEM = 'ty_extract_concise_description';

const CONFIG = `sereno: 1
site: town
people: { ana: {}, ben: {}, cleo: {} }
codex: { blessers: [ana, ben], threshold: 1 }
policy: { autonomy: 1, allow: [] }
`;

const source = (title: string): string => `task_id: ${ITEM}
title: ${title}
model: { model_id: gemma3:1b }
generation_config: { temperature: 0.1, max_tokens: 800 }
input_schema: [{ name: posting, type: string }]
`;

export class CodexTown {
  readonly post: Post;

  /** `more`: further lines of its configuration. */
  constructor(more = '') {
    this.post = new Post(`${CONFIG}${more}`);
    for (const folder of ['ty_log', 'templates']) mkdirSync(join(this.post.directory, folder));
    this.template('Describe {{ posting }} in three sentences.\nNothing else.\n');
  }

  template(text: string): void {
    this.post.write('templates/concise_description.md', text);
  }

  path(name: string): string {
    return join(this.post.directory, name);
  }

  codex(...words: readonly string[]): Promise<Ran> {
    return run(['codex', ...words, ...this.post.flags()]);
  }

  async must(...words: readonly string[]): Promise<string> {
    const { code, out, error } = await this.codex(...words);
    assert.equal(code, 0, `codex ${words.join(' ')}: ${out}${error}`);
    return out;
  }

  /** Two blessers with keys, and the first root of trust; gives the root document. */
  async trust(): Promise<string> {
    await this.must('key', this.path('ana.pem'));
    await this.must('key', this.path('ben.pem'));
    await this.must('trust', `ana=${this.path('ana.pem')}`, `ben=${this.path('ben.pem')}`);
    return this.must('get', '--root');
  }

  /** The next version, in review. */
  async propose(title: string): Promise<void> {
    this.post.write('ty_log/concise.yaml', source(title));
    await this.must('export', this.path('ty_log/concise.yaml'), '--as', 'cleo');
    await this.must('submit', ITEM, '--as', 'cleo');
  }

  async bless(selector = ITEM, who = 'ana'): Promise<void> {
    await this.must('bless', selector, '--key', this.path(`${who}.pem`), '--why', 'reads well', '--as', who);
  }

  /** The next version, active. */
  async release(title: string): Promise<void> {
    await this.propose(title);
    await this.bless();
  }
}
