// Bytes: whole numbers in as few bytes as they need (varint, as Protocol Buffers has it), and doubles without loss.

/** Decimals tried before a double is written as it is: 7 stands for that. */
const DECIMALS_MAX = 6;
const RAW = 7;
const TENS = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6];
/** Scaled, its sign folded in, and eight times: still a safe integer. */
const SCALED_MAX = 2 ** 48;

/** How many decimals, 0 to 6, hold this number exactly; 7 when none does. */
export const decimalsOf = (value: number): number => {
  for (let decimals = 0; decimals <= DECIMALS_MAX; decimals += 1) {
    const scaled = Math.round(value * (TENS[decimals] ?? 1));
    if (Math.abs(scaled) > SCALED_MAX) return RAW;
    if (scaled / (TENS[decimals] ?? 1) === value) return decimals;
  }
  return RAW;
};

/** The power of ten of so many decimals. */
export const tenTo = (decimals: number): number => TENS[decimals] ?? 1;

/** Writes into a buffer that grows; at most `position` bytes of `bytes` are written. */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  position = 0;

  constructor(room = 256) {
    this.#bytes = new Uint8Array(room);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** A copy of what was written. */
  taken(): Uint8Array {
    return this.#bytes.slice(0, this.position);
  }

  /** Begins anew in the same buffer. */
  clear(): void {
    this.position = 0;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.position++] = value;
  }

  /** A whole number from 0 to 2^53 - 1, seven bits a byte, the lowest first. */
  varint(value: number): void {
    this.#reserve(8);
    let left = value;
    while (left >= 0x80) {
      this.#bytes[this.position++] = (left % 0x80) | 0x80;
      left = left < 0x8000_0000 ? left >>> 7 : Math.floor(left / 0x80);
    }
    this.#bytes[this.position++] = left;
  }

  /** A whole number of either sign, at most 2^52 - 1 away from 0: 0, -1, 1, -2 … become 0, 1, 2, 3 … */
  signed(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  float64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.position, value, true);
    this.position += 8;
  }

  /** Any double, without loss: one to eight bytes when few decimals hold it, otherwise nine. */
  double(value: number): void {
    const decimals = decimalsOf(value);
    if (decimals === RAW) {
      this.varint(RAW);
      return this.float64(value);
    }
    const scaled = Math.round(value * tenTo(decimals));
    return this.varint((scaled < 0 ? -2 * scaled - 1 : 2 * scaled) * 8 + decimals);
  }

  /** Bytes with their length before them. */
  block(bytes: Uint8Array): void {
    this.varint(bytes.length);
    this.raw(bytes);
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.position);
    this.position += bytes.length;
  }

  #reserve(count: number): void {
    if (this.position + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.position + count));
    grown.set(this.#bytes.subarray(0, this.position));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Thrown when bytes end too early or cannot be what they should be. Whoever reads a stored value turns it into one. */
export class BadBytes extends Error {}

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  position: number;

  constructor(bytes: Uint8Array, from = 0, to = bytes.length) {
    this.#bytes = bytes;
    this.position = from;
    this.#end = to;
  }

  isAtEnd(): boolean {
    return this.position >= this.#end;
  }

  /** How many there are of what takes at least one byte each; more than are left is damage, and not to be made room for. */
  count(): number {
    const count = this.varint();
    if (count > this.#end - this.position) throw new BadBytes('there are fewer bytes than things');
    return count;
  }

  byte(): number {
    const value = this.#bytes[this.position];
    if (value === undefined || this.position >= this.#end) throw new BadBytes('the bytes end too early');
    this.position += 1;
    return value;
  }

  varint(): number {
    let value = this.byte();
    if (value < 0x80) return value;
    value -= 0x80;
    for (let factor = 0x80; factor <= 2 ** 49; factor *= 0x80) {
      const next = this.byte();
      value += (next & 0x7f) * factor;
      if (next < 0x80) return value;
    }
    throw new BadBytes('a number has too many bytes');
  }

  signed(): number {
    const folded = this.varint();
    return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
  }

  float64(): number {
    if (this.position + 8 > this.#end) throw new BadBytes('the bytes end too early');
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.position, 8);
    this.position += 8;
    return view.getFloat64(0, true);
  }

  double(): number {
    const first = this.varint();
    const decimals = first % 8;
    if (decimals === RAW) return this.float64();
    const folded = Math.floor(first / 8);
    return (folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2) / tenTo(decimals);
  }

  block(): Uint8Array {
    const length = this.varint();
    const from = this.position;
    if (from + length > this.#end) throw new BadBytes('the bytes end too early');
    this.position += length;
    return this.#bytes.subarray(from, from + length);
  }
}
