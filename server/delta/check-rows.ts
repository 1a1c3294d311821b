import { SparrowError } from "../../catalog/errors.ts";
import type { Column, Expr } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import type { StructField } from "../../catalog/types.ts";
import { evaluate } from "../../executor/interpret.ts";
import type { ResultBatch } from "../../executor/result-batch.ts";
import { valueReader } from "../../executor/result-values.ts";
import type { AstExpr } from "../../parser/ast.ts";
import { analyzeCondition } from "../../planner/analyzer/standalone-expressions.ts";
import { analysisContext } from "../run-query.ts";
import { cellText } from "../results/cell-text.ts";
import { evalContext, sessionFacts } from "../session-facts.ts";
import type { Session } from "../session.ts";
import { ResolvedTables } from "../table-resolution.ts";

/** A condition that rows must satisfy; `onFailure` makes the error from the values of a row that does not. */
export interface RowCheck {
  readonly condition: AstExpr;
  readonly onFailure: (values: string) => SparrowError;
}

/**
 * The batches, every row of which satisfies the checks: a row for which a condition is false or NULL raises. An empty text in a column of `partitionedBy`
 * (names) is checked as the NULL that the log makes of it.
 */
export async function* checkedRows(session: Session, batches: AsyncIterable<ResultBatch>, fields: readonly StructField[], partitionedBy: readonly string[], checks: readonly RowCheck[]): AsyncGenerator<ResultBatch> {
  const context = analysisContext(session, new ResolvedTables(), {});
  const columns: Column[] = fields.map((field) => ({ id: context.nextId(), name: field.name, type: field.type, nullable: field.nullable }));
  const isPartition = fields.map(({ name, type }) => partitionedBy.includes(name) && (type.kind === "string" || type.kind === "char" || type.kind === "varchar"));
  const position = new Map(columns.map(({ id }, i) => [id, i]));
  const bound = checks.map((check) => ({ check, expr: analyzeCondition(check.condition, columns, context) }));
  const evaluation = evalContext(sessionFacts(session), session.timeZone);
  for await (const batch of batches) {
    const readers = batch.columns.map((column, i) => (isPartition[i] ? nullIfEmpty(valueReader(column)) : valueReader(column)));
    for (const { check, expr } of bound) {
      for (let row = 0; row < batch.rows; row++) {
        if (evaluate(expr, (id) => readers[position.get(id) as number](row), evaluation) === true) continue;
        throw check.onFailure(columnsOf(expr).map((id) => described(columns, position.get(id) as number, readers, row)).join("\n"));
      }
    }
    yield batch;
  }

  function described(all: readonly Column[], i: number, readers: readonly ((row: number) => ReturnType<ReturnType<typeof valueReader>>)[], row: number): string {
    const value = readers[i](row);
    return ` - ${all[i].name} : ${value === null ? "null" : cellText(value, typeOf({ kind: "column", ...all[i] }), session.timeZone)}`;
  }
}

function nullIfEmpty(read: ReturnType<typeof valueReader>): ReturnType<typeof valueReader> {
  return (row) => {
    const value = read(row);
    return value === "" ? null : value;
  };
}

/** Ids of the columns that an expression reads. */
export function columnsOf(expr: Expr): number[] {
  const found = new Set<number>();
  const visit = (node: unknown): void => {
    if (node === null || typeof node !== "object") return;
    if ("kind" in node && node.kind === "column" && "id" in node) found.add(node.id as number);
    for (const child of Object.values(node)) visit(child);
  };
  visit(expr);
  return [...found];
}
