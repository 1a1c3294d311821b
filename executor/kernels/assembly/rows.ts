/** Some rows of a column, by ascending uint32 row numbers. Addresses may be of a row 0 that lies before the memory that is there: only rows that are asked for are read. */

@inline
function gather<T>(data: u32, rows: u32, count: u32, to: u32): void {
  for (let i: u32 = 0; i < count; i++) store<T>(to + i * sizeof<T>(), load<T>(data + load<u32>(rows + (i << 2)) * sizeof<T>()));
}

export function rows_gather_1(data: u32, rows: u32, count: u32, to: u32): void {
  gather<u8>(data, rows, count, to);
}

export function rows_gather_2(data: u32, rows: u32, count: u32, to: u32): void {
  gather<u16>(data, rows, count, to);
}

export function rows_gather_4(data: u32, rows: u32, count: u32, to: u32): void {
  gather<u32>(data, rows, count, to);
}

export function rows_gather_8(data: u32, rows: u32, count: u32, to: u32): void {
  gather<u64>(data, rows, count, to);
}

export function rows_gather_16(data: u32, rows: u32, count: u32, to: u32): void {
  for (let i: u32 = 0; i < count; i++) v128.store(to + (i << 4), v128.load(data + (load<u32>(rows + (i << 2)) << 4)));
}

/** Of a bitmap into a zeroed one; how many bits are set. */
export function rows_gather_bits(bits: u32, rows: u32, count: u32, to: u32): i32 {
  let set: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const row = load<u32>(rows + (i << 2));
    const bit = ((<u32>load<u8>(bits + (row >> 3))) >> (row & 7)) & 1;
    store<u8>(to + (i >> 3), load<u8>(to + (i >> 3)) | <u8>(bit << (i & 7)));
    set += bit;
  }
  return set;
}

/** What a dictionary has for the codes of some rows. */
export function rows_look_up_4(codes: u32, rows: u32, count: u32, dictionary: u32, to: u32): void {
  for (let i: u32 = 0; i < count; i++) store<u32>(to + (i << 2), load<u32>(dictionary + (load<u32>(codes + (load<u32>(rows + (i << 2)) << 2)) << 2)));
}

export function rows_look_up_8(codes: u32, rows: u32, count: u32, dictionary: u32, to: u32): void {
  for (let i: u32 = 0; i < count; i++) store<u64>(to + (i << 3), load<u64>(dictionary + (load<u32>(codes + (load<u32>(rows + (i << 2)) << 2)) << 3)));
}
