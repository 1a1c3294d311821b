import type { FunctionType } from "../wasm/function-builder.ts";
import type { ValType } from "../wasm/instructions.ts";

function signature(params: string, result: ValType | undefined): FunctionType {
  return { params: params === "" ? [] : (params.split(" ") as ValType[]), results: result === undefined ? [] : [result] };
}

/**
 * Kernels written in AssemblyScript (`assembly/`). Those that give 128 bits return the low half and keep the high half for `result_high`, to be asked for at
 * once; a high half of -2^63 says that the result exceeds 38 digits.
 */
const ASSEMBLED: Readonly<Record<string, FunctionType>> = {
  /** (to, from, bytes) */
  copy_bytes: signature("i32 i32 i32", undefined),
  /** (a, b, bytes): 1 when equal */
  memequal: signature("i32 i32 i32", "i32"),
  /** (a, bytes of a, b, bytes of b): -1, 0, 1 */
  memcompare: signature("i32 i32 i32 i32", "i32"),
  /** (address, bytes): 64-bit hash, for more than 8 bytes */
  hash_bytes: signature("i32 i32", "i64"),
  /** (entries of {u64 key, 8 bytes}, count, scratch of 16 * count + 8192 bytes): sorted by unsigned key, stable */
  sort_pairs: signature("i32 i32 i32", undefined),
  /** (records, count, stride, bounds, their number, places of buckets, counting) */
  distribute_records: signature("i32 i32 i32 i32 i32 i32 i32", undefined),
  /** (words, count, index): the unsigned word at the index in order */
  select_word: signature("i32 i32 i32", "i64"),
  /** (first node, to): how many words */
  gather_words: signature("i32 i32", "i32"),
  /** (source, bytes, to, capacity): bytes, or -1 as all of Parquet's kernels answer for malformed bytes */
  snappy_uncompress: signature("i32 i32 i32 i32", "i32"),
  /** (source, end, bits of a code, count, entries, to) */
  parquet_codes: signature("i32 i32 i32 i32 i32 i32", "i32"),
  /** (source, end, bits of a code, count, dictionary, entries, to) */
  parquet_gather_4: signature("i32 i32 i32 i32 i32 i32 i32", "i32"),
  parquet_gather_8: signature("i32 i32 i32 i32 i32 i32 i32", "i32"),
  /** (source, end, count, bitmap, first bit): how many are set */
  parquet_validity: signature("i32 i32 i32 i32 i32", "i32"),
  /** (values, bitmap, first bit, rows, values that are there) */
  parquet_spread_4: signature("i32 i32 i32 i32 i32", undefined),
  parquet_spread_8: signature("i32 i32 i32 i32 i32", undefined),
  /** (source, end, count, bytes, total, ends): total */
  parquet_strings: signature("i32 i32 i32 i32 i32 i32", "i32"),
  /** (bytes, their number, ends, strings): 0 or 1 */
  parquet_utf8_valid: signature("i32 i32 i32 i32", "i32"),
  /** (codes, count, offsets): bytes */
  parquet_coded_size: signature("i32 i32 i32", "i32"),
  /** (codes, count, offsets, entries, bytes, total, ends): total */
  parquet_coded_strings: signature("i32 i32 i32 i32 i32 i32 i32", "i32"),
  /** (column, row numbers, count, to) */
  rows_gather_1: signature("i32 i32 i32 i32", undefined),
  rows_gather_2: signature("i32 i32 i32 i32", undefined),
  rows_gather_4: signature("i32 i32 i32 i32", undefined),
  rows_gather_8: signature("i32 i32 i32 i32", undefined),
  rows_gather_16: signature("i32 i32 i32 i32", undefined),
  /** (bitmap, row numbers, count, to): how many are set */
  rows_gather_bits: signature("i32 i32 i32 i32", "i32"),
  /** (codes, row numbers, count, dictionary, to) */
  rows_look_up_4: signature("i32 i32 i32 i32 i32", undefined),
  rows_look_up_8: signature("i32 i32 i32 i32 i32", undefined),
  /** (bitmap, bits): how many are set */
  count_bits: signature("i32 i32", "i32"),
  /** (text, bytes): characters */
  utf8_length: signature("i32 i32", "i32"),
  /** (text, bytes, characters): bytes of the first characters */
  utf8_offset: signature("i32 i32 i32", "i32"),
  /** (text, bytes, position, length): offset << 32 | bytes */
  substring_range: signature("i32 i32 i32 i32", "i64"),
  /** (text, bytes, needle, bytes, from): index or -1 */
  find: signature("i32 i32 i32 i32 i32", "i32"),
  /** (needle, bytes, text, bytes, start): 1-based character position or 0 */
  locate: signature("i32 i32 i32 i32 i32", "i32"),
  /** (text, bytes, prepared pattern, bytes): 0 or 1 */
  like_match: signature("i32 i32 i32 i32", "i32"),
  /** (text, bytes, to, upper): 0 where a byte is not ASCII */
  ascii_case: signature("i32 i32 i32 i32", "i32"),
  reverse_text: signature("i32 i32 i32", undefined),
  /** (text, bytes, characters to cut, bytes, sides: 1 start, 2 end): offset << 32 | bytes */
  trim_range: signature("i32 i32 i32 i32 i32", "i64"),
  /** (text, bytes, search, bytes, bytes of the replacement): bytes */
  replace_size: signature("i32 i32 i32 i32 i32", "i32"),
  /** (text, bytes, search, bytes, replacement, bytes, to) */
  replace_into: signature("i32 i32 i32 i32 i32 i32 i32", undefined),
  /** (text, bytes, characters, padding, bytes): bytes */
  padded_size: signature("i32 i32 i32 i32 i32", "i32"),
  /** (text, bytes, padded size, padding, bytes, to, left) */
  pad_into: signature("i32 i32 i32 i32 i32 i32 i32", undefined),
  first_code_point: signature("i32 i32", "i32"),
  /** (text, bytes, delimiter, bytes, count): offset << 32 | bytes */
  substring_index_range: signature("i32 i32 i32 i32 i32", "i64"),
  /** (text, bytes, table): 0 or 1 */
  in_text_set: signature("i32 i32 i32", "i32"),
  /** (table of changes, seconds): offset in seconds, or -2^31 outside of the table */
  zone_offset: signature("i32 i64", "i32"),
  /** (table of changes, local seconds): offset to take off, or -2^31 outside of the table */
  zone_local_offset: signature("i32 i64", "i32"),
  /** (text, bytes); result_high: 0, or 1 where the text is not plain digits with a sign */
  parse_long: signature("i32 i32", "i64"),
  parse_double: signature("i32 i32", "f64"),
  /** (text, bytes, scale) */
  parse_decimal: signature("i32 i32 i32", "i64"),
  /** (text, bytes): 0, 1, or 2 where the text is neither true nor false */
  parse_boolean: signature("i32 i32", "i32"),
  /** (text, bytes): days, local microseconds; -2^63 where the text is not in the plain form */
  parse_date: signature("i32 i32", "i64"),
  parse_timestamp: signature("i32 i32", "i64"),
  /** (value, to): bytes written, at most 20 */
  write_long: signature("i64 i32", "i32"),
  /** (value, scale, to): at most 41 */
  write_decimal: signature("i64 i64 i32 i32", "i32"),
  /** (days, to), (local microseconds, to): at most 26; 0 for years of more than four digits */
  write_date: signature("i32 i32", "i32"),
  write_timestamp: signature("i64 i32", "i32"),
  /** (value, to): at most 10; 0 for other than small whole numbers */
  write_double: signature("f64 i32", "i32"),
  /** (value, seed) and (text, bytes, seed): Spark's hash functions */
  murmur3_int: signature("i32 i32", "i32"),
  murmur3_long: signature("i64 i32", "i32"),
  murmur3_bytes: signature("i32 i32 i32", "i32"),
  xxhash64_int: signature("i32 i64", "i64"),
  xxhash64_long: signature("i64 i64", "i64"),
  xxhash64_bytes: signature("i32 i32 i64", "i64"),
  result_high: signature("", "i64"),
  /** (a, b, digits): a * b / 10^digits, half up */
  decimal_multiply: signature("i64 i64 i64 i64 i32", "i64"),
  /** (a, digits): a * 10^digits */
  decimal_multiply_power: signature("i64 i64 i32", "i64"),
  /** (a, b, digits): a * 10^digits / b, half up; 0 when b is 0; digits may be negative */
  decimal_divide: signature("i64 i64 i64 i64 i32", "i64"),
  decimal_remainder: signature("i64 i64 i64 i64", "i64"),
  decimal_positive_remainder: signature("i64 i64 i64 i64", "i64"),
  /** (a, digits): a / 10^digits, half up */
  decimal_round: signature("i64 i64 i32", "i64"),
  /** (a, digits): a / 10^digits, toward zero */
  decimal_truncate: signature("i64 i64 i32", "i64"),
};

