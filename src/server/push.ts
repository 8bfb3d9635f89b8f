// Push: the body of POST /v1/metrics, whole and unpacked, handed to the intake (OTLP/HTTP).

import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Intake, Receipt } from '#ports/source.ts';

/** An SDK sends some hundred kilobytes; the collector's own default limit is 20 MB unpacked. */
const BYTES_MAX = 4 * 1_048_576;
const UNPACKED_MAX = 16 * 1_048_576;

const unpack = promisify(gunzip);

const refuse = (status: number, message: string): Response =>
  // google.rpc.Status in JSON, as the protocol demands.
  Response.json({ message }, { status, headers: { 'cache-control': 'no-store' } });

const readBytes = async (request: Request): Promise<Uint8Array | null> => {
  const reader = request.body?.getReader();
  if (reader === undefined) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length <= BYTES_MAX) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    chunks.push(value);
    length += value.length;
  }
  await reader.cancel();
  return null;
};

/** Takes a push. Never rejects for what was sent; whoever sends may send it again after 429 and 503 only. */
export const receiveMetrics = async (intake: Intake | null, request: Request): Promise<Response> => {
  if (intake === null) return refuse(404, 'metrics cannot be pushed here');
  const encoding = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase();
  if (encoding !== 'identity' && encoding !== 'gzip') return refuse(415, 'the encoding must be gzip or identity');
  const bytes = await readBytes(request).catch(() => 'cut-off' as const);
  if (bytes === 'cut-off') return refuse(400, 'the body was cut off');
  if (bytes === null) return refuse(413, `a body may have ${BYTES_MAX} bytes`);
  const unpacked =
    encoding === 'gzip' ? await unpack(bytes, { maxOutputLength: UNPACKED_MAX }).catch(() => null) : bytes;
  if (unpacked === null) return refuse(400, `the body is not gzip, or unpacks to more than ${UNPACKED_MAX} bytes`);
  const receipt: Receipt = intake.take({ mediaType: request.headers.get('content-type') ?? '', bytes: unpacked });
  return new Response(receipt.body, {
    status: receipt.status,
    headers: { 'content-type': receipt.mediaType, 'cache-control': 'no-store' },
  });
};
