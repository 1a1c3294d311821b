import { assert, SparrowError } from "../../../catalog/errors.ts";
import type { AddFile } from "../../../delta/actions.ts";
import { clusteringColumns, columnName, filesToCluster, inZCube } from "../../../delta/clustering.ts";
import { isConflict } from "../../../delta/conflicts.ts";
import { byPartition, compactionBins, type FileBin, packed } from "../../../delta/file-bins.ts";
import { canonicalPath } from "../../../delta/file-paths.ts";
import { findLeaf, hasBounds, indexedLeaves, type LeafColumn, leafColumns } from "../../../delta/indexed-columns.ts";
import { additionOf, removalOf } from "../../../delta/remove-file.ts";
import { movedRowFields } from "../../../delta/row-tracking.ts";
import type { DeltaSnapshot } from "../../../delta/snapshot.ts";
import { checkWrite } from "../../../delta/write-requirements.ts";
import type { AstExpr, Statement } from "../../../parser/ast.ts";
import { parseQuery } from "../../../parser/parse.ts";
import { commitStatement, rerunOnConflict } from "../../delta/commit-statement.ts";
import { curveOrder } from "../../delta/curve-order.ts";
import { liveRows } from "../../delta/delta-provider.ts";
import type { DeltaTarget } from "../../delta/delta-target.ts";
import { fromTarget, matchingRows, queryTarget, type TargetFiles, targetFiles, targetTable } from "../../delta/row-changes.ts";
import { dataFileTarget, hiddenFields } from "../../delta/rows-to-files.ts";
import { deleteFiles, writeDataFiles } from "../../delta/write-files.ts";
import { partsOf, quoted } from "../../object-names.ts";
import type { RunOptions } from "../../run-query.ts";
import type { Session } from "../../session.ts";
import type { StatementResult } from "../../statement-result.ts";
import { valueResult } from "../../value-batch.ts";
import { OPTIMIZE_COLUMNS, optimizeMetrics, type OptimizeOutcome, optimizeRow } from "./optimize-result.ts";

type Optimize = Extract<Statement, { kind: "optimize" }>;

/** Which files are written anew, and how their rows are laid out. */
export type Layout =
  | { readonly kind: "compaction" }
  /** REORG: files that hold what the table has no more. */
  | { readonly kind: "purge"; readonly files: ReadonlySet<AddFile> }
  | { readonly kind: "zOrder"; readonly columns: readonly LeafColumn[] }
  | { readonly kind: "clustering"; readonly columns: readonly LeafColumn[]; readonly full: boolean };

/**
 * OPTIMIZE: small files of each partition become large ones, and files with deleted rows are written without them. ZORDER BY writes all files anew with their rows
 * along a Z-order curve; a clustered table has files that are not clustered yet written along a Hilbert curve. No row changes, so it is in nobody's way who adds rows.
 */
export async function runOptimize(session: Session, target: DeltaTarget, statement: Optimize, options: RunOptions): Promise<StatementResult> {
  return layFilesOut(session, target, statement.where, (snapshot) => layoutOf(snapshot, statement, quoted(...target.name)), options);
}

/** Writes files anew in a layout that is chosen by the table's state, and gives OPTIMIZE's result. */
export async function layFilesOut(session: Session, target: DeltaTarget, where: AstExpr | undefined, choose: (snapshot: DeltaSnapshot) => Layout | Promise<Layout>, options: RunOptions): Promise<StatementResult> {
  const outcome = await rerunOnConflict(() => layOutOnce(session, target, where, choose, options));
  return valueResult(OPTIMIZE_COLUMNS, [optimizeRow(outcome)]);
}

async function layOutOnce(session: Session, { log }: DeltaTarget, where: AstExpr | undefined, choose: (snapshot: DeltaSnapshot) => Layout | Promise<Layout>, options: RunOptions): Promise<OptimizeOutcome> {
  const startedMs = Date.now();
  const snapshot = await log.latest();
  checkWrite(snapshot, "append");
  const layout = await choose(snapshot);
  if (where !== undefined) requirePartitionPredicate(snapshot, where);
  const all = await targetFiles(session, snapshot);
  const considered = where === undefined ? all.files.map((_, index) => index) : [...(await matchingRows(session, all, where, "target", options)).keys()];
  const candidates = considered.map((index) => all.files[index].file.add);
  const bins = binsOf(session, all, layout, candidates);
  const removed = bins.flat();
  const outcome = { snapshot, considered: candidates, removed, partitions: byPartition(removed).size, bins: bins.length, layout: layout.kind, startedMs };
  if (removed.length === 0) return { ...outcome, added: [] };

  const added: AddFile[] = [];
  const discard = (): Promise<void> => deleteFiles(added.map((add) => `${log.location}/${canonicalPath(add.path)}`));
  try {
    for (const round of rounds(bins)) added.push(...(await rewrite(session, all, layout, round, options)));
  } catch (error) {
    await discard();
    throw error;
  }
  const now = Date.now();
  try {
    await commitStatement(session, log, {
      snapshot,
      actions: [...removed.map((file) => removalOf(file, false, now)), ...added.map(additionOf)],
      // Files that others add meanwhile are none of its business, for it says nothing about the table's rows.
      reads: { wholeTable: false, files: new Set(removed.map((file) => canonicalPath(file.path))) },
      operation: layout.kind === "purge" ? "REORG" : "OPTIMIZE",
      operationParameters: { predicate: JSON.stringify(where === undefined ? [] : [options.text?.slice(where.span.start, where.span.end) ?? ""]), ...layoutParameters(layout) },
      operationMetrics: optimizeMetrics(removed, added),
    });
  } catch (error) {
    if (isConflict(error)) await discard();
    throw error;
  }
  return { ...outcome, added };
}

