import type { Column, WindowCall, WindowFrame } from "../../../catalog/expression.ts";
import type { ErrorSite } from "../../emit/emit-context.ts";
import { compileModule } from "../../pipeline/module-cache.ts";
import { fieldOf } from "../../pipeline/row-layout.ts";
import { SegmentEmitter } from "../../pipeline/segment-emitter.ts";
import { StateLayout, STATUS } from "../../pipeline/state-layout.ts";
import type { StateTemplate } from "../../pipeline/state-layout.ts";
import type { Local, Val } from "../../wasm/instructions.ts";
import { get, i32, i64 } from "../../wasm/instructions.ts";
import { ModuleBuilder } from "../../wasm/module-builder.ts";
import type { RowSinkShape } from "../rows/row-sink.ts";
import type { SortModule } from "../rows/sort-module.ts";
import { emitCompare, emitSortFunctions, reserveSort, SORT_ENTRY, SORT_RECORD } from "../rows/sort-module.ts";
import type { AggregateOverFrame } from "./frame-aggregates.ts";
import { frameAggregateStep, isRunningAggregate } from "./frame-aggregates.ts";
import type { FrameBounds } from "./frame-bounds.ts";
import { frameAsksForPeers, frameBounds, isCompiledFrame } from "./frame-bounds.ts";
import { frameValueStep, isFrameValue, isNeighbour, neighbourStep } from "./frame-values.ts";
import type { PartitionCursor, WindowStep } from "./partition-cursor.ts";
import type { PartitionRows, StreamWords } from "./partition-rows.ts";
import { entryAt, ResidentRows, StreamedRows } from "./partition-rows.ts";
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

/** Code of a window over one partition whose rows come and go: `evaluate(state, base, count)` fills the fields of the next rows, which lie one after the other from `base` on. */
export interface StreamModule {
  readonly module: WebAssembly.Module;
  readonly state: StateTemplate;
  readonly words: StreamWords;
}

const HOST_ALLOCATE = { params: ["i32"], results: ["i32"] } as const;
const EVALUATE = { params: ["i32", "i32", "i32"], results: ["i32"] } as const;

/** `emit`: false leaves all calls to the registry's implementations. */
export function compileWindow(calls: readonly WindowResult[], shape: RowSinkShape, emit: boolean, timeZone: string): { window: WindowModule; sites: readonly ErrorSite[] } {
  const parts = moduleParts(timeZone);
  const { module, state, sites } = parts;
  const words = reserveSort(state);
  emitSortFunctions(parts, shape, words);
  const compiled = emit ? calls.filter(({ call }) => isCompiled(call, shape)) : [];
  const exact = state.reserve(4, 4);
  const emitter = new SegmentEmitter(parts, module.function("evaluate", EVALUATE, true).builder);
  emitEvaluation(emitter, compiled, shape, exact);
  const interpreted = calls.filter((call) => !compiled.includes(call));
  return { window: { module: compileModule(module.encode()), state: state.template(), words, exact, interpreted }, sites };
}

/** Whether a partition's rows may come and go: interpreted calls look at all of them. */
export function canStream(calls: readonly WindowResult[], shape: RowSinkShape, emit: boolean): boolean {
  return emit && calls.every(({ call }) => isCompiled(call, shape));
}

/** Whether the calls know all of a row by its place and its neighbours, so that a stream may begin with any row that has other peers than the one before. */
export function canBeginAnywhere(calls: readonly WindowResult[]): boolean {
  return calls.every(({ call }) => (isRanking(call) && call.name !== "dense_rank") || isNeighbour(call));
}

/** For calls that can stream, and one partition. */
export function compileStream(calls: readonly WindowResult[], shape: RowSinkShape, timeZone: string): { stream: StreamModule; sites: readonly ErrorSite[] } {
  const parts = moduleParts(timeZone);
  emitCompare(parts, shape);
  const emitter = new SegmentEmitter(parts, parts.module.function("evaluate", EVALUATE, true).builder);
  const words = emitStream(emitter, calls, shape);
  return { stream: { module: compileModule(parts.module.encode()), state: parts.state.template(), words }, sites: parts.sites };
}

function moduleParts(timeZone: string) {
  const sites: ErrorSite[] = [];
  return { module: new ModuleBuilder(), state: new StateLayout(), sites, hosted: [], timeZone, measure: false };
}

function isCompiled(call: WindowCall, shape: RowSinkShape): boolean {
  if (isRanking(call) || isNeighbour(call)) return true;
  return isCompiledFrame(call.frame, shape.order) && (isFrameValue(call) || isRunningAggregate(call));
}

function cursorOver(emitter: SegmentEmitter, rows: PartitionRows, shape: RowSinkShape, end: Local): PartitionCursor {
  const { f } = emitter;
  const [row, peerStart, peerEnd] = [rows.kept(), rows.kept(), rows.kept()];
  return { emitter, layout: shape.layout, rows, start: f.local("i32"), end, row, record: f.local("i32"), first: f.local("i32"), peerStart, peerEnd };
}

