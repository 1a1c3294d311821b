import { SparrowError } from "../../catalog/errors.ts";
import type { Statement } from "../../parser/ast.ts";
import { explain } from "../../planner/explain.ts";
import { prepareQuery, type RunOptions } from "../run-query.ts";
import type { Session } from "../session.ts";
import { commandColumns, commandResult, type StatementResult } from "../statement-result.ts";

/** EXPLAIN [EXTENDED | FORMATTED | COST] of a query. */
export async function runExplain(session: Session, { mode, statement }: Extract<Statement, { kind: "explain" }>, options: RunOptions): Promise<StatementResult> {
  if (statement.kind !== "select") throw unsupported(`EXPLAIN of a statement that is no query`, statement);
  if (mode === "codegen" || mode === "analyze") throw unsupported(`EXPLAIN ${mode.toUpperCase()}`, statement);
  const prepared = await prepareQuery(session, statement.query, { ...options, text: undefined });
  return commandResult(commandColumns("plan"), [[explain(prepared, mode)]]);
}

function unsupported(what: string, { span }: Statement): SparrowError {
  return new SparrowError("UNSUPPORTED_FEATURE.EXPLAIN", "0A000", `The feature is not supported: ${what}.`, { feature: what }, { span });
}
