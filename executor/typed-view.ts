interface TypedArrayConstructor<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
}

/** The bytes as numbers; copied only when they do not lie aligned. */
export function typedView<T>(bytes: Uint8Array, array: TypedArrayConstructor<T>): T {
  const { BYTES_PER_ELEMENT: size } = array;
  const source = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return new array(source.buffer, source.byteOffset, Math.floor(source.byteLength / size));
}
