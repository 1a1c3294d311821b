import { SparrowError } from "../../catalog/errors.ts";
import type { Column, Expr } from "../../catalog/expression.ts";
import type { Split } from "../../catalog/table.ts";
import type { AddFile } from "../../delta/actions.ts";
import { type ReadScope, READS_TABLE } from "../../delta/conflicts.ts";
import { canonicalPath } from "../../delta/file-paths.ts";
import { scanFile } from "../../delta/scan-files.ts";
import type { DeltaSnapshot } from "../../delta/snapshot.ts";
import { parseTimestamp } from "../../executor/functions/datetime-text.ts";
import type { AstExpr, Query, Relation } from "../../parser/ast.ts";
import { analyzeCondition } from "../../planner/analyzer/standalone-expressions.ts";
import { collectTableNames } from "../../planner/analyzer/table-names.ts";
import { pruneSplits } from "../../planner/pruning.ts";
import { analysisContext } from "../run-query.ts";
import type { Session } from "../session.ts";
import { ResolvedTables } from "../table-resolution.ts";
import { fileStatistics, type FileSplits } from "./delta-provider.ts";

/** Whether something names a table: a subquery may read the target too. */
export function namesTables(...parts: readonly (AstExpr | Relation)[]): boolean {
  // A relation or an expression is walked like a query that holds it.
  return parts.some((part) => collectTableNames(part as unknown as Query).length > 0);
}

/**
 * What a transaction that looked for a condition's rows has read: the files that had some, and of files that others add those that could have some by their
 * partition values and statistics. With a subquery in the condition, which may read the table too, all of it.
 */
export function scopeOf(session: Session, snapshot: DeltaSnapshot, files: readonly FileSplits[], condition: AstExpr, alias: string): ReadScope {
  if (namesTables(condition)) return READS_TABLE;
  return { wholeTable: false, files: new Set(files.map(({ file }) => canonicalPath(file.add.path))), wouldRead: mayHold(session, snapshot, condition, alias) };
}

/** Whether a file may hold a row for which the condition is true. */
function mayHold(session: Session, snapshot: DeltaSnapshot, condition: AstExpr, alias: string): (add: AddFile) => boolean {
  const context = analysisContext(session, new ResolvedTables(), {});
  const columns: Column[] = snapshot.fields.map(({ name, type, nullable }) => ({ id: context.nextId(), name, type, nullable }));
  const positions = new Map(columns.map(({ id }, i) => [id, i]));
  let expr: Expr;
  try {
    expr = analyzeCondition(withoutAlias(condition, alias), columns, context);
  } catch (error) {
    // A condition over other columns too, as that of MERGE: nothing can be excluded.
    if (error instanceof SparrowError) return () => true;
    throw error;
  }
  return (add) => pruneSplits([splitOfAdd(session, snapshot, add)], [expr], positions).length > 0;
}

/** A file with what the log says of it, as a whole: what it may hold can be asked, its rows cannot be read. */
export function splitOfAdd(session: Session, snapshot: DeltaSnapshot, add: AddFile): Split {
  const file = scanFile(snapshot, add, (text) => parseTimestamp(text, session.timeZone));
  const { path, fields, rows } = file;
  return { source: { kind: "parquet", path, fileBytes: add.size, modifiedMs: undefined, rowGroup: 0, firstRow: 0, fields }, rows, bytes: add.size, columns: fileStatistics(snapshot, file, rows, add.deletionVector !== undefined) };
}

/** `t.a` as `a`, where `t` is the table's alias. */
function withoutAlias<T>(node: T, alias: string): T {
  if (node === null || typeof node !== "object" || node instanceof Uint8Array) return node;
  if (Array.isArray(node)) return node.map((item: unknown) => withoutAlias(item, alias)) as T;
  if ("kind" in node && node.kind === "name") {
    const { name } = node as unknown as Extract<AstExpr, { kind: "name" }>;
    if (name.parts.length > 1 && name.parts[0].name.toLowerCase() === alias.toLowerCase()) return { ...node, name: { ...name, parts: name.parts.slice(1) } };
  }
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, withoutAlias(value, alias)])) as T;
}
