import type { Expr, WindowCall } from "../../../catalog/expression.ts";
import { INT } from "../../../catalog/types.ts";
import { emitExpr } from "../../emit/expression.ts";
import { laneKind } from "../../emit/emitted-value.ts";
import { JoinedValue } from "../../emit/joined-value.ts";
import { nullOf } from "../../emit/null-flags.ts";
import { storeField } from "../../pipeline/row-access.ts";
import type { RowField } from "../../pipeline/row-layout.ts";
import type { Local, Val } from "../../wasm/instructions.ts";
import { get, i32 } from "../../wasm/instructions.ts";
import type { FrameBounds } from "./frame-bounds.ts";
import type { PartitionCursor, WindowStep } from "./partition-cursor.ts";
import { isNullAt, reading } from "./partition-cursor.ts";

/** Functions that take a value from one other row: a neighbour in the partition, or one that the frame's ends lead to. */

/** Offsets beyond it reach no row, and must not overflow. */
const FAR = 2 ** 30;

function constantInt(expr: Expr | undefined, otherwise: number): number | undefined {
  if (expr === undefined) return otherwise;
  return expr.kind === "literal" && typeof expr.value === "number" ? Math.max(-FAR, Math.min(FAR, expr.value)) : undefined;
}

export function isNeighbour(call: WindowCall): boolean {
  return (call.name === "lag" || call.name === "lead") && !call.ignoreNulls && constantInt(call.args[1], 1) !== undefined;
}

/** LAG and LEAD. */
export function neighbourStep(call: WindowCall, result: RowField, cursor: PartitionCursor): WindowStep {
  const { emitter } = cursor;
  const distance = (constantInt(call.args[1], 1) ?? 0) * (call.name === "lag" ? -1 : 1);
  const take = takeValue(call, result, cursor);
  return {
    begin: () => {},
    row: () => {
      const { lanes } = emitter.literal({ kind: "literal", type: INT, value: distance });
      const at = emitter.f.let(i32.add(get(cursor.row), lanes[0]));
      const inside = i32.ltU(i32.sub(get(at), get(cursor.start)), i32.sub(get(cursor.end), get(cursor.start)));
      take(at, inside);
    },
  };
}

/** Whether NULLs are passed by; undefined where that is not known before the rows are. */
function skipsNulls(call: WindowCall): boolean | undefined {
  const [, second] = call.args;
  if (call.ignoreNulls || call.name === "nth_value" || second === undefined) return call.ignoreNulls;
  return second.kind === "literal" ? second.value === true : undefined;
}

export function isFrameValue(call: WindowCall): boolean {
  if (call.filter !== undefined) return false;
  switch (call.name) {
    case "first":
    case "any_value":
    case "last":
      return skipsNulls(call) !== undefined;
    case "nth_value": {
      const nth = constantInt(call.args[1], 1);
      return !call.ignoreNulls && nth !== undefined && nth > 0;
    }
    default:
      return false;
  }
}

/** FIRST, LAST, ANY_VALUE and NTH_VALUE. */
export function frameValueStep(call: WindowCall, result: RowField, frame: FrameBounds, cursor: PartitionCursor): WindowStep {
  const { emitter } = cursor;
  const { f } = emitter;
  const take = takeValue(call, result, cursor);
  if (skipsNulls(call) === true) return call.name === "last" ? lastPresent(call, frame, take, cursor) : firstPresent(call, frame, take, cursor);
  return {
    begin: () => {},
    row: () => {
      const ahead = call.name === "nth_value" ? (constantInt(call.args[1], 1) ?? 1) - 1 : 0;
      const first = ahead === 0 ? get(frame.from) : i32.add(get(frame.from), emitter.literal({ kind: "literal", type: INT, value: ahead }).lanes[0]);
      const at = f.let(call.name === "last" ? i32.sub(get(frame.to), i32.const(1)) : first);
      take(at, i32.and(i32.geS(get(at), get(frame.from)), i32.ltS(get(at), get(frame.to))));
    },
  };
}

/** A pointer to the first value that is not NULL goes along with the frame's start. */
function firstPresent(call: WindowCall, frame: FrameBounds, take: (at: Local, inside: Val) => void, cursor: PartitionCursor): WindowStep {
  const { f } = cursor.emitter;
  const at = cursor.rows.kept();
  const ahead = cursor.rows.reader(false);
  return {
    begin: () => f.set(at, get(cursor.start)),
    row: () => {
      f.if(i32.ltS(get(at), get(frame.from)), () => f.set(at, get(frame.from)));
      f.while(i32.ltS(get(at), get(frame.to)), (exit) => {
        f.brIf(exit, i32.eqz(isNullAt(cursor, ahead.recordAt(get(at)), call.args[0])));
        f.set(at, i32.add(get(at), i32.const(1)));
      });
      take(at, i32.ltS(get(at), get(frame.to)));
    },
  };
}

/** The last value that is not NULL among the rows before the frame's end. */
function lastPresent(call: WindowCall, frame: FrameBounds, take: (at: Local, inside: Val) => void, cursor: PartitionCursor): WindowStep {
  const { f } = cursor.emitter;
  const seen = cursor.rows.kept();
  const at = cursor.rows.kept();
  const ahead = cursor.rows.reader(false);
  return {
    begin: () => {
      f.set(seen, get(cursor.start));
      f.set(at, i32.const(-1));
    },
    row: () => {
      f.while(i32.ltS(get(seen), get(frame.to)), () => {
        f.if(i32.eqz(isNullAt(cursor, ahead.recordAt(get(seen)), call.args[0])), () => f.set(at, get(seen)));
        f.set(seen, i32.add(get(seen), i32.const(1)));
      });
      take(at, i32.geS(get(at), get(frame.from)));
    },
  };
}

/**
 * Gives code that stores the first argument's value at row `at`, which never goes back; where that is not inside, the default of LAG and LEAD at the row at hand, else NULL.
 * Bytes are taken once for all rows that have them from one row.
 */
function takeValue(call: WindowCall, result: RowField, cursor: PartitionCursor): (at: Local, inside: Val) => void {
  const { emitter, rows } = cursor;
  const { f } = emitter;
  const taken = new JoinedValue(f, call.type, true);
  const takenFrom = f.local("i32");
  const reader = rows.reader(false);
  const fallback = call.name === "lag" || call.name === "lead" ? call.args[2] : undefined;
  return (at, inside) => {
    const take = (): void => reading(cursor, reader.recordAt(get(at)), () => taken.assign(rows.result(emitExpr(call.args[0], emitter))));
    const otherwise = (): void => {
      f.set(takenFrom, i32.const(-1));
      if (fallback === undefined) taken.assign(nullOf(call.type));
      else reading(cursor, cursor.record, () => taken.assign(emitExpr(fallback, emitter)));
    };
    const takeOnce = (): void =>
      f.if(i32.or(i32.eq(get(cursor.row), get(cursor.first)), i32.ne(get(at), get(takenFrom))), () => {
        take();
        f.set(takenFrom, get(at));
      });
    f.if(inside, laneKind(call.type) === "bytes" ? takeOnce : take, otherwise);
    storeField(emitter, result, get(cursor.record), taken.value());
  };
}
