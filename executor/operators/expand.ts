import type { PhysicalExpand } from "../../planner/physical.ts";
import type { EmittedValue } from "../emit/emitted-value.ts";
import { laneKind, laneTypes } from "../emit/emitted-value.ts";
import { emitExpr } from "../emit/expression.ts";
import type { SegmentEmitter } from "../pipeline/segment-emitter.ts";
import type { Label } from "../wasm/function-builder.ts";
import { get, i32 } from "../wasm/instructions.ts";

/** Each row once per projection (GROUPING SETS): a loop over the projections around what follows. */
export function emitExpand(emitter: SegmentEmitter, node: PhysicalExpand, downstream: (skip: Label) => void): void {
  const { f } = emitter;
  const round = f.local("i32");
  const values = node.columns.map((column) => ({
    column,
    lanes: laneTypes(laneKind(column.type)).map((type) => f.local(type)),
    isNull: column.nullable ? f.local("i32") : undefined,
  }));
  emitter.resumableLoop(
    round,
    () => f.set(round, i32.const(0)),
    (next, exit) => {
      f.brIf(exit, i32.geU(get(round), i32.const(node.projections.length)));
      node.projections.forEach((projection, i) => {
        f.if(i32.eq(get(round), i32.const(i)), () =>
          emitter.scoped(() => {
            values.forEach(({ lanes, isNull }, k) => assign(emitter, lanes, isNull, emitExpr(projection[k], emitter)));
          }),
        );
      });
      for (const { column, lanes, isNull } of values) {
        const value: EmittedValue = { type: column.type, lanes: lanes.map(get), isNull: isNull && get(isNull) };
        emitter.bind(column.id, { kind: "value", value });
      }
      downstream(next);
    },
    () => f.set(round, i32.add(get(round), i32.const(1))),
  );
}

function assign(emitter: SegmentEmitter, lanes: readonly ReturnType<typeof emitter.f.local>[], isNull: ReturnType<typeof emitter.f.local> | undefined, value: EmittedValue): void {
  value.lanes.forEach((lane, i) => emitter.f.set(lanes[i], lane));
  if (isNull !== undefined) emitter.f.set(isNull, value.isNull ?? i32.const(0));
}
