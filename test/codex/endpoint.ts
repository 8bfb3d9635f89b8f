// An endpoint that models of chat completions answer, over real HTTP: each model is called by its manners.
//
//   rate-90   says the good word so often       steady   always        late   answers, but after a second
//   busy      turns every question away at first: 429, and then well
//   cached    has one id for all its answers    refusing says that the question is wrong
// decoder: questions are read as the protocol has them

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Chance } from '#sim/chance.ts';

type Asked = { readonly model: string; readonly messages: readonly { readonly content: string }[] };

export type Endpoint = {
  readonly url: string;
  /** Questions that came, with those that were turned away. */
  readonly asked: () => number;
  /** What came as authorization, each once. */
  readonly keys: ReadonlySet<string>;
  readonly close: () => Promise<void>;
};

const LATE_MS = 1_500;

type Said = { readonly status: number; readonly text: string; readonly id: string; readonly lateMs: number };

/** The same seed gives the same answers to the same row of questions. */
const makeMouth = (seed: number): ((asked: Asked) => Said) => {
  const chance = new Chance(seed, 'endpoint');
  let count = 0;
  /** Questions that were turned away, and are asked again soon. */
  const turnedAway = new Set<string>();
  return ({ model, messages }) => {
    count += 1;
    const said = { status: 200, text: 'a good answer of three words and more', id: `answer-${count}`, lateMs: 0 };
    const bad = 'nothing of use';
    const rate = /^rate-(\d+)/.exec(model)?.[1];
    if (rate !== undefined) return { ...said, text: chance.unit() * 100 < Number(rate) ? said.text : bad };
    if (model === 'late') return { ...said, lateMs: LATE_MS };
    if (model === 'cached') return { ...said, id: 'one answer for all' };
    if (model === 'refusing') return { ...said, status: 400 };
    if (model === 'busy') {
      const question = JSON.stringify(messages);
      if (turnedAway.delete(question)) return said;
      turnedAway.add(question);
      return { ...said, status: 429 };
    }
    return said;
  };
};

/** Starts it on a free port of loopback. */
export const startEndpoint = async (seed = 1): Promise<Endpoint> => {
  const say = makeMouth(seed);
  const keys = new Set<string>();
  let asked = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += String(part)));
    request.on('end', () => {
      asked += 1;
      keys.add(request.headers.authorization ?? '');
      const { status, text, id, lateMs } = say(JSON.parse(body) as Asked);
      const answer = { id, choices: [{ message: { content: text }, finish_reason: 'stop' }] };
      const send = (): void => {
        response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '0' });
        response.end(JSON.stringify(status === 200 ? answer : { error: { message: 'not now' } }));
      };
      if (lateMs === 0) send();
      else setTimeout(send, lateMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}/v1`, asked: () => asked, keys, close };
};
