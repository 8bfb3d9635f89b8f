// Compatibility: may quality assurance take this configuration at all? Rules of the configuration alone; no model is asked.

import type { Content } from '#kernel/codex.ts';

/** What the rules look at: a candidate's content, or a blessed file that was read. */
export type Judged = Pick<Content, 'prompt' | 'temperature' | 'max_tokens' | 'qa_schema_id'> & {
  readonly task_id: string;
};

/** Each rule that is not kept, with what was found. None: compatible. */
export type Incompatibility =
  | { readonly kind: 'schema-id'; readonly found: string; readonly prefix: string }
  | { readonly kind: 'prompt-short'; readonly found: number }
  | { readonly kind: 'temperature-range'; readonly found: number }
  | { readonly kind: 'max-tokens-few'; readonly found: number };

/** Characters of a prompt, blanks around it not counted: less cannot ask for anything. */
export const PROMPT_LENGTH_MIN = 10;
export const TEMPERATURE_MIN = 0;
export const TEMPERATURE_MAX = 2;
/** Fewer tokens end most answers in the middle. */
export const MAX_TOKENS_MIN = 100;

/** All rules that a configuration does not keep. A number that is none keeps no rule. */
export const incompatibilities = (config: Judged): readonly Incompatibility[] => {
  const prefix = `qa_${config.task_id}_v`;
  const length = Array.from(config.prompt.trim()).length;
  const { temperature, max_tokens: maxTokens, qa_schema_id: schema } = config;
  const isTempered = temperature >= TEMPERATURE_MIN && temperature <= TEMPERATURE_MAX;
  const found: readonly (Incompatibility | null)[] = [
    schema.startsWith(prefix) ? null : { kind: 'schema-id', found: schema, prefix },
    length >= PROMPT_LENGTH_MIN ? null : { kind: 'prompt-short', found: length },
    isTempered ? null : { kind: 'temperature-range', found: temperature },
    maxTokens >= MAX_TOKENS_MIN ? null : { kind: 'max-tokens-few', found: maxTokens },
  ];
  return found.filter((it) => it !== null);
};

export const sayIncompatibility = (it: Incompatibility): string => {
  switch (it.kind) {
    case 'schema-id':
      return `qa_schema_id is "${it.found}" and should begin with "${it.prefix}"`;
    case 'prompt-short':
      return `the prompt has ${it.found} characters and needs ${PROMPT_LENGTH_MIN}`;
    case 'temperature-range':
      return `temperature is ${it.found} and should lie between ${TEMPERATURE_MIN} and ${TEMPERATURE_MAX}`;
    case 'max-tokens-few':
      return `max_tokens is ${it.found} and should be at least ${MAX_TOKENS_MIN}`;
  }
};
