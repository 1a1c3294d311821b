import { closeSync, openSync, writeSync } from "node:fs";
import { mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { SparrowError } from "../catalog/errors.ts";
import type { StructField } from "../catalog/types.ts";
import type { ResultBatch } from "../executor/result-batch.ts";
import { listDataFiles } from "../executor/scan/file-listing.ts";
import type { FileSink, FileWriter } from "../executor/write/file-writer.ts";
import { splitByPartition } from "./partition-batches.ts";

/** Where rows go, and in which form. */
export interface WriteTarget {
  readonly format: string;
  /** Absolute folder. */
  readonly location: string;
  readonly fields: readonly StructField[];
  /** Names of fields that become folders (`p=1/`) instead of being stored. */
  readonly partitionColumns: readonly string[];
  readonly options: Readonly<Record<string, string>>;
  /** Codec where the options name none. */
  readonly compression: string;
}

/** `append` leaves what is there. `overwrite` replaces files below the prefix folder (`p=1`, or everything); `dynamic` those of partitions that get rows. */
export type WriteMode = { readonly kind: "append" } | { readonly kind: "overwrite"; readonly prefix: string } | { readonly kind: "dynamic" };

interface OpenFile {
  readonly writer: FileWriter;
  readonly handle: number;
  readonly temporary: string;
  readonly final: string;
}

/**
 * Writes rows as new files of a table. They are written under hidden names and get their own at the end, then files that they replace are deleted:
 * a reader sees the old files, perhaps the new ones too, never half a file; and a query may read the table that it overwrites.
 */
export async function writeTable(target: WriteTarget, mode: WriteMode, batches: AsyncIterable<ResultBatch>): Promise<{ readonly rows: number }> {
  const replaced = mode.kind === "append" ? [] : await existingFiles(target.location);
  const run = crypto.randomUUID();
  const open = new Map<string, OpenFile>();
  let rows = 0;
  try {
    for await (const batch of batches) {
      rows += batch.rows;
      for (const part of splitByPartition(batch, target.fields, target.partitionColumns)) {
        // Each partition of the result has files of its own.
        const key = `${batch.partition ?? ""} ${part.folder}`;
        const file = open.get(key) ?? (await openFile(target, part.folder, part.fields, run, open.size));
        open.set(key, file);
        file.writer.append(part.batch);
      }
    }
    for (const file of open.values()) file.writer.finish();
  } catch (error) {
    for (const file of open.values()) await discard(file);
    throw error;
  }
  for (const file of open.values()) closeSync(file.handle);
  await mkdir(target.location, { recursive: true });
  for (const file of open.values()) await rename(file.temporary, file.final);
  const folders = new Set([...open.values()].map((file) => dirname(file.final)));
  for (const path of replaced) if (isReplaced(path, target.location, mode, folders)) await deleteFile(path, target.location);
  return { rows };
}

function isReplaced(path: string, location: string, mode: WriteMode, folders: ReadonlySet<string>): boolean {
  switch (mode.kind) {
    case "append":
      return false;
    case "overwrite":
      return mode.prefix === "" || path.startsWith(`${join(location, mode.prefix)}/`);
    case "dynamic":
      return folders.has(dirname(path));
  }
}

async function existingFiles(location: string): Promise<string[]> {
  try {
    return (await listDataFiles(location)).map((file) => file.path);
  } catch (error) {
    if (error instanceof SparrowError && error.condition === "PATH_NOT_FOUND") return [];
    throw error;
  }
}

/** Deletes a file, and the partition folders that it leaves empty. */
async function deleteFile(path: string, location: string): Promise<void> {
  await rm(path, { force: true });
  for (let folder = dirname(path); folder.length > location.length; folder = dirname(folder)) {
    if ((await readdir(folder)).length > 0) return;
    await rmdir(folder);
  }
}

async function openFile(target: WriteTarget, folder: string, fields: readonly StructField[], run: string, number: number): Promise<OpenFile> {
  const path = join(target.location, folder);
  await mkdir(path, { recursive: true });
  const name = `part-${String(number).padStart(5, "0")}-${run}`;
  const temporary = join(path, `.${name}.tmp`);
  const handle = openSync(temporary, "wx");
  const sink: FileSink = (bytes) => {
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
  };
  try {
    const { writer, ending } = await openWriter(target, fields, sink);
    return { writer, handle, temporary, final: join(path, `${name}${ending}`) };
  } catch (error) {
    await discard({ handle, temporary });
    throw error;
  }
}

async function discard({ handle, temporary }: Pick<OpenFile, "handle" | "temporary">): Promise<void> {
  closeSync(handle);
  await rm(temporary, { force: true });
}

async function openWriter(target: WriteTarget, fields: readonly StructField[], sink: FileSink): Promise<{ readonly writer: FileWriter; readonly ending: string }> {
  switch (target.format) {
    case "parquet": {
      const { ParquetFileWriter } = await import("../executor/write/parquet-writer.ts");
      const { parquetDecoder } = await import("./parquet-decoder.ts");
      const compression = parquetCodec(target.options.compression ?? target.compression);
      const ending = compression === "uncompressed" ? ".parquet" : `.${compression}.parquet`;
      return { writer: await ParquetFileWriter.open(fields, parquetDecoder(), sink, { compression }), ending };
    }
    case "csv": {
      const { CsvFileWriter } = await import("../executor/write/csv-writer.ts");
      return { writer: new CsvFileWriter(fields, sink, target.options), ending: ".csv" };
    }
    case "json": {
      const { JsonFileWriter } = await import("../executor/write/json-writer.ts");
      return { writer: new JsonFileWriter(fields, sink, target.options), ending: ".json" };
    }
    case "arrow": {
      const { ArrowStreamWriter } = await import("../executor/write/arrow-writer.ts");
      return { writer: await ArrowStreamWriter.open(fields, sink), ending: ".arrow" };
    }
  }
  throw new SparrowError("UNSUPPORTED_FEATURE.WRITE_FORMAT", "0A000", `The feature is not supported: writing ${target.format} files.`, { format: target.format });
}

const PARQUET_CODECS = ["uncompressed", "snappy", "gzip", "brotli", "zstd", "lz4_raw"] as const;

/** A codec by Spark's name. Raises CODEC_NOT_AVAILABLE. */
export function parquetCodec(name: string): (typeof PARQUET_CODECS)[number] {
  const wanted = name.toLowerCase() === "none" ? "uncompressed" : name.toLowerCase();
  const found = PARQUET_CODECS.find((codec) => codec === wanted);
  if (found !== undefined) return found;
  throw new SparrowError("CODEC_NOT_AVAILABLE.WITH_AVAILABLE_CODECS_SUGGESTION", "56038", `The codec ${name} is not available. Available codecs are ${PARQUET_CODECS.join(", ")}.`, { codecName: name, availableCodecs: PARQUET_CODECS.join(", ") });
}