/** What `operationParameters` say of a layout. */
function layoutParameters(layout: Layout): Readonly<Record<string, unknown>> {
  const names = (columns: readonly LeafColumn[]): string => JSON.stringify(columns.map(columnName));
  switch (layout.kind) {
    case "compaction":
      return { zOrderBy: "[]", auto: false };
    case "zOrder":
      return { zOrderBy: names(layout.columns), auto: false };
    case "clustering":
      return { zOrderBy: "[]", clusterBy: names(layout.columns), isFull: layout.full, auto: false };
    case "purge":
      return { applyPurge: true };
  }
}

/** Raises DELTA_CLUSTERING_WITH_PARTITION_PREDICATE, DELTA_CLUSTERING_WITH_ZORDER_BY, DELTA_OPTIMIZE_FULL_NOT_SUPPORTED and what `zOrderColumns` does. */
function layoutOf(snapshot: DeltaSnapshot, { where, zOrderBy, full }: Optimize, table: string): Layout {
  const clustered = clusteringColumns(snapshot);
  if (clustered !== undefined && where !== undefined) throw new SparrowError("DELTA_CLUSTERING_WITH_PARTITION_PREDICATE", "0A000", `OPTIMIZE of the clustered table ${table} takes no WHERE: it has no partitions.`, { predicates: table }, { span: where.span });
  if (clustered !== undefined && zOrderBy.length > 0) throw new SparrowError("DELTA_CLUSTERING_WITH_ZORDER_BY", "42613", `OPTIMIZE of the clustered table ${table} takes no ZORDER BY: it is laid out by its clustering columns.`, { zOrderBy: zOrderBy.map((column) => partsOf(column).join(".")).join(", ") }, { span: zOrderBy[0].span });
  if (full && (clustered === undefined || clustered.length === 0)) throw new SparrowError("DELTA_OPTIMIZE_FULL_NOT_SUPPORTED", "42601", `OPTIMIZE FULL is only supported for clustered tables with clustering columns, and ${table} has none.`, {});
  if (clustered !== undefined && clustered.length > 0) return { kind: "clustering", columns: clustered, full };
  return zOrderBy.length === 0 ? { kind: "compaction" } : { kind: "zOrder", columns: zOrderColumns(snapshot, zOrderBy) };
}

function zOrderColumns({ fields, metadata }: DeltaSnapshot, names: Optimize["zOrderBy"]): readonly LeafColumn[] {
  const partitions = new Set(metadata.partitionColumns.map((name) => name.toLowerCase()));
  const stored = fields.filter((field) => !partitions.has(field.name.toLowerCase()));
  const leaves = leafColumns(stored);
  const indexed = indexedLeaves(stored, metadata.configuration).map(columnName);
  return names.map((name) => {
    const parts = partsOf(name);
    const colName = parts.join(".");
    if (partitions.has(colName.toLowerCase())) throw new SparrowError("DELTA_ZORDERING_ON_PARTITION_COLUMN", "42P10", `${colName} is a partition column. Z-Ordering can only be performed on data columns.`, { colName }, { span: name.span });
    const leaf = findLeaf(leaves, parts);
    if (leaf === undefined) throw new SparrowError("DELTA_ZORDERING_COLUMN_DOES_NOT_EXIST", "42703", `Z-Ordering column ${colName} does not exist in the data schema.`, { columnName: colName }, { span: name.span });
    if (indexed.includes(columnName(leaf)) && hasBounds(leaf.type)) return leaf;
    throw new SparrowError("DELTA_ZORDERING_ON_COLUMN_WITHOUT_STATS", "KD00D", `Z-Ordering by ${colName} is of no use, because the table's files have no bounds of it.`, { cols: colName, zorderColStatKey: "delta.dataSkippingNumIndexedCols" }, { span: name.span });
  });
}

