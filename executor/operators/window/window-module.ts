import type { Column, WindowCall, WindowFrame } from "../../../catalog/expression.ts";
import type { ErrorSite } from "../../emit/emit-context.ts";
import { compileModule } from "../../pipeline/module-cache.ts";
import { fieldOf } from "../../pipeline/row-layout.ts";
import { SegmentEmitter } from "../../pipeline/segment-emitter.ts";
import { StateLayout, STATUS } from "../../pipeline/state-layout.ts";
import type { Local, Val } from "../../wasm/instructions.ts";
import { get, i32, i64 } from "../../wasm/instructions.ts";
import { ModuleBuilder } from "../../wasm/module-builder.ts";
import type { RowSinkShape } from "../rows/row-sink.ts";
import type { SortModule } from "../rows/sort-module.ts";
import { emitSortFunctions, reserveSort, SORT_ENTRY } from "../rows/sort-module.ts";
import type { AggregateOverFrame } from "./frame-aggregates.ts";
import { frameAggregateStep, isRunningAggregate } from "./frame-aggregates.ts";
import type { FrameBounds } from "./frame-bounds.ts";
import { frameAsksForPeers, frameBounds, isCompiledFrame } from "./frame-bounds.ts";
import { frameValueStep, isFrameValue, isNeighbour, neighbourStep } from "./frame-values.ts";
import type { PartitionCursor, WindowStep } from "./partition-cursor.ts";
import { entryAt } from "./partition-cursor.ts";
import { asksForPeers, isRanking, rankingStep } from "./ranking.ts";

export interface WindowResult {
  readonly column: Column;
  readonly call: WindowCall;
}

/**
 * Code of a window's task. Beside sorting, `evaluate(state, entries, count)` fills the fields of compiled calls in sorted records; the others are left to the
 * registry's implementations.
 */
export interface WindowModule extends SortModule {
  /** uint32, set when the entries are sorted: equal keys mean equal rows. */
  readonly exact: number;
  readonly interpreted: readonly WindowResult[];
}

const HOST_ALLOCATE = { params: ["i32"], results: ["i32"] } as const;
const EVALUATE = { params: ["i32", "i32", "i32"], results: ["i32"] } as const;

/** `emit`: false leaves all calls to the registry's implementations. */
export function compileWindow(calls: readonly WindowResult[], shape: RowSinkShape, emit: boolean, timeZone: string): { window: WindowModule; sites: readonly ErrorSite[] } {
  const module = new ModuleBuilder();
  const state = new StateLayout();
  const sites: ErrorSite[] = [];
  const parts = { module, state, sites, hosted: [], timeZone, measure: false };
  const words = reserveSort(state);
  emitSortFunctions(parts, shape, words);
  const compiled = emit ? calls.filter(({ call }) => isCompiled(call, shape)) : [];
  const exact = state.reserve(4, 4);
  const emitter = new SegmentEmitter(parts, module.function("evaluate", EVALUATE, true).builder);
  emitEvaluation(emitter, compiled, shape, exact);
  const interpreted = calls.filter((call) => !compiled.includes(call));
  return { window: { module: compileModule(module.encode()), state: state.template(), words, exact, interpreted }, sites };
}

function isCompiled(call: WindowCall, shape: RowSinkShape): boolean {
  if (isRanking(call) || isNeighbour(call)) return true;
  return isCompiledFrame(call.frame, shape.order) && (isFrameValue(call) || isRunningAggregate(call));
}

/** Partition by partition, and in each row by row: all calls take their steps side by side. */
function emitEvaluation(emitter: SegmentEmitter, calls: readonly WindowResult[], shape: RowSinkShape, exact: number): void {
  const { f } = emitter;
  const entries = f.param(1);
  const count = get(f.param(2));
  const [start, end, row, record, peerStart, peerEnd] = Array.from({ length: 6 }, () => f.local("i32"));
  const cursor: PartitionCursor = { emitter, layout: shape.layout, entries, start, end, row, record, peerStart, peerEnd };
  const needsPeers = calls.some(({ call }) => asksForPeers(call) || (hasFrame(call) && frameAsksForPeers(call.frame)));
  const steps = windowSteps(calls, shape, cursor);
  if (needsPeers) steps.unshift(peersStep(cursor, shape, exact));
  f.while(i32.ltU(get(start), count), () => {
    f.set(end, count);
    if (shape.partitionBy.length > 0) findPartitionEnd(cursor);
    for (const step of steps) step.begin();
    f.set(row, get(start));
    f.while(i32.ltU(get(row), get(end)), () => {
      f.set(record, i32.load(entryAt(cursor, get(row)), SORT_ENTRY.record));
      for (const step of steps) step.row();
      f.set(row, i32.add(get(row), i32.const(1)));
    });
    f.set(start, get(end));
  });
  f.result(i32.const(STATUS.done));
}

