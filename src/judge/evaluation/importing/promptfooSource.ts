// The source that a configuration of promptfoo holds besides its tests: where it has one prompt and one provider with all that
// the codex pins, both become a source; where it has not, it is told what is missing, and nothing is made up.

import type { Json } from '#kernel/evidence.ts';
import { isBlock, isList, type Block, type ParsedFile, type Desk, type FilePath } from './desk.ts';
import { isProgrammed, namesIn } from './variables.ts';

/** `openai:chat:gpt-4o` is the model gpt-4o; names of models may have colons of their own. */
const PROVIDER = /^[a-z][\w-]*:(?:(?:chat|completion|responses|messages):)?(.+)$/i;

/** A source for the item; null: there is none, and the desk knows why. */
export const sourceIn = (desk: Desk, { value }: ParsedFile, item: string): Block | null => {
  const whole = isBlock(value) ? value : {};
  const prompt = promptIn(desk, whole);
  const provider = providerIn(desk, whole);
  if (prompt === null || provider === null) return null;
  const title = typeof whole['description'] === 'string' ? whole['description'] : item;
  return {
    task_id: item,
    title,
    model: { model_id: provider.model },
    generation_config: { temperature: provider.temperature, max_tokens: provider.maxTokens },
    variables: namesIn(prompt),
    prompt_template: prompt,
  };
};

/** The only entry of a list, or what stands there without a list. */
const onlyIn = (desk: Desk, whole: Block, key: string): { readonly value: Json; readonly path: FilePath } | null => {
  const value = whole[key] ?? null;
  const list: readonly Json[] = isList(value) ? value : [value];
  const [only = null, second] = list;
  if (only === null) return desk.leave([], key, `no source is made: there are no ${key}`);
  if (second !== undefined)
    return desk.leave([key], key, `no source is made: an item has one of them, and here are ${list.length}`);
  return { value: only, path: isList(value) ? [key, 0] : [key] };
};

const promptIn = (desk: Desk, whole: Block): string | null => {
  const only = onlyIn(desk, whole, 'prompts');
  if (only === null) return null;
  const { value, path } = only;
  const text = isBlock(value) ? (value['raw'] ?? null) : value;
  if (typeof text !== 'string') return desk.leave(path, 'prompts', 'no source is made: the prompt is no text');
  const isFile = text.startsWith('file://') || /^[\w./-]+\.(txt|md|json|ya?ml|js|ts|py|j2)(:\w+)?$/.test(text);
  if (isFile) return desk.leave(path, text, 'no source is made: the prompt is in another file; write it here');
  if (text.trimStart().startsWith('[{') || isProgrammed(text))
    return desk.leave(
      path,
      'prompts',
      'no source is made: the prompt is a program or a talk; only text with {{ names }} is taken',
    );
  return text;
};

type Provider = { readonly model: string; readonly temperature: number; readonly maxTokens: number };

const providerIn = (desk: Desk, whole: Block): Provider | null => {
  const only = onlyIn(desk, whole, whole['targets'] === undefined ? 'providers' : 'targets');
  if (only === null) return null;
  const { value, path } = only;
  const id = isBlock(value) ? value['id'] : value;
  const model = typeof id === 'string' ? PROVIDER.exec(id)?.[1] : undefined;
  if (model === undefined) return desk.leave(path, 'providers', 'no source is made: it names no model');
  const config = isBlock(value) && isBlock(value['config']) ? value['config'] : {};
  const { temperature, max_tokens: maxTokens } = config;
  if (typeof temperature !== 'number' || typeof maxTokens !== 'number')
    return desk.leave(path, 'providers', 'no source is made: `config` names no temperature, or no max_tokens');
  return { model, temperature, maxTokens };
};
