// Pager: a webhook that writes down what people are told, and when it came.

import { createServer } from 'node:http';
import type { Stand } from './duel.ts';

export type Call = { readonly at: number; readonly kind: string; readonly subject: string; readonly title: string };

export type Pager = { readonly url: string; readonly calls: readonly Call[] };

/** A pager on the stand; its address goes into the section `notify` of a configuration. */
export const pagerOn = async (stand: Stand): Promise<Pager> => {
  const calls: Call[] = [];
  const keys = new Set<unknown>();
  const server = createServer((question, answer) => {
    let body = '';
    question.setEncoding('utf8');
    question.on('data', (part: string) => (body += part));
    question.on('end', () => {
      answer.end();
      // The same message once more is the same message: it was sent again because our answer came late.
      const key = question.headers['idempotency-key'];
      if (keys.has(key)) return;
      keys.add(key);
      calls.push({
        at: Date.now(),
        kind: field(body, 'kind'),
        subject: field(body, 'subject'),
        title: field(body, 'title'),
      });
    });
  });
  const port = await stand.freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  stand.defer(() => server.close());
  return { url: `http://127.0.0.1:${port}/`, calls };
};

/** The sections that send everything to this pager, with one person on call. */
export const pagedBy = (pager: Pager): string =>
  `people: { ana: { roles: [operator] } }\non_call: { primary: [ana] }\nnotify: { pager: { webhook: { url: "${pager.url}" } } }\n`;

const field = (body: string, name: string): string => {
  const message: unknown = JSON.parse(body);
  const value: unknown = typeof message === 'object' && message !== null ? Reflect.get(message, name) : null;
  return typeof value === 'string' ? value : '';
};
