import type { ColumnId } from "../../../catalog/expression.ts";
import type { RowLayout } from "../../pipeline/row-layout.ts";
import { fieldOf } from "../../pipeline/row-layout.ts";
import type { SegmentEmitter } from "../../pipeline/segment-emitter.ts";
import type { Val } from "../../wasm/instructions.ts";
import { f64, get } from "../../wasm/instructions.ts";
import type { AggregateState } from "./aggregate-plan.ts";

type Moments = Extract<AggregateState, { kind: "moments" }>;
type Comoments = Extract<AggregateState, { kind: "comoments" }>;

/** Doubles of a state behind a pointer. */
interface Doubles {
  readonly load: (id: ColumnId) => Val;
  readonly store: (id: ColumnId, value: Val) => void;
}

function doublesAt({ f }: SegmentEmitter, layout: RowLayout, row: Val): Doubles {
  return {
    load: (id) => get(f.let(f64.load(row, fieldOf(layout, id).offset))),
    store: (id, value) => f.store("f64", row, value, fieldOf(layout, id).offset),
  };
}

function product(...factors: readonly Val[]): Val {
  return factors.reduce((a, b) => f64.mul(a, b));
}

/** One more value. Source: Spark's `CentralMomentAgg.updateExpressionsDef`. */
export function updateMoments(emitter: SegmentEmitter, layout: RowLayout, state: Moments, row: Val, x: Val): void {
  const { f } = emitter;
  const own = doublesAt(emitter, layout, row);
  const keep = (value: Val): Val => get(f.let(value));
  const count = keep(f64.add(own.load(state.count.id), f64.const(1)));
  const mean = own.load(state.mean.id);
  const delta = keep(f64.sub(x, mean));
  const share = keep(f64.div(delta, count));
  const [second, third, fourth] = state.powers.map((column) => column.id);
  own.store(state.count.id, count);
  own.store(state.mean.id, f64.add(mean, share));
  const m2 = keep(f64.add(own.load(second), product(delta, f64.sub(delta, share))));
  own.store(second, m2);
  if (third === undefined) return;
  const deltaSquare = keep(f64.mul(delta, delta));
  const shareSquare = keep(f64.mul(share, share));
  const m3 = keep(f64.add(f64.sub(own.load(third), product(f64.const(3), share, m2)), product(delta, f64.sub(deltaSquare, shareSquare))));
  own.store(third, m3);
  const lower = f64.add(product(f64.const(4), share, m3), product(f64.const(6), shareSquare, m2));
  own.store(fourth, f64.add(f64.sub(own.load(fourth), lower), product(delta, f64.sub(product(delta, deltaSquare), product(share, shareSquare)))));
}

/** Two states as one is added to the other, whose count is not 0. */
interface Merge {
  readonly a: Doubles;
  readonly b: Doubles;
  readonly countA: Val;
  readonly countB: Val;
  /** Sum and product of the counts. */
  readonly count: Val;
  readonly both: Val;
  readonly keep: (value: Val) => Val;
}

/** Adds up the counts; `rest` merges what hangs on them. A state of no values changes nothing. */
function mergeStates(emitter: SegmentEmitter, layout: RowLayout, state: Moments | Comoments, into: Val, from: Val, rest: (merge: Merge) => void): void {
  const { f } = emitter;
  const keep = (value: Val): Val => get(f.let(value));
  const a = doublesAt(emitter, layout, into);
  const b = doublesAt(emitter, layout, from);
  const [countA, countB] = [a.load(state.count.id), b.load(state.count.id)];
  f.if(f64.gt(countB, f64.const(0)), () => {
    const count = keep(f64.add(countA, countB));
    const both = keep(f64.mul(countA, countB));
    a.store(state.count.id, count);
    rest({ a, b, countA, countB, count, both, keep });
  });
}

