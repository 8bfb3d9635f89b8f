// The way to a unit over HTTP: POST of JSON, all cases over one kept connection.

import { Agent, request as requestPlain, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent, request as requestSecure } from 'node:https';
import type { GoldenTarget } from '#kernel/check.ts';
import { seenError, unhealthy } from '#ports/symptom.ts';
import { excerpt } from '#ports/visible.ts';
import { ANSWER_BYTES_MAX, failure, type Heard, type Line } from './line.ts';

/** The same bound as for every other answer over HTTP. */
const HEADER_BYTES_MAX = 16_384;

const receive = (request: ClientRequest, response: IncomingMessage, hear: (heard: Heard) => void): void => {
  const parts: Buffer[] = [];
  let size = 0;
  response.on('data', (part: Buffer) => {
    size += part.length;
    if (size <= ANSWER_BYTES_MAX) parts.push(part);
    else {
      hear(failure(unhealthy('wrong-answer', 'the answer is too big: over 1 MB')));
      request.destroy();
    }
  });
  response.on('error', () => hear(failure(unhealthy('wrong-answer', `the answer was cut off after ${size} bytes`))));
  response.on('end', () => {
    const text = Buffer.concat(parts).toString('utf8');
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) hear({ kind: 'answer', text });
    else hear(failure(unhealthy('wrong-answer', `answered ${status}: ${excerpt(text)}`)));
  });
};

/** Opens nothing yet: the connection comes with the first case and is kept for the others. */
export const openHttp = (target: Extract<GoldenTarget, { readonly kind: 'http' }>): Line => {
  const isSecure = target.url.startsWith('https:');
  const settings = { keepAlive: true, maxSockets: 1 };
  const agent = isSecure ? new SecureAgent(settings) : new Agent(settings);
  const send = isSecure ? requestSecure : requestPlain;
  const { host } = new URL(target.url);
  return {
    ask: (input, hear) => {
      let isHeard = false;
      const once = (heard: Heard): void => {
        if (!isHeard) hear(heard);
        isHeard = true;
      };
      const body = Buffer.from(JSON.stringify(input));
      const headers = { 'content-type': 'application/json', ...target.headers, 'content-length': body.length };
      const options = { method: 'POST', headers, agent, maxHeaderSize: HEADER_BYTES_MAX };
      const request = send(target.url, options, (response) => receive(request, response, once));
      request.on('error', (error) => once(failure(seenError(error, `asking ${host}`))));
      request.end(body);
    },
    close: () => agent.destroy(),
  };
};
