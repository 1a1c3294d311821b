import { InternalError } from "../../catalog/errors.ts";
import type { Split } from "../../catalog/table.ts";
import { ArrowSplitReader } from "./arrow-reader.ts";
import { CsvSplitReader } from "./csv-reader.ts";
import { JsonSplitReader } from "./json-reader.ts";
import { ParquetSplitReader } from "./parquet-reader.ts";
import type { ScanContext, SplitReader, WantedColumn } from "./scan-context.ts";

/** Opens a split for reading on this thread. Columns come in the order of `wanted`. */
export function readSplit(split: Split, wanted: readonly WantedColumn[], context: ScanContext): SplitReader {
  const { source } = split;
  switch (source.kind) {
    case "parquet":
      return new ParquetSplitReader(source, wanted, context);
    case "csv":
      return new CsvSplitReader(source, wanted, context);
    case "json":
      return new JsonSplitReader(source, wanted, context);
    case "arrow":
    case "ipc":
      return new ArrowSplitReader(source, wanted, context);
    case "parquetFile":
      throw new InternalError("a whole file is cut into row groups before it is read");
    case "cachedFile":
      throw new InternalError("a cached batch has no fields: it is read by position");
    case "cached":
      throw new InternalError("a cached split is not read: its columns lie in the pool");
  }
}
