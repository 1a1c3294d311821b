import { assert } from "../../catalog/errors.ts";
import type { Split } from "../../catalog/table.ts";
import type { StructField } from "../../catalog/types.ts";
import type { AddFile } from "../../delta/actions.ts";
import { physicalField } from "../../delta/column-mapping.ts";
import { canonicalPath } from "../../delta/file-paths.ts";
import { movedRowFields } from "../../delta/row-tracking.ts";
import type { ResultBatch } from "../../executor/result-batch.ts";
import { OpenParquetFile } from "../../executor/scan/parquet-file.ts";
import { ParquetFileRewriter, RewriteFormat } from "../../executor/write/parquet-rewriter.ts";
import { parseQuery } from "../../parser/parse.ts";
import { quoted } from "../object-names.ts";
import { parquetDecoder } from "../parquet-decoder.ts";
import type { RunOptions } from "../run-query.ts";
import type { Session } from "../session.ts";
import { localFileOf } from "../storages.ts";
import { takeRuns } from "../take-rows.ts";
import { DataFile, type DataFileTarget } from "./data-file.ts";
import { deletedRowsOf } from "./deletion-vectors.ts";
import { queryTarget, TARGET, targetTable, type TargetFiles } from "./row-changes.ts";
import type { FileEdits, RowEdits } from "./row-edits.ts";
import { dataFileTarget, hiddenFields, writtenPaths } from "./rows-to-files.ts";
import { deleteFiles, type WrittenFiles } from "./write-files.ts";

/** How the files of a statement are written anew with its edits, as far as rows of them are left. */
export interface RewritePlan {
  readonly target: TargetFiles;
  readonly format: RewriteFormat;
  /** Positions of the columns that files store, among those of moved rows: all but partition columns. */
  readonly stored: readonly number[];
  /** The columns themselves. */
  readonly fields: readonly StructField[];
  /** Files that are written anew one by one. */
  readonly large: readonly FilePlan[];
  /** Files whose rows go into new files together. */
  readonly small: readonly FilePlan[];
}

interface FilePlan {
  readonly index: number;
  readonly localPath: string;
  readonly bytes: number;
  readonly edits: FileEdits;
  readonly groups: readonly GroupPlan[];
  /** Stored columns that are encoded from rows, in those row groups that have any: positions among stored ones. */
  readonly encoded: readonly number[];
}

interface GroupPlan {
  readonly rows: number;
  readonly firstRow: number;
  readonly bytes: number;
  readonly handling: "copy" | "encode" | "drop";
}

/** Looks at the footers of the files with edits. */
export async function planRewrite(session: Session, target: TargetFiles, edits: RowEdits): Promise<RewritePlan> {
  const { snapshot, files } = target;
  const moved = movedRowFields(snapshot);
  const partitions = new Set(snapshot.metadata.partitionColumns.map((name) => name.toLowerCase()));
  const stored = moved.map((_, i) => i).filter((i) => !partitions.has(moved[i].name.toLowerCase()));
  const { compression } = dataFileTarget(session, snapshot.location, snapshot.fields, snapshot.metadata);
  const fields = stored.map((i) => snapshot.fields[i] ?? moved[i]);
  const format = await RewriteFormat.load(fields.map((field) => physicalField(field, snapshot.mapping)), parquetDecoder(), { compression });
  const ownFileBytes = session.settings.number("sparrow.delta.rewrite.minFileSize") ?? 0;
  const hidden = new Set(hiddenFields(snapshot).map(({ name }) => name));
  const large: FilePlan[] = [];
  const small: FilePlan[] = [];
  for (const index of edits.files()) {
    const { add } = files[index].file;
    const own = edits.ofFile(index, await deletedRowsOf(snapshot, add.deletionVector));
    const { path: localPath, bytes } = await localFileOf(files[index].file.path);
    const open = new OpenParquetFile(localPath, bytes, undefined);
    open.close();
    const { footer } = open;
    const isLarge = bytes >= ownFileBytes;
    // What files say of rows that were moved holds for these files only: it is not copied as it is.
    const copyable = format.copyable(footer).map((same, i) => same && !hidden.has(moved[stored[i]].name));
    const alwaysEncodes = !isLarge || copyable.includes(false);
    const groups = footer.rowGroups.map(({ rows, firstRow, chunks }): GroupPlan & { readonly loses: boolean } => {
      const left = own.rowsLeft(firstRow, rows);
      const handling = left === 0 ? "drop" : alwaysEncodes || left < rows || own.replacesIn(firstRow, firstRow + rows) ? "encode" : "copy";
      return { rows, firstRow, bytes: chunks.reduce((sum, chunk) => sum + chunk.compressedBytes, 0), handling, loses: left > 0 && left < rows };
    });
    if (groups.every(({ handling }) => handling === "drop")) continue;
    const all = stored.map((_, i) => i);
    const encoded = !isLarge || groups.some(({ loses }) => loses) ? all : all.filter((i) => !copyable[i] || edits.columns.includes(stored[i]));
    (isLarge ? large : small).push({ index, localPath, bytes, edits: own, groups, encoded });
  }
  return { target, format, stored, fields, large, small };
}

