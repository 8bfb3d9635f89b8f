// Envelopes: DSSE 1.0, the signed form of every statement. What is signed is the type and the bytes of the payload, so
// nothing has to be parsed before it is believed.

import { fromBase64, toBase64, toUtf8 } from './encoding.ts';
import { field, Reading, type Read } from './reading.ts';

/** Of the whole text. A statement has less than 2 KB. */
export const ENVELOPE_LENGTH_MAX = 1_048_576;
/** Each costs at most one try with each key of a role. */
export const SIGNATURES_MAX = 32;
/** Of one signature, in characters of base64; the longest form that we know, SSHSIG, has 400. */
const SIGNATURE_LENGTH_MAX = 2_048;
const KEY_ID_LENGTH_MAX = 256;
const TYPE_LENGTH_MAX = 256;

/** `keyId` is a hint and proves nothing. Null: no hint. */
export type Signature = { readonly keyId: string | null; readonly signature: Uint8Array };

export type Envelope = {
  readonly payloadType: string;
  readonly payload: Uint8Array;
  readonly signatures: readonly Signature[];
};

/** What is signed: `DSSEv1 <length> <type> <length> <payload>`, lengths in bytes (DSSE protocol, "Signature Definition"). */
export const preAuthEncoding = (payloadType: string, payload: Uint8Array): Uint8Array => {
  const type = toUtf8(payloadType);
  const before = [toUtf8(`DSSEv1 ${type.length} `), type, toUtf8(` ${payload.length} `)];
  const bytes = new Uint8Array(before.reduce((sum, part) => sum + part.length, payload.length));
  let filled = 0;
  for (const part of [...before, payload]) {
    bytes.set(part, filled);
    filled += part.length;
  }
  return bytes;
};

/** Reads the JSON form. Unknown fields are left alone, as DSSE asks; `bad-input` for everything that is not an envelope. */
export const readEnvelope = (text: string): Read<Envelope> => {
  const reading = new Reading('envelope');
  if (text.length > ENVELOPE_LENGTH_MAX) {
    reading.wrong('', `at most ${ENVELOPE_LENGTH_MAX} characters`);
    return reading.result({ payloadType: '', payload: new Uint8Array(), signatures: [] });
  }
  const fields = reading.object(reading.json(text), '');
  const payloadType = reading.text(field(fields, 'payloadType'), 'payloadType', TYPE_LENGTH_MAX);
  const payload = bytesOf(reading, field(fields, 'payload'), 'payload', ENVELOPE_LENGTH_MAX);
  const listed = reading.list(field(fields, 'signatures'), 'signatures', SIGNATURES_MAX);
  if (listed.length === 0) reading.wrong('signatures', 'at least one signature');
  const signatures = listed.map((it, at) => signatureOf(reading, it, `signatures[${at}]`));
  return reading.result({ payloadType, payload, signatures });
};

const bytesOf = (reading: Reading, value: unknown, path: string, max: number): Uint8Array => {
  const bytes = fromBase64(reading.text(value, path, max));
  if (bytes === null) reading.wrong(path, 'base64');
  return bytes ?? new Uint8Array();
};

const signatureOf = (reading: Reading, value: unknown, path: string): Signature => {
  const fields = reading.object(value, path);
  const hint = field(fields, 'keyid') ?? null;
  const keyId = hint === null ? '' : reading.text(hint, `${path}.keyid`, KEY_ID_LENGTH_MAX);
  const signature = bytesOf(reading, field(fields, 'sig'), `${path}.sig`, SIGNATURE_LENGTH_MAX);
  return { keyId: keyId === '' ? null : keyId, signature };
};

/** The JSON form, its keys in the order of the specification. `readEnvelope` gives the same envelope back. */
export const writeEnvelope = ({ payloadType, payload, signatures }: Envelope): string =>
  JSON.stringify({
    payload: toBase64(payload),
    payloadType,
    signatures: signatures.map(({ keyId, signature }) => ({
      ...(keyId === null ? {} : { keyid: keyId }),
      sig: toBase64(signature),
    })),
  });

/** The envelope with one more signature: how a second person adds theirs. */
export const withSignature = (envelope: Envelope, added: Signature): Envelope => ({
  ...envelope,
  signatures: [...envelope.signatures, added],
});
