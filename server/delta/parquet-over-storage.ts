import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Storage } from "../../catalog/ports.ts";
import type { DeltaPorts } from "../../delta/ports.ts";
import { localStorage } from "../local-storage.ts";
import { checkpointFiles } from "./delta-tables.ts";

/** Parquet files of any storage. The decoder reads files of the local disk, so others are brought there first, one at a time. */
export function parquetOver(storage: Storage): DeltaPorts["parquet"] {
  if (storage === localStorage) return checkpointFiles;
  return {
    async readParquetRows(path, columns) {
      const bytes = await storage.read(path);
      const folder = await mkdtemp(join(tmpdir(), "sparrow-parquet-"));
      try {
        const local = join(folder, "file.parquet");
        await writeFile(local, bytes);
        return await checkpointFiles.readParquetRows(local, columns);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    encodeParquetRows: checkpointFiles.encodeParquetRows,
  };
}
