import type { EvalMode, Expr, FrameBound, SortKey, WindowFrame } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import type { Value } from "../../catalog/values.ts";
import type { EvalContext } from "../../executor/functions/scalar-function.ts";
import { evaluate } from "../../executor/interpret.ts";
import { compareKey } from "./plan-rows.ts";

/** The rows [start, end) of each row's frame, found by looking at every row of the partition. */
export function windowFrame(frame: WindowFrame, rows: number, order: readonly SortKey[], keys: readonly (readonly Value[])[], context: EvalContext): (row: number) => readonly [number, number] {
  if (frame.unit === "rows") {
    const at = (bound: FrameBound, row: number): number => {
      switch (bound.kind) {
        case "unboundedPreceding":
          return 0;
        case "unboundedFollowing":
          return rows - 1;
        case "currentRow":
          return row;
        case "preceding":
          return row - Number(bound.offset.value);
        case "following":
          return row + Number(bound.offset.value);
      }
    };
    return (row) => [Math.max(0, Math.min(rows, at(frame.start, row))), Math.max(0, Math.min(rows, at(frame.end, row) + 1))];
  }
  const compare = (a: readonly Value[], b: readonly Value[]): number => {
    for (let i = 0; i < order.length; i++) {
      const difference = compareKey(order[i], a[i], b[i]);
      if (difference !== 0) return difference;
    }
    return 0;
  };
  const edge = (bound: FrameBound, row: number): readonly Value[] | undefined => {
    switch (bound.kind) {
      case "unboundedPreceding":
      case "unboundedFollowing":
        return undefined;
      case "currentRow":
        return keys[row];
      default: {
        if (keys[row][0] === null) return keys[row];
        const down = (bound.kind === "preceding") === order[0].ascending;
        const type = typeOf(order[0].expr);
        const mode: EvalMode = "ansi";
        const sum: Expr = { kind: "call", name: down ? "-" : "+", args: [{ kind: "literal", type, value: keys[row][0] }, bound.offset], type, nullable: false, mode };
        return [
          evaluate(
            sum,
            () => {
              throw new Error("a frame's edge reads no column");
            },
            context,
          ),
        ];
      }
    }
  };
  return (row) => {
    const start = edge(frame.start, row);
    const end = edge(frame.end, row);
    let from = 0;
    if (start !== undefined) while (from < rows && compare(keys[from], start) < 0) from++;
    let to = rows;
    if (end !== undefined) while (to > 0 && compare(keys[to - 1], end) > 0) to--;
    return [from, Math.max(from, to)];
  };
}
