import { mkdir, rm } from "node:fs/promises";
import type { Statement } from "../../parser/ast.ts";
import { SparrowError } from "../../catalog/errors.ts";
import { findDeltaTarget } from "../delta/delta-target.ts";
import type { RunOptions } from "../run-query.ts";
import { quoted, unsupportedOperation } from "../object-names.ts";
import type { Session } from "../session.ts";
import { emptyResult, type StatementResult } from "../statement-result.ts";
import { requireTable } from "./require-table.ts";

/** TRUNCATE TABLE: deletes the files of a table that is the catalog's own; for a Delta table it is a DELETE of all rows. */
export async function runTruncate(session: Session, { name, partition }: Extract<Statement, { kind: "truncate" }>, options: RunOptions): Promise<StatementResult> {
  const delta = await findDeltaTarget(session, name);
  if (delta !== undefined) {
    if (partition !== undefined) throw unsupportedOperation("TRUNCATE of single partitions", quoted(...delta.name));
    await (await import("./delta/delete.ts")).deleteRows(session, delta, undefined, "target", options, "TRUNCATE");
    return emptyResult();
  }
  const table = await requireTable(session, name, "TRUNCATE TABLE");
  const tableName = quoted(table.database, table.name);
  if (table.external) throw new SparrowError("TRUNCATE_EXTERNAL_TABLE", "0A000", `Operation not allowed: TRUNCATE TABLE on external tables: ${tableName}.`, { tableName }, { span: name.span });
  if (partition !== undefined) throw unsupportedOperation("TRUNCATE of single partitions", tableName);
  await rm(table.location, { recursive: true, force: true });
  await mkdir(table.location, { recursive: true });
  session.engine.cache.locationChanged(table.location);
  return emptyResult();
}
