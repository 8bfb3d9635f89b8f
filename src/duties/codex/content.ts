// Content: what a blessed file holds, made from the closure alone. Whoever has the closure can make it again, byte for byte.

import type { Closure, Content, Digest, SourceFile } from '#kernel/codex.ts';
import type { Json } from '#kernel/evidence.ts';
import { problem, type Place } from '#kernel/problem.ts';
import type { Render, TemplateFlaw } from '#kernel/template.ts';
import type { Instant } from '#kernel/time.ts';
import { INLINE, schemaId } from './closure.ts';
import { ownContent, ownTree } from './own.ts';
import { problemsOf, refused, type Refusal } from './refusal.ts';
import { decodeSource, isBlock } from './source.ts';

/** What is known of a revision besides its content. Nobody blessed it: null, and not somebody who could have. */
export type Standing = {
  readonly blessedBy: readonly string[];
  readonly blessedAt: Instant | null;
  readonly version: number;
  readonly digest: Digest;
};

/** A blessed file: content, who and when, version, digest, in the order in which systems around the codex read them. */
export type Blessed = Content & {
  readonly blessed_by: string | null;
  readonly blessed_on: string | null;
  readonly version: number;
  readonly digest: Digest;
};

export type Made = { readonly kind: 'made'; readonly content: Content; readonly variables: readonly string[] };

/**
 * Derives the content of a revision from its closure. `render` fills the template; `placeOf` says where a flaw of it lies
 * for a person (`placeOfFlaw`; by default its path). Refused: `codex-source`, `codex-template`. `variables` are those in the prompt.
 */
export const contentOf = (
  closure: Closure,
  render: Render,
  placeOf: (flaw: TemplateFlaw) => Place = placeByPath,
): Made | Refusal => {
  const own = ownTree(closure);
  if (closure.own !== undefined && own !== null)
    return { kind: 'made', content: ownContent(closure.own, own), variables: [] };
  const decoded = decodeSource(fileOf(closure));
  if (decoded.kind === 'refused') return decoded;
  const { source } = decoded;
  if (source.item !== closure.item)
    return refused(problem('codex-source', `the closure of ${closure.item} holds the source of ${source.item}`));
  const template = closure.template ?? { path: INLINE, text: source.promptTemplate ?? '' };
  const { partials, parameters } = closure;
  const rendered = render({ template, partials, parameters, variables: source.variables });
  if (rendered.kind === 'flawed') return refused(...problemsOf(rendered.flaws, placeOf));
  if (rendered.text.trim() === '')
    return refused(problem('codex-template', `the prompt of ${source.item} is empty once its template is filled`));
  const content: Content = {
    task_id: source.item,
    title: source.title,
    model_id: source.modelId,
    prompt: rendered.text,
    temperature: source.temperature,
    max_tokens: source.maxTokens,
    format: source.format,
    expected_behavior: source.expectedBehavior,
    qa_schema_id: schemaId(source.item),
    source_log_id: closure.source.stem,
  };
  return { kind: 'made', content, variables: rendered.used };
};

const placeByPath = ({ path, line, column }: TemplateFlaw): Place => ({ file: path, line, column });

const fileOf = ({ source, item }: Closure): SourceFile => ({
  file: `${source.stem} (${item})`,
  value: source.value,
  locate: () => ({ file: source.stem, line: 1, column: 1 }),
});

/** The blessed file of a revision: the keys in their order. Who blessed stands there in the order of the signatures. */
export const blessedOf = (content: Content, standing: Standing): Blessed => ({
  task_id: content.task_id,
  title: content.title,
  model_id: content.model_id,
  prompt: content.prompt,
  temperature: content.temperature,
  max_tokens: content.max_tokens,
  format: content.format,
  expected_behavior: content.expected_behavior,
  qa_schema_id: content.qa_schema_id,
  source_log_id: content.source_log_id,
  blessed_by: standing.blessedBy.length === 0 ? null : standing.blessedBy.join(', '),
  blessed_on: standing.blessedAt === null ? null : new Date(standing.blessedAt).toISOString().slice(0, 10),
  version: standing.version,
  digest: standing.digest,
});

const REQUIRED = [
  'task_id',
  'title',
  'model_id',
  'prompt',
  'temperature',
  'max_tokens',
  'qa_schema_id',
  'blessed_by',
  'version',
] as const;

/** A blessed file as it was read: the nine fields that every reader needs. Whether it is genuine, its digest says. */
export type Loaded = {
  readonly task_id: string;
  readonly title: string;
  readonly model_id: string;
  readonly prompt: string;
  readonly temperature: number;
  readonly max_tokens: number;
  readonly qa_schema_id: string;
  readonly blessed_by: string;
  readonly version: number;
  readonly format: string | null;
  readonly expected_behavior: string | null;
  readonly source_log_id: string | null;
  readonly blessed_on: string | null;
  readonly digest: string | null;
};

/** Reads a blessed file. Refused (`codex-content`): empty, fields that are missing, fields of another kind; together. */
export const decodeBlessed = (file: SourceFile): { readonly kind: 'loaded'; readonly loaded: Loaded } | Refusal => {
  const say = (message: string, key: string | null = null): Refusal =>
    refused(problem('codex-content', message, { place: file.locate(key === null ? [] : [key]), mend: AGAIN }));
  const block = file.value;
  if (!isBlock(block) || Object.keys(block).length === 0) return say('Empty or invalid blessed config');
  const missing = REQUIRED.filter((key) => block[key] === undefined || block[key] === null);
  if (missing.length > 0) return say(`Blessed config missing required fields: [${missing.join(', ')}]`);
  const text = (key: string): string => (typeof block[key] === 'string' ? block[key] : '');
  const number = (key: string): number => (typeof block[key] === 'number' ? block[key] : Number.NaN);
  const optional = (key: string): string | null => (typeof block[key] === 'string' ? block[key] : null);
  const loaded: Loaded = {
    task_id: text('task_id'),
    title: text('title'),
    model_id: text('model_id'),
    prompt: text('prompt'),
    temperature: number('temperature'),
    max_tokens: number('max_tokens'),
    qa_schema_id: text('qa_schema_id'),
    blessed_by: text('blessed_by'),
    version: number('version'),
    format: optional('format'),
    expected_behavior: optional('expected_behavior'),
    source_log_id: optional('source_log_id'),
    blessed_on: optional('blessed_on'),
    digest: optional('digest'),
  };
  const wrong = REQUIRED.filter((key) => !isMeaningful(loaded[key]));
  if (wrong.length === 0 && Number.isSafeInteger(loaded.max_tokens) && isVersion(loaded.version))
    return { kind: 'loaded', loaded };
  return say(`Blessed config has invalid fields: [${[...wrong, ...unwhole(loaded)].join(', ')}]`, wrong[0] ?? null);
};

const AGAIN = 'never edit a blessed file: write it again from the codex with `sereno codex export`';

const isMeaningful = (value: Json): boolean => (typeof value === 'number' ? Number.isFinite(value) : value !== '');
const isVersion = (version: number): boolean => Number.isSafeInteger(version) && version >= 1;
const unwhole = ({ max_tokens: tokens, version }: Loaded): readonly string[] => [
  ...(Number.isFinite(tokens) && !Number.isSafeInteger(tokens) ? ['max_tokens'] : []),
  ...(Number.isFinite(version) && !isVersion(version) ? ['version'] : []),
];
