import type { WindowCall } from "../../../catalog/expression.ts";
import { DOUBLE, INT } from "../../../catalog/types.ts";
import { storeField } from "../../pipeline/row-access.ts";
import type { RowField } from "../../pipeline/row-layout.ts";
import type { Val } from "../../wasm/instructions.ts";
import { f64, get, i32, select } from "../../wasm/instructions.ts";
import type { PartitionCursor, WindowStep } from "./partition-cursor.ts";

/** Functions of a row's place alone. */

const PEERS = new Set(["rank", "dense_rank", "percent_rank", "cume_dist"]);

export function asksForPeers(call: WindowCall): boolean {
  return PEERS.has(call.name);
}

/** Buckets of ntile: a positive constant. Others raise, which the interpreted function does. */
function buckets(call: WindowCall): number | undefined {
  const [count] = call.args;
  if (count === undefined) return 1;
  return count.kind === "literal" && typeof count.value === "number" && count.value > 0 ? count.value : undefined;
}

export function isRanking(call: WindowCall): boolean {
  return call.name === "row_number" || PEERS.has(call.name) || (call.name === "ntile" && buckets(call) !== undefined);
}

export function rankingStep(call: WindowCall, result: RowField, cursor: PartitionCursor): WindowStep {
  const { emitter } = cursor;
  const { f } = emitter;
  const store = (lane: Val): void => storeField(emitter, result, get(cursor.record), { type: lane.type === "f64" ? DOUBLE : INT, lanes: [f.reusable(lane)], isNull: undefined });
  const from = (index: Val): Val => i32.sub(index, get(cursor.start));
  const rows = (): Val => from(get(cursor.end));
  const none = (): void => {};
  const one = i32.const(1);
  switch (call.name) {
    case "row_number":
      return { begin: none, row: () => store(i32.add(from(get(cursor.row)), one)) };
    case "rank":
      return { begin: none, row: () => store(i32.add(from(get(cursor.peerStart)), one)) };
    case "dense_rank": {
      const groups = cursor.rows.kept();
      return {
        begin: () => f.set(groups, i32.const(0)),
        row: () => {
          f.set(groups, i32.add(get(groups), i32.eq(get(cursor.row), get(cursor.peerStart))));
          store(get(groups));
        },
      };
    }
    case "percent_rank":
      // A partition of one row: 0 / 1.
      return { begin: none, row: () => store(f64.div(f64.convertI32S(from(get(cursor.peerStart))), f64.convertI32S(select(i32.gtU(rows(), one), i32.sub(rows(), one), one)))) };
    case "cume_dist":
      return { begin: none, row: () => store(f64.div(f64.convertI32S(from(get(cursor.peerEnd))), f64.convertI32S(rows()))) };
    default:
      return ntileStep(call, store, from, rows, cursor);
  }
}

/** The first `rows % n` buckets have one row more. */
function ntileStep(call: WindowCall, store: (lane: Val) => void, from: (index: Val) => Val, rows: () => Val, cursor: PartitionCursor): WindowStep {
  const { emitter } = cursor;
  const { f } = emitter;
  const [size, larger, edge] = Array.from({ length: 3 }, () => cursor.rows.kept());
  return {
    begin: () => {
      const count = emitter.literal({ kind: "literal", type: INT, value: buckets(call) ?? 1 }).lanes[0];
      f.set(size, i32.divU(rows(), count));
      f.set(larger, i32.remU(rows(), count));
      f.set(edge, i32.mul(get(larger), i32.add(get(size), i32.const(1))));
    },
    row: () => {
      const at = f.let(from(get(cursor.row)));
      const bucket = f.local("i32");
      f.if(
        i32.ltU(get(at), get(edge)),
        () => f.set(bucket, i32.divU(get(at), i32.add(get(size), i32.const(1)))),
        () => f.set(bucket, i32.add(get(larger), i32.divU(i32.sub(get(at), get(edge)), get(size)))),
      );
      store(i32.add(get(bucket), i32.const(1)));
    },
  };
}