/** Adds the moments of other values. Source: Spark's `CentralMomentAgg.mergeExpressions`. */
export function mergeMoments(emitter: SegmentEmitter, layout: RowLayout, state: Moments, into: Val, from: Val): void {
  mergeStates(emitter, layout, state, into, from, ({ a, b, countA, countB, count, both, keep }) => {
    const meanA = a.load(state.mean.id);
    const delta = keep(f64.sub(b.load(state.mean.id), meanA));
    const share = keep(f64.div(delta, count));
    const [second, third, fourth] = state.powers.map((column) => column.id);
    a.store(state.mean.id, f64.add(meanA, f64.mul(share, countB)));
    const [a2, b2] = [a.load(second), b.load(second)];
    a.store(second, f64.add(f64.add(a2, b2), product(delta, share, both)));
    if (third === undefined) return;
    const [a3, b3] = [a.load(third), b.load(third)];
    const cross3 = product(share, share, delta, both, f64.sub(countA, countB));
    a.store(third, f64.add(f64.add(f64.add(a3, b3), cross3), product(f64.const(3), share, f64.sub(f64.mul(countA, b2), f64.mul(countB, a2)))));
    const [squareA, squareB] = [keep(f64.mul(countA, countA)), keep(f64.mul(countB, countB))];
    const cross4 = product(share, share, share, delta, both, f64.add(f64.sub(squareA, both), squareB));
    const from2 = product(f64.const(6), share, share, f64.add(f64.mul(squareA, b2), f64.mul(squareB, a2)));
    const from3 = product(f64.const(4), share, f64.sub(f64.mul(countA, b3), f64.mul(countB, a3)));
    a.store(fourth, f64.add(f64.add(f64.add(f64.add(a.load(fourth), b.load(fourth)), cross4), from2), from3));
  });
}

/** One more pair, neither NULL. Source: Spark's `PearsonCorrelation.updateExpressionsDef`. */
export function updateComoments(emitter: SegmentEmitter, layout: RowLayout, state: Comoments, row: Val, x: Val, y: Val): void {
  const { f } = emitter;
  const own = doublesAt(emitter, layout, row);
  const keep = (value: Val): Val => get(f.let(value));
  const count = keep(f64.add(own.load(state.count.id), f64.const(1)));
  const [xMean, yMean] = [own.load(state.xMean.id), own.load(state.yMean.id)];
  const [dx, dy] = [keep(f64.sub(x, xMean)), keep(f64.sub(y, yMean))];
  const [newX, newY] = [keep(f64.add(xMean, f64.div(dx, count))), keep(f64.add(yMean, f64.div(dy, count)))];
  own.store(state.count.id, count);
  own.store(state.xMean.id, newX);
  own.store(state.yMean.id, newY);
  own.store(state.xy.id, f64.add(own.load(state.xy.id), product(dx, f64.sub(y, newY))));
  own.store(state.xx.id, f64.add(own.load(state.xx.id), product(dx, f64.sub(x, newX))));
  own.store(state.yy.id, f64.add(own.load(state.yy.id), product(dy, f64.sub(y, newY))));
}

/** Source: Spark's `PearsonCorrelation.mergeExpressions`. */
export function mergeComoments(emitter: SegmentEmitter, layout: RowLayout, state: Comoments, into: Val, from: Val): void {
  mergeStates(emitter, layout, state, into, from, ({ a, b, countB, count, both, keep }) => {
    const [xMean, yMean] = [a.load(state.xMean.id), a.load(state.yMean.id)];
    const [dx, dy] = [keep(f64.sub(b.load(state.xMean.id), xMean)), keep(f64.sub(b.load(state.yMean.id), yMean))];
    const [xShare, yShare] = [keep(f64.div(dx, count)), keep(f64.div(dy, count))];
    a.store(state.xMean.id, f64.add(xMean, f64.mul(xShare, countB)));
    a.store(state.yMean.id, f64.add(yMean, f64.mul(yShare, countB)));
    for (const [column, cross] of [
      [state.xy, product(dx, yShare, both)],
      [state.xx, product(dx, xShare, both)],
      [state.yy, product(dy, yShare, both)],
    ] as const) {
      a.store(column.id, f64.add(f64.add(a.load(column.id), b.load(column.id)), cross));
    }
  });
}