/** The rows that are left of small files, as they are to be, in the columns of moved rows. */
export async function* smallFileRows(session: Session, { target, small }: RewritePlan, options: RunOptions): AsyncGenerator<ResultBatch> {
  const columns = movedRowFields(target.snapshot).map((_, i) => i);
  for await (const { batches } of editedGroups(session, target, small, columns, options)) yield* batches;
}

/** Writes every large file anew. When it fails, no file is left. */
export async function rewriteLargeFiles(session: Session, plan: RewritePlan, options: RunOptions): Promise<WrittenFiles> {
  const { target, stored, large } = plan;
  const { snapshot } = target;
  const dataFiles: DataFileTarget = { ...dataFileTarget(session, snapshot.location, snapshot.fields, snapshot.metadata), hidden: hiddenFields(snapshot) };
  const byColumns = Map.groupBy(large, ({ encoded }) => encoded.join());
  const adds: AddFile[] = [];
  let rows = 0;
  try {
    for (const files of byColumns.values()) {
      const groups = editedGroups(session, target, files, files[0].encoded.map((i) => stored[i]), options);
      try {
        for (const file of files) {
          adds.push(await rewriteFile(plan, dataFiles, file, groups, adds.length));
          rows += rowsLeft(file);
        }
      } finally {
        await groups.return(undefined);
      }
    }
    return { adds, rows };
  } catch (error) {
    await deleteFiles(writtenPaths(snapshot, { adds, rows }));
    throw error;
  }
}

async function rewriteFile({ target, format, stored, fields }: RewritePlan, dataFiles: DataFileTarget, plan: FilePlan, groups: AsyncIterator<EditedGroup>, number: number): Promise<AddFile> {
  const { index, localPath, bytes, encoded } = plan;
  const { file } = target.files[index];
  const { path, partitionValues } = file.add;
  const encodes = new Set(encoded);
  const folder = /^(?:\/|[A-Za-z][\w+.-]*:)/.test(path) || !path.includes("/") ? "" : canonicalPath(path.slice(0, path.lastIndexOf("/")));
  const created = await DataFile.create(dataFiles, folder, fields, partitionValues, number);
  const old = new OpenParquetFile(localPath, bytes, undefined);
  try {
    const rewriter = new ParquetFileRewriter(old, format, (part) => created.object.append(part));
    for (const [rowGroup, { handling }] of plan.groups.entries()) {
      if (handling === "drop") continue;
      if (handling === "copy") rewriter.copy(rowGroup);
      else {
        const next = await groups.next();
        assert(next.done !== true, "every row group that is encoded has rows");
        for (const batch of next.value.batches) created.observe(batch, encoded);
        rewriter.replace(rowGroup, encoded, next.value.batches);
      }
    }
    // Whether a column that is copied has a NaN is not known from its chunks, but from the log, which has no bounds then.
    stored.forEach((column, i) => {
      if (!encodes.has(i) && (file.columns.get(column)?.min ?? null) === null) created.leaveUnbounded(i);
    });
    return await created.finish(rewriter.finish());
  } catch (error) {
    await created.object.abandon();
    throw error;
  } finally {
    old.close();
  }
}

function rowsLeft({ groups, edits }: FilePlan): number {
  return groups.reduce((sum, { firstRow, rows }) => sum + edits.rowsLeft(firstRow, rows), 0);
}

interface EditedGroup {
  readonly batches: readonly ResultBatch[];
}

/** The rows of the row groups that are encoded, as they are to be: some columns of those of moved rows, row group by row group. */
async function* editedGroups(session: Session, { snapshot, files }: TargetFiles, plans: readonly FilePlan[], columns: readonly number[], options: RunOptions): AsyncGenerator<EditedGroup> {
  const groups = plans.flatMap((plan) => plan.groups.flatMap((group, rowGroup) => (group.handling === "encode" ? [{ plan, group, rowGroup }] : [])));
  if (groups.length === 0) return;
  const read = groups.map(({ plan, group, rowGroup }) => {
    const { file } = files[plan.index];
    const { rows, firstRow, bytes } = group;
    const split: Split = { source: { kind: "parquet", path: file.path, localPath: plan.localPath, fileBytes: plan.bytes, modifiedMs: undefined, rowGroup, firstRow, fields: file.fields }, rows, bytes };
    return { file, splits: [split] };
  });
  const fields = movedRowFields(snapshot);
  const query = parseQuery(`SELECT ${columns.map((i) => quoted(fields[i].name)).join(", ")} FROM ${TARGET}`);
  let next = 0;
  let done = 0;
  let batches: ResultBatch[] = [];
  // Rows come in the order of the splits.
  for await (const batch of queryTarget(session, targetTable({ snapshot, files: read }), query, options)) {
    for (let from = 0; from < batch.rows; ) {
      const { plan, group } = groups[next];
      const to = Math.min(batch.rows, from + group.rows - done);
      batches.push(plan.edits.apply(takeRuns(batch, [from, to]), columns, group.firstRow + done));
      done += to - from;
      from = to;
      if (done < group.rows) continue;
      yield { batches };
      next++;
      done = 0;
      batches = [];
    }
  }
  assert(next === groups.length, `${groups.length - next} row groups had fewer rows than their footers say`);
}
