// A codex in memory, for the tests of the server: one item whose active version the test moves.

import { digest, itemId, type Content, type Digest } from '#kernel/codex.ts';
import type {
  CodexDiffView,
  CodexFound,
  CodexItemView,
  CodexListView,
  CodexProof,
  RevisionBrief,
  ServedContent,
} from '#kernel/codexView.ts';
import { problem, type Problem } from '#kernel/problem.ts';
import { instant } from '#kernel/time.ts';
import type { CodexServing } from '#ports/codexServing.ts';

const ITEM = itemId('concise');
const AT = instant(Date.UTC(2026, 10, 21, 5, 3, 11));

export const digestOfVersion = (version: number): Digest => digest(String(version).padStart(64, 'a'));

export const contentOfVersion = (version: number): Content => ({
  task_id: ITEM,
  title: `Title ${version}`,
  model_id: 'gemma3:1b',
  prompt: `Describe it, ${version}`,
  temperature: 0.1,
  max_tokens: 800,
  format: 'markdown',
  expected_behavior: '',
  qa_schema_id: 'qa_concise_v1',
  source_log_id: 'concise',
});

const brief = (version: number, state: RevisionBrief['state']): RevisionBrief => ({
  version,
  digest: digestOfVersion(version),
  state,
  at: AT,
  by: 'cleo',
  blessedBy: ['ana'],
});

const LIST: CodexListView = {
  isDeclared: true,
  items: [
    {
      item: ITEM,
      title: 'Title 2',
      versions: 2,
      active: brief(2, 'active'),
      newest: brief(2, 'active'),
      tags: { stable: 1 },
      changedAt: AT,
      copies: null,
      trouble: null,
    },
  ],
  root: { version: 1, expires: AT, blessers: ['ana'], threshold: 1 },
  entries: 9,
};

const DETAIL: CodexItemView = {
  item: ITEM,
  title: 'Title 2',
  active: 2,
  tags: { stable: 1 },
  total: 1,
  versions: [
    {
      ...brief(2, 'active'),
      parent: 1,
      restores: null,
      why: null,
      verdict: { kind: 'blessed', said: ['blessing: 1 of 1 needed, by ana'] },
      attestations: [
        {
          seq: 4,
          predicate: 'blessing',
          at: AT,
          envelope: digestOfVersion(7),
          signedBy: ['ana'],
          notCounted: null,
          says: 'reads well',
        },
      ],
      evaluations: [{ seq: 3, at: AT, by: 'cleo', version: 2, verdict: 'passed', numbers: null }],
      standing: [],
      tags: [],
    },
  ],
  history: [
    {
      seq: 3,
      at: AT,
      by: 'cleo',
      kind: 'exported',
      version: 2,
      detail: null,
      why: null,
      hash: digestOfVersion(8),
    },
  ],
  copies: [{ file: '/srv/concise.yaml', state: 'in-sync', says: 'lies as blessed', since: AT, lookedAt: AT }],
  trouble: null,
};

const DIFF: CodexDiffView = {
  item: ITEM,
  from: brief(1, 'superseded'),
  to: brief(2, 'active'),
  fields: [{ field: 'title', before: 'Title 1', after: 'Title 2', lines: null }],
};

const proofOf = (version: number): CodexProof => ({
  format: 1,
  item: ITEM,
  version,
  digest: digestOfVersion(version),
  state: 'active',
  origin: { version, authors: ['cleo'] },
  closure: '{}',
  content: contentOfVersion(version),
  attestations: [{ seq: 4, envelope: '{}' }],
  roots: ['{}'],
});

export type FakeCodex = CodexServing & {
  /** Another version is active, and everybody is told. */
  readonly activate: (version: number) => void;
  /** From now on everything is refused so; null: as before. */
  readonly refuse: (trouble: Problem | null) => void;
  readonly listeners: () => number;
  /** How often content was made. */
  readonly made: () => number;
  readonly say: (title: string | null) => void;
};

export const makeFakeCodex = (): FakeCodex => {
  const listeners = new Set<() => void>();
  let active = 2;
  let trouble: Problem | null = null;
  let made = 0;
  let title: string | null = null;
  const found = <Value>(name: string, value: Value): Promise<CodexFound<Value>> => {
    const missing = name === ITEM ? null : problem('not-found', `there is no item ${JSON.stringify(name)}`);
    const refusal = trouble ?? missing;
    return Promise.resolve(refusal === null ? { kind: 'found', value } : { kind: 'refused', problem: refusal });
  };
  const served = (): ServedContent => {
    made += 1;
    const content = contentOfVersion(active);
    return {
      content: title === null ? content : { ...content, title },
      version: active,
      digest: digestOfVersion(active),
      state: 'active',
      blessedBy: ['ana', 'béa'],
      root: 1,
      head: 4,
    };
  };
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  return {
    activate: (version) => {
      active = version;
      tell();
    },
    refuse: (value) => {
      trouble = value;
      tell();
    },
    listeners: () => listeners.size,
    made: () => made,
    say: (value) => {
      title = value;
    },
    list: () => found(ITEM, LIST),
    item: (name) => found(name, DETAIL),
    content: (name) => found(name, served()),
    head: () => found(ITEM, { format: 1, head: '{}', listing: null, roots: [] }),
    proof: (name) => found(name, proofOf(active)),
    diff: (name) => found(name, DIFF),
    digestOf: () => (trouble === null ? digestOfVersion(active) : null),
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