/** Partition by partition, and in each row by row: all calls take their steps side by side. */
function emitEvaluation(emitter: SegmentEmitter, calls: readonly WindowResult[], shape: RowSinkShape, exact: number): void {
  const { f } = emitter;
  const entries = f.param(1);
  const count = get(f.param(2));
  const cursor = cursorOver(emitter, new ResidentRows(emitter, entries), shape, f.local("i32"));
  const { start, end, row, record, first } = cursor;
  const steps = windowSteps(calls, shape, cursor, (at) => differsFromEntryBefore(cursor, entries, at, exact));
  f.while(i32.ltU(get(start), count), () => {
    f.set(end, count);
    if (shape.partitionBy.length > 0) findPartitionEnd(cursor, entries);
    f.set(first, get(start));
    for (const step of steps) step.begin();
    f.set(row, get(start));
    f.while(i32.ltU(get(row), get(end)), () => {
      f.set(record, i32.load(entryAt(entries, get(row)), SORT_ENTRY.record));
      for (const step of steps) step.row();
      f.set(row, i32.add(get(row), i32.const(1)));
    });
    f.set(start, get(end));
  });
  f.result(i32.const(STATUS.done));
}

/** The rows of one partition, some at a time: what is kept of those before is in the state block meanwhile. */
function emitStream(emitter: SegmentEmitter, calls: readonly WindowResult[], shape: RowSinkShape): StreamWords {
  const { f } = emitter;
  const count = get(f.param(2));
  const rows = new StreamedRows(emitter);
  const cursor = cursorOver(emitter, rows, shape, rows.total());
  const { row, record, first } = cursor;
  const reader = rows.reader(false);
  const steps = windowSteps(calls, shape, cursor, (at) => differsFromRow(cursor, reader.recordAt(at), shape));
  rows.restore(() => {
    f.set(first, get(row));
    for (const step of steps) step.begin();
  });
  f.set(first, get(row));
  const stop = f.let(i32.add(get(row), count));
  f.set(record, get(f.param(1)));
  f.while(i32.ltU(get(row), get(stop)), () => {
    for (const step of steps) step.row();
    f.set(row, i32.add(get(row), i32.const(1)));
    f.set(record, i32.add(get(record), i32.const(shape.layout.bytes)));
  });
  rows.save();
  f.result(i32.const(STATUS.done));
  return rows.words(row);
}

function hasFrame(call: WindowCall): boolean {
  return !isRanking(call) && !isNeighbour(call);
}

/** `end` is where the partition's number changes; it has been set to the number of entries. */
function findPartitionEnd({ emitter, start, end }: PartitionCursor, entries: Local): void {
  const { f } = emitter;
  const numberAt = (index: Local): Val => i32.load(entryAt(entries, get(index)), SORT_ENTRY.partition);
  const at = f.let(i32.add(get(start), i32.const(1)));
  const number = f.let(numberAt(start));
  f.while(i32.ltU(get(at), get(end)), (exit) => {
    f.brIf(exit, i32.ne(numberAt(at), get(number)));
    f.set(at, i32.add(get(at), i32.const(1)));
  });
  f.set(end, get(at));
}

/** Keeps the bounds of the peers of the row at hand. `differs`: i32, whether a row that all rows from the one at hand up to it are equal to has another place in the order. */
function peersStep({ emitter, peerStart, peerEnd, row, first, end }: PartitionCursor, shape: RowSinkShape, differs: (at: Val) => Val): WindowStep {
  const { f } = emitter;
  return {
    begin: () => f.set(peerEnd, get(first)),
    row: () =>
      f.if(i32.eq(get(row), get(peerEnd)), () => {
        f.set(peerStart, get(row));
        if (shape.order.length === 0) {
          f.set(peerEnd, get(end));
          return;
        }
        f.set(peerEnd, i32.add(get(row), i32.const(1)));
        f.while(i32.ltU(get(peerEnd), get(end)), (exit) => {
          f.brIf(exit, differs(get(peerEnd)));
          f.set(peerEnd, i32.add(get(peerEnd), i32.const(1)));
        });
      }),
  };
}

/** Sorted entries have keys, which tell most rows apart. `exactWord`: uint32, whether they tell all. */
function differsFromEntryBefore({ emitter, record }: PartitionCursor, entries: Local, at: Val, exactWord: number): Val {
  const { f } = emitter;
  const entry = f.let(entryAt(entries, at));
  const differs = f.let(i64.ne(i64.load(get(entry)), i64.load(i32.sub(get(entry), i32.const(SORT_ENTRY.bytes)))));
  const isOpen = i32.and(i32.eqz(get(differs)), i32.eqz(get(emitter.stateWord(exactWord))));
  f.if(isOpen, () => f.set(differs, comparison(emitter, record, i32.load(get(entry), SORT_ENTRY.record))));
  return get(differs);
}

function differsFromRow({ emitter, record }: PartitionCursor, other: Local, { prefixEnd }: RowSinkShape): Val {
  const { f } = emitter;
  const differs = f.let(i64.ne(i64.load(get(record), SORT_RECORD.prefix), i64.load(get(other), SORT_RECORD.prefix)));
  if (prefixEnd.kind !== "all") f.if(i32.eqz(get(differs)), () => f.set(differs, comparison(emitter, record, get(other))));
  return get(differs);
}

/** i32: not 0 where two records differ in the order. */
function comparison({ f, state, parts }: SegmentEmitter, record: Local, other: Val): Val {
  return f.call(parts.module.reference("compare"), [get(state), get(record), other]);
}

function windowSteps(calls: readonly WindowResult[], shape: RowSinkShape, cursor: PartitionCursor, differs: (at: Val) => Val): WindowStep[] {
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
  const needsPeers = calls.some(({ call }) => asksForPeers(call) || (hasFrame(call) && frameAsksForPeers(call.frame)));
  return [...(needsPeers ? [peersStep(cursor, shape, differs)] : []), ...overFrames, ...single];
}