function binsOf(session: Session, all: TargetFiles, layout: Layout, candidates: readonly AddFile[]): FileBin[] {
  const bytes = (name: string): number => Number(session.settings.value(`spark.databricks.delta.optimize.${name}`));
  switch (layout.kind) {
    case "compaction": {
      const rows = new Map(all.files.map(({ file }) => [file.add, file.rows]));
      const limits = { minFileBytes: bytes("minFileSize"), maxFileBytes: bytes("maxFileSize"), maxDeletedRatio: Number(session.settings.value("spark.databricks.delta.optimize.maxDeletedRowsRatio")) };
      return compactionBins(candidates, limits, (file) => rows.get(file));
    }
    case "purge":
      return [...byPartition(candidates.filter((file) => layout.files.has(file))).values()].flatMap((group) => packed(group, bytes("maxFileSize")));
    case "zOrder":
      return [...byPartition(candidates).values()];
    case "clustering": {
      const minCubeBytes = bytes("clustering.mergeStrategy.minCubeSize.threshold");
      const files = filesToCluster(candidates, layout.columns.map(columnName), layout.full, minCubeBytes);
      return packed(files, Math.max(minCubeBytes, bytes("clustering.mergeStrategy.minCubeSize.targetCubeSize")));
    }
  }
}

/** Bins of different partitions are written by one query, for rows find their file by their partition; bins of one partition one after the other. */
function rounds(bins: readonly FileBin[]): FileBin[] {
  const all: AddFile[][] = [];
  const next = new Map<string, number>();
  for (const bin of bins) {
    const [partition] = byPartition(bin).keys();
    const round = next.get(partition) ?? 0;
    next.set(partition, round + 1);
    (all[round] ??= []).push(...bin);
  }
  return all;
}

/** Writes the rows of some files anew. */
async function rewrite(session: Session, all: TargetFiles, layout: Layout, files: FileBin, options: RunOptions): Promise<readonly AddFile[]> {
  const { snapshot } = all;
  const wanted = new Set(files);
  const chosen = new Set(all.files.flatMap(({ file }, index) => (wanted.has(file.add) ? [index] : [])));
  assert(chosen.size === files.length, "every file of a bin is one of the table's");
  const columns = movedRowFields(snapshot).map((field) => quoted("target", field.name)).join(", ");
  const keepsOrder = layout.kind === "compaction" || layout.kind === "purge";
  const order = keepsOrder ? "" : ` ORDER BY ${await curveOrder(session, all, chosen, layout.columns, layout.kind === "zOrder" ? "zOrder" : "hilbert", options)}`;
  const batches = queryTarget(session, targetTable(all, chosen), parseQuery(`SELECT ${columns} ${fromTarget("target")}${order}`), options);
  const target = { ...dataFileTarget(session, snapshot.location, snapshot.fields, snapshot.metadata, false), hidden: hiddenFields(snapshot) };
  const { adds } = await writeDataFiles(keepsOrder ? target : { ...target, maxRows: rowsPerFile(session, all, chosen) }, batches);
  if (layout.kind !== "clustering") return adds;
  const cube = { id: crypto.randomUUID(), columns: layout.columns.map(columnName) };
  return adds.map((add) => inZCube(add, cube));
}

/** As many rows as a file of the wanted size has, by the size of the rows as they are. */
export function rowsPerFile(session: Session, { files }: TargetFiles, chosen: ReadonlySet<number>): number {
  const rows = [...chosen].reduce((sum, index) => sum + liveRows(files[index]), 0);
  const bytes = [...chosen].reduce((sum, index) => sum + files[index].file.add.size, 0);
  const count = Math.max(1, Math.round(bytes / Number(session.settings.value("spark.databricks.delta.optimize.maxFileSize"))));
  return Math.max(1, Math.ceil(rows / count));
}

/** Rows of one file must all be in or out: WHERE may name partition columns only. */
function requirePartitionPredicate({ metadata, fields }: DeltaSnapshot, where: AstExpr): void {
  const partitions = new Set(metadata.partitionColumns.map((name) => name.toLowerCase()));
  const visit = (node: unknown): void => {
    if (node === null || typeof node !== "object") return;
    if ("kind" in node && node.kind === "name") {
      const { name } = node as unknown as Extract<AstExpr, { kind: "name" }>;
      const column = name.parts[name.parts.length - 1].name;
      if (fields.some((field) => field.name.toLowerCase() === column.toLowerCase()) && !partitions.has(column.toLowerCase())) {
        throw new SparrowError("DELTA_NON_PARTITION_COLUMN_REFERENCE", "42P10", `Predicate references non-partition column '${column}'. Only the partition columns may be referenced: [${metadata.partitionColumns.join(", ")}].`, { columnName: column, columnList: metadata.partitionColumns.join(", ") }, { span: name.span });
      }
    }
    for (const child of Object.values(node)) visit(child);
  };
  visit(where);
}
