import type { Column } from "../../catalog/expression.ts";
import type { DataType, StructField } from "../../catalog/types.ts";
import type { Row, RowCondition, SqlExpressions } from "../../delta/ports.ts";
import { castValue } from "../../executor/functions/cast.ts";
import { parseTimestamp } from "../../executor/functions/datetime-text.ts";
import { evaluate } from "../../executor/interpret.ts";
import { parseExpression } from "../../parser/parse.ts";
import { analyzeCondition, analyzeExpression } from "../../planner/analyzer/standalone-expressions.ts";
import { pruneSplits } from "../../planner/pruning.ts";
import { cellText } from "../results/cell-text.ts";
import { analysisContext } from "../run-query.ts";
import { evalContext, sessionFacts } from "../session-facts.ts";
import type { Session } from "../session.ts";
import { ResolvedTables } from "../table-resolution.ts";
import { columnsOf } from "./check-rows.ts";

/** Spark's SQL, interpreted row by row, under a session's settings. */
export function sqlExpressions(session: Session): SqlExpressions {
  const { timeZone } = session;
  const evaluation = evalContext(sessionFacts(session), timeZone);
  const bound = (fields: readonly StructField[]) => {
    const context = analysisContext(session, new ResolvedTables(), {});
    const columns = fields.map(({ name, type, nullable }): Column => ({ id: context.nextId(), name, type, nullable }));
    const positions = new Map(columns.map(({ id }, i) => [id, i]));
    return { context, columns, positions, over: (row: Row) => (id: number) => row[positions.get(id) as number] };
  };
  return {
    condition(sql, fields): RowCondition {
      const { context, columns, positions, over } = bound(fields);
      const expr = analyzeCondition(parseExpression(sql), columns, context);
      return {
        reads: new Set(columnsOf(expr).map((id) => positions.get(id) as number)),
        isTrue: (row) => evaluate(expr, over(row), evaluation) === true,
        mayHold({ add, path, fields: fileFields, rows, columns: statistics }) {
          const source = { kind: "parquet", path, fileBytes: add.size, modifiedMs: undefined, rowGroup: 0, firstRow: 0, fields: fileFields } as const;
          return pruneSplits([{ source, rows, bytes: add.size, columns: statistics }], [expr], positions).length > 0;
        },
      };
    },
    value(sql, type: DataType, fields) {
      const { context, columns, over } = bound(fields);
      const ast = parseExpression(sql);
      const expr = analyzeExpression({ kind: "cast", operand: ast, type, try: false, span: ast.span }, columns, context);
      return (row) => evaluate(expr, over(row), evaluation);
    },
    cast: (value, from, to) => castValue(value, from, to, "ansi", timeZone),
    castToText: (value, type) => cellText(value, type, timeZone),
    parseTimestamp: (text) => parseTimestamp(text, timeZone),
  };
}
