import { ParquetDecoder } from "../executor/scan/parquet-decoder.ts";
import { loadParquetWasm } from "../executor/scan/parquet-wasm.ts";

let decoder: ParquetDecoder | undefined;

/** This thread's parquet-wasm instance, for writing. */
export function parquetDecoder(): ParquetDecoder {
  decoder ??= new ParquetDecoder(loadParquetWasm);
  return decoder;
}
