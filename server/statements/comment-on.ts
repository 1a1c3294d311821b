import type { Statement } from "../../parser/ast.ts";
import { findDeltaTarget } from "../delta/delta-target.ts";
import { requireDatabaseName, schemaNotFound } from "../object-names.ts";
import type { Session } from "../session.ts";
import { emptyResult, type StatementResult } from "../statement-result.ts";
import { requireTable } from "./require-table.ts";

/** COMMENT ON TABLE | DATABASE name IS '...' | NULL. */
export async function runCommentOn(session: Session, { object, name, comment }: Extract<Statement, { kind: "commentOn" }>): Promise<StatementResult> {
  const { catalog } = session.engine;
  if (object === "table") {
    const delta = await findDeltaTarget(session, name);
    if (delta !== undefined) return (await import("./delta/alter-table.ts")).commentOnDeltaTable(session, delta, comment);
    const table = await requireTable(session, name, "COMMENT ON TABLE");
    await catalog.putTable({ ...table, comment: comment ?? undefined }, "replace");
    return emptyResult();
  }
  const database = await catalog.database(requireDatabaseName(name));
  if (database === undefined) throw schemaNotFound(requireDatabaseName(name), name.span);
  await catalog.replaceDatabase({ ...database, comment: comment ?? undefined });
  return emptyResult();
}
