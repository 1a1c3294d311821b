import type { Column } from "../../../catalog/expression.ts";
import { callOperands, typeOf } from "../../../catalog/expression.ts";
import type { Breaker } from "../../../planner/stages.ts";
import type { RowSinkRequest } from "./row-sink.ts";

type RowBreaker = Extract<Breaker, { kind: "loopBuild" | "sort" | "topN" | "limit" | "window" }>;

/** What a breaker keeps of each row, and in which order it wants them. */
export function rowSinkRequest(breaker: RowBreaker, { singleFeeder, collide }: { readonly singleFeeder: boolean; readonly collide: boolean }): RowSinkRequest {
  const plain: RowSinkRequest = { columns: breaker.columns, partitionBy: [], order: [], reserved: [], whenFull: "fail", singleFeeder, collide };
  switch (breaker.kind) {
    case "loopBuild":
      return { ...plain, whenFull: "partition" };
    case "limit":
      return { ...plain, whenFull: "append", perMorsel: breaker.node.limit === undefined ? undefined : breaker.node.limit + breaker.node.offset };
    case "sort":
      return { ...plain, order: breaker.node.order, whenFull: "sort" };
    case "topN":
      return { ...plain, order: breaker.node.order, whenFull: "sort", keep: breaker.node.limit + breaker.node.offset };
    case "window": {
      const { node } = breaker;
      const made: readonly Column[] = node.calls.map((c) => c.column);
      const inputs = windowInputs(breaker);
      const columns = [...breaker.columns.filter((c) => !made.some((m) => m.id === c.id)), ...inputs];
      const whenFull = node.partitionBy.length > 0 ? "partition" : node.orderBy.length > 0 ? "sort" : "append";
      return { ...plain, columns: uniqueById(columns), partitionBy: node.partitionBy, order: node.orderBy, reserved: made, whenFull, limit: node.limit };
    }
  }
}

/** Columns that the window's calls read. Their expressions have been projected to columns before. */
function windowInputs({ node }: Extract<Breaker, { kind: "window" }>): readonly Column[] {
  return node.calls
    .flatMap(({ call }) => callOperands(call))
    .flatMap((expr) => (expr.kind === "column" ? [{ id: expr.id, name: expr.name, type: typeOf(expr), nullable: expr.nullable }] : []));
}

function uniqueById(columns: readonly Column[]): readonly Column[] {
  return [...new Map(columns.map((c) => [c.id, c])).values()];
}
