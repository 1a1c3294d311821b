/**
 * Thrift's compact protocol, as far as Parquet's metadata needs it. The reader raises `ThriftError` on anything that is not well-formed, and never
 * reads outside of its bytes; nesting is limited, so a hostile file cannot overflow the stack.
 * Source: thrift's `doc/specs/thrift-compact-protocol.md`.
 */
export class ThriftError extends Error {}

export const ThriftType = { stop: 0, true: 1, false: 2, byte: 3, i16: 4, i32: 5, i64: 6, double: 7, binary: 8, list: 9, set: 10, map: 11, struct: 12 } as const;

const MAX_DEPTH = 64;

export class ThriftReader {
  readonly bytes: Uint8Array;
  position: number;
  readonly #view: DataView;
  #depth = 0;

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes;
    this.position = position;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /**
   * Calls `field` for each field of the struct at the position. `field` must consume the value, or answer false without consuming anything: then
   * it is skipped. Booleans have their value in `type`.
   */
  struct(field: (id: number, type: number) => boolean): void {
    if (++this.#depth > MAX_DEPTH) throw new ThriftError("metadata is nested too deeply");
    let id = 0;
    for (;;) {
      const head = this.byte();
      const type = head & 15;
      if (type === ThriftType.stop) break;
      id = head >> 4 === 0 ? this.int() : id + (head >> 4);
      if (!field(id, type)) this.#skip(type);
    }
    this.#depth--;
  }

  /** Calls `element` once per element with the element type; `element` must consume it. */
  list(element: (type: number) => void): void {
    const head = this.byte();
    const count = head >> 4 === 15 ? this.unsigned() : head >> 4;
    if (count > this.bytes.length - this.position) throw new ThriftError(`list of ${count} elements is longer than the metadata`);
    for (let i = 0; i < count; i++) element(head & 15);
  }

  byte(): number {
    if (this.position >= this.bytes.length) throw new ThriftError("metadata ends too early");
    return this.bytes[this.position++];
  }

  /** Unsigned varint of up to 64 bits, exact to 53. */
  unsigned(): number {
    let value = 0;
    let scale = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    throw new ThriftError("integer is longer than 64 bits");
  }

  /** i16, i32 or i64 (zigzag), exact to 53 bits. */
  int(): number {
    const value = this.unsigned();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  binary(): Uint8Array {
    const length = this.unsigned();
    const start = this.position;
    if (length > this.bytes.length - start) throw new ThriftError(`value of ${length} bytes is longer than the metadata`);
    this.position += length;
    return this.bytes.subarray(start, start + length);
  }

  string(): string {
    return new TextDecoder().decode(this.binary());
  }

  #skip(type: number): void {
    switch (type) {
      case ThriftType.true:
      case ThriftType.false:
        return;
      case ThriftType.byte:
        this.byte();
        return;
      case ThriftType.i16:
      case ThriftType.i32:
      case ThriftType.i64:
        this.unsigned();
        return;
      case ThriftType.double:
        if (this.position + 8 > this.bytes.length) throw new ThriftError("metadata ends too early");
        this.#view.getFloat64(this.position, true);
        this.position += 8;
        return;
      case ThriftType.binary:
        this.binary();
        return;
      case ThriftType.list:
      case ThriftType.set:
        this.list((element) => this.#skipElement(element));
        return;
      case ThriftType.map: {
        const count = this.unsigned();
        if (count === 0) return;
        const types = this.byte();
        for (let i = 0; i < count; i++) {
          this.#skipElement(types >> 4);
          this.#skipElement(types & 15);
        }
        return;
      }
      case ThriftType.struct:
        this.struct(() => false);
        return;
      default:
        throw new ThriftError(`unknown field type ${type}`);
    }
  }

  /** Inside collections a boolean takes a byte of its own. */
  #skipElement(type: number): void {
    if (type === ThriftType.true || type === ThriftType.false) this.byte();
    else this.#skip(type);
  }
}

export class ThriftWriter {
  #bytes = new Uint8Array(1024);
  #length = 0;
  #lastField = 0;

  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  field(id: number, type: number): void {
    const delta = id - this.#lastField;
    if (delta > 0 && delta <= 15) this.byte((delta << 4) | type);
    else {
      this.byte(type);
      this.#varint(id * 2);
    }
    this.#lastField = id;
  }

  int(value: number): void {
    this.#varint(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  intField(id: number, type: typeof ThriftType.i16 | typeof ThriftType.i32 | typeof ThriftType.i64, value: number): void {
    this.field(id, type);
    this.int(value);
  }

  string(value: string): void {
    this.#binary(new TextEncoder().encode(value));
  }

  binaryField(id: number, value: Uint8Array): void {
    this.field(id, ThriftType.binary);
    this.#binary(value);
  }

  listHeader(elementType: number, count: number): void {
    if (count < 15) this.byte((count << 4) | elementType);
    else {
      this.byte(0xf0 | elementType);
      this.#varint(count);
    }
  }

  struct(write: () => void): void {
    const outer = this.#lastField;
    this.#lastField = 0;
    write();
    this.byte(ThriftType.stop);
    this.#lastField = outer;
  }

  /** Bytes that are already in the compact protocol. */
  raw(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) this.#grow(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = value;
  }

  #binary(bytes: Uint8Array): void {
    this.#varint(bytes.length);
    this.raw(bytes);
  }

  #varint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.byte((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  #grow(extra: number): void {
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + extra));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
