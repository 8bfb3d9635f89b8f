// Decodes where models answer. The key is a secret, also when somebody has written it into the file.

import type { ModelSite } from '#kernel/site.ts';
import { durationMs, minutes } from '#kernel/time.ts';
import { whyMissing, type Decoding } from './decoding.ts';
import type { SiteText } from './grammar.ts';

/** Long answers of small machines take their time. */
const TIMEOUT_DEFAULT = minutes(2);

export const decodeModel = (decoding: Decoding, text: SiteText['model']): ModelSite | null => {
  if (text === undefined) return null;
  const cannotAsk = whyMissing(decoding, ['model']);
  return {
    baseUrl: text.base_url,
    apiKey: cannotAsk === null ? (text.api_key ?? null) : null,
    timeoutMs: durationMs(text.timeout ?? TIMEOUT_DEFAULT),
    cannotAsk,
  };
};

/** What of the section must never leave the process. */
export const modelSecrets = (model: ModelSite | null): readonly string[] =>
  model === null || model.apiKey === null ? [] : [model.apiKey];
