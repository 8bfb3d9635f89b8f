// Framing: what a server says is looked at before the driver sees it (PostgreSQL, "Message Formats", protocol 3).
//
// The driver reads the fields of an error until it meets a zero byte, and it reads past the end of the message: one
// packet without that byte turned the whole program in a circle for ever. So an error or a notice is let through only
// when its fields end as they should, and nothing is let through after the first message that cannot be one.

const LETTER_AND_LENGTH = 5;
/** A real error is a few hundred bytes; one with the text of a long query some thousands. */
const FIELDS_BYTES_MAX = 65_536;
const ERROR = 'E'.charCodeAt(0);
const NOTICE = 'N'.charCodeAt(0);

/** True when the body is fields, each a letter and a text that ends in zero, and one more zero at the very end. */
const areFields = (body: Buffer): boolean => {
  let at = 0;
  while (at < body.length && body[at] !== 0) {
    const end = body.indexOf(0, at + 1);
    if (end < 0) return false;
    at = end + 1;
  }
  return at === body.length - 1;
};

/** Follows the messages of one connection, however they are cut into chunks. */
export class Framing {
  #head: Buffer = Buffer.alloc(0);
  /** Bytes of the message under way that have not come yet. */
  #missing = 0;
  /** The body of an error or notice that is being collected; null for all other messages, which are only counted. */
  #fields: Buffer[] | null = null;
  #isBroken = false;

  /** False as soon as what came cannot be messages of PostgreSQL; for ever from then on. */
  take(chunk: Buffer): boolean {
    let rest = chunk;
    while (rest.length > 0 && !this.#isBroken) rest = this.#missing > 0 ? this.#takeBody(rest) : this.#takeHead(rest);
    return !this.#isBroken;
  }

  #takeHead(chunk: Buffer): Buffer {
    const wanted = LETTER_AND_LENGTH - this.#head.length;
    this.#head = Buffer.concat([this.#head, chunk.subarray(0, wanted)]);
    if (this.#head.length < LETTER_AND_LENGTH) return Buffer.alloc(0);
    const letter = this.#head[0];
    const length = this.#head.readUInt32BE(1);
    this.#head = Buffer.alloc(0);
    const hasFields = letter === ERROR || letter === NOTICE;
    this.#missing = length - 4;
    this.#fields = hasFields ? [] : null;
    this.#isBroken = this.#missing < 0 || (hasFields && (this.#missing === 0 || this.#missing > FIELDS_BYTES_MAX));
    return chunk.subarray(wanted);
  }

  #takeBody(chunk: Buffer): Buffer {
    const part = chunk.subarray(0, this.#missing);
    this.#missing -= part.length;
    this.#fields?.push(part);
    if (this.#missing === 0 && this.#fields !== null) this.#isBroken = !areFields(Buffer.concat(this.#fields));
    return chunk.subarray(part.length);
  }
}
