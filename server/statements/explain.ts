import { SparrowError } from "../../catalog/errors.ts";
import type { QueryCounters } from "../../executor/query-counters.ts";
import type { Statement } from "../../parser/ast.ts";
import { explain } from "../../planner/explain.ts";
import { executeQuery } from "../execute-query.ts";
import { prepareQuery, type PreparedQuery, type RunOptions } from "../run-query.ts";
import type { Session } from "../session.ts";
import { StageLines } from "../stage-lines.ts";
import { commandColumns, commandResult, type StatementResult } from "../statement-result.ts";

/** EXPLAIN [EXTENDED | FORMATTED | COST | ANALYZE] of a query; ANALYZE runs it. */
export async function runExplain(session: Session, { mode, statement }: Extract<Statement, { kind: "explain" }>, options: RunOptions): Promise<StatementResult> {
  if (statement.kind !== "select") throw unsupported("EXPLAIN of a statement that is no query", statement);
  if (mode === "codegen") throw unsupported("EXPLAIN CODEGEN", statement);
  const plan = (): Promise<PreparedQuery> => prepareQuery(session, statement.query, { ...options, text: undefined });
  const prepared = await plan();
  const text = mode === "analyze" ? await measured(session, prepared, options, plan) : explain(prepared, mode);
  return commandResult(commandColumns("plan"), [[text]]);
}

/** Runs a query and shows its plan with what was measured. */
async function measured(session: Session, prepared: PreparedQuery, { signal, text }: RunOptions, plan: () => Promise<PreparedQuery>): Promise<string> {
  let counters: QueryCounters | undefined;
  let rows = 0;
  let ran = prepared;
  const started = performance.now();
  const stages = new StageLines();
  for await (const batch of executeQuery(session, prepared, signal, plan, { text, measure: true, onEnd: (found) => (counters = found), onEvent: (event) => stages.add(event), onPlannedAgain: (again) => (ran = again) })) rows += batch.rows;
  const lines = [`Rows: ${rows}`, `Time: ${(performance.now() - started).toFixed(1)} ms`];
  if (counters !== undefined) lines.push(`Pipelines: ${counters.pipelines}`, `Calls into TypeScript functions: ${counters.vectorCalls}`, `Peak memory: ${counters.peakBytes} bytes`, `Spilled to disk: ${counters.spilledBytes} bytes`);
  const adaptive = session.settings.flag("spark.sql.adaptive.enabled") ? counters : undefined;
  return `${explain({ ...ran, recursive: prepared.recursive, measured: counters?.nodes, adaptive }, "analyze")}\n${stages.text()}== Execution ==\n${lines.join("\n")}\n`;
}

function unsupported(what: string, { span }: Statement): SparrowError {
  return new SparrowError("UNSUPPORTED_FEATURE.EXPLAIN", "0A000", `The feature is not supported: ${what}.`, { feature: what }, { span });
}