/** What needs JavaScript: see host-functions.ts. */
const HOSTED: Readonly<Record<string, FunctionType>> = {
  /** (text, bytes, to): bytes written, at most three times as many */
  upper_text: signature("i32 i32 i32", "i32"),
  lower_text: signature("i32 i32 i32", "i32"),
  /** (zone's name, bytes, seconds) */
  zone_offset_by_name: signature("i32 i32 i64", "i32"),
  zone_local_offset_by_name: signature("i32 i32 i64", "i32"),
  /** (text, bytes, 1 for legacy mode); result_high: 0, or 1 where it is malformed or exceeds 64 bits */
  text_to_long: signature("i32 i32 i32", "i64"),
  text_to_double: signature("i32 i32", "f64"),
  /** (text, bytes, scale): 128 bits; high half -2^63 for malformed text and too many digits */
  text_to_decimal: signature("i32 i32 i32", "i64"),
  /** 0, 1, or 2 where it is malformed */
  text_to_boolean: signature("i32 i32", "i32"),
  /** -2^63 where it is malformed; timestamps: (text, bytes, zone's name, bytes) */
  text_to_date: signature("i32 i32", "i64"),
  text_to_timestamp: signature("i32 i32 i32 i32", "i64"),
  text_to_timestamp_ntz: signature("i32 i32", "i64"),
  /** (value, to): bytes written, at most 32 */
  double_text: signature("f64 i32", "i32"),
  float_text: signature("f64 i32", "i32"),
  date_text: signature("i32 i32", "i32"),
  timestamp_text: signature("i64 i32", "i32"),
  ...Object.fromEntries(["cbrt", "exp", "expm1", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "ln", "log10", "log2", "log1p"].map((name) => [`math_${name}`, signature("f64", "f64")])),
  math_power: signature("f64 f64", "f64"),
  math_atan2: signature("f64 f64", "f64"),
  /** (value, digits): half up by the digits of its text */
  round_double: signature("f64 i32", "f64"),
  /** (a, bytes, b, bytes, type as JSON, bytes): -1, 0, 1 */
  hash_value: signature("i32 i32 i32 i32", "i64"),
  compare_values: signature("i32 i32 i32 i32 i32 i32", "i32"),
  float_remainder: signature("f64 f64", "f64"),
  float_positive_remainder: signature("f64 f64", "f64"),
  decimal_to_double: signature("i64 i64 i32", "f64"),
  decimal_to_float: signature("i64 i64 i32", "f64"),
  double_to_decimal: signature("f64 i32", "i64"),
};

/** Every function that compiled code may import from module `kernels`, by name. */
export const kernelSignatures: Readonly<Record<string, FunctionType>> = { ...ASSEMBLED, ...HOSTED };
