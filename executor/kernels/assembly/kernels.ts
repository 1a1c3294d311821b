// The module: every exported kernel, by topic.
export * from "./bytes";
export * from "./numbers";
export { result_high, set_result_high, decimal_multiply, decimal_multiply_power, decimal_divide, decimal_remainder, decimal_positive_remainder, decimal_round, decimal_truncate } from "./decimals";
export * from "./parquet";
export * from "./rows";
export * from "./snappy";
export * from "./hashing";
export * from "./sorting";
export * from "./text";
export * from "./zones";