function hasFrame(call: WindowCall): boolean {
  return !isRanking(call) && !isNeighbour(call);
}

/** `end` is where the partition's number changes; it has been set to the number of entries. */
function findPartitionEnd(cursor: PartitionCursor): void {
  const { emitter, start, end } = cursor;
  const { f } = emitter;
  const numberAt = (index: Local): Val => i32.load(entryAt(cursor, get(index)), SORT_ENTRY.partition);
  const at = f.let(i32.add(get(start), i32.const(1)));
  const number = f.let(numberAt(start));
  f.while(i32.ltU(get(at), get(end)), (exit) => {
    f.brIf(exit, i32.ne(numberAt(at), get(number)));
    f.set(at, i32.add(get(at), i32.const(1)));
  });
  f.set(end, get(at));
}

/** Keeps the bounds of the peers of the row at hand. */
function peersStep(cursor: PartitionCursor, shape: RowSinkShape, exactWord: number): WindowStep {
  const { emitter, peerStart, peerEnd, row, end } = cursor;
  const { f } = emitter;
  const compare = emitter.parts.module.reference("compare");
  const exact = emitter.stateWord(exactWord);
  return {
    begin: () => f.set(peerEnd, get(cursor.start)),
    row: () =>
      f.if(i32.eq(get(row), get(peerEnd)), () => {
        f.set(peerStart, get(row));
        if (shape.order.length === 0) {
          f.set(peerEnd, get(end));
          return;
        }
        f.set(peerEnd, i32.add(get(row), i32.const(1)));
        f.while(i32.ltU(get(peerEnd), get(end)), (exit) => {
          const entry = f.let(entryAt(cursor, get(peerEnd)));
          f.brIf(exit, i64.ne(i64.load(get(entry)), i64.load(i32.sub(get(entry), i32.const(SORT_ENTRY.bytes)))));
          f.if(i32.eqz(get(exact)), () => f.brIf(exit, f.call(compare, [get(emitter.state), get(cursor.record), i32.load(get(entry), SORT_ENTRY.record)])));
          f.set(peerEnd, i32.add(get(peerEnd), i32.const(1)));
        });
      }),
  };
}

function windowSteps(calls: readonly WindowResult[], shape: RowSinkShape, cursor: PartitionCursor): WindowStep[] {
  const { emitter } = cursor;
  const frames = new Map<string, { bounds: FrameBounds; moves: boolean; aggregates: AggregateOverFrame[] }>();
  const frameOf = (frame: WindowFrame) => {
    const key = JSON.stringify(frame, (_, value) => (typeof value === "bigint" ? `${value}n` : value));
    const known = frames.get(key);
    if (known !== undefined) return known;
    const made = { bounds: frameBounds(frame, shape.order, cursor), moves: frame.start.kind !== "unboundedPreceding", aggregates: [] };
    frames.set(key, made);
    return made;
  };
  const single: WindowStep[] = [];
  for (const { column, call } of calls) {
    const result = fieldOf(shape.layout, column.id);
    if (isRanking(call)) single.push(rankingStep(call, result, cursor));
    else if (isNeighbour(call)) single.push(neighbourStep(call, result, cursor));
    else if (isFrameValue(call)) single.push(frameValueStep(call, result, frameOf(call.frame).bounds, cursor));
    else frameOf(call.frame).aggregates.push({ column, call });
  }
  const allocate = emitter.parts.module.import("host", "allocate", HOST_ALLOCATE);
  const grow = (bytes: Val): Val => emitter.f.call(allocate, [bytes]);
  const overFrames = [...frames.values()].flatMap(({ bounds, moves, aggregates }) => [bounds, ...(aggregates.length === 0 ? [] : [frameAggregateStep(aggregates, moves, bounds, cursor, grow)])]);
  return [...overFrames, ...single];
}
