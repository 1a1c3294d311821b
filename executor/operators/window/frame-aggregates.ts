import type { AggregateCall, Column, WindowCall } from "../../../catalog/expression.ts";
import { JoinedValue } from "../../emit/joined-value.ts";
import { storeField } from "../../pipeline/row-access.ts";
import type { RowLayout } from "../../pipeline/row-layout.ts";
import { fieldOf, rowLayout } from "../../pipeline/row-layout.ts";
import type { StateLayout } from "../../pipeline/state-layout.ts";
import type { Local, Val } from "../../wasm/instructions.ts";
import { get, i32, i64, select } from "../../wasm/instructions.ts";
import type { AggregatePlan } from "../aggregate/aggregate-plan.ts";
import { columnsOfState, planAggregate } from "../aggregate/aggregate-plan.ts";
import { emitAggregateResult } from "../aggregate/aggregate-results.ts";
import { bytesForUpdate, initializeStates, mergeStates, updateStates } from "../aggregate/state-updates.ts";
import { reserveRowStore } from "../row-store.ts";
import type { FrameBounds } from "./frame-bounds.ts";
import type { PartitionCursor, WindowStep } from "./partition-cursor.ts";
import { reading } from "./partition-cursor.ts";
import type { RowReader } from "./partition-rows.ts";

export interface AggregateOverFrame {
  readonly column: Column;
  readonly call: WindowCall;
}

function asAggregate({ name, args, distinct, filter, type, nullable, mode, span }: WindowCall): AggregateCall {
  return { name, args, distinct, type, nullable, mode, ...(filter === undefined ? {} : { filter }), ...(span === undefined ? {} : { span }) };
}

function planOf(calls: readonly AggregateOverFrame[]): AggregatePlan {
  // A frame can be empty.
  return planAggregate(calls.map(({ column, call }) => ({ column, call: asAggregate(call) })), { grouped: false, emit: true });
}

/** What no pool has: asked for where states take more than addresses can tell. */
const TOO_MANY_BYTES = 2n ** 32n - 1n;

/** Whether the aggregate is kept as a running state. */
export function isRunningAggregate(call: WindowCall): boolean {
  const column: Column = { id: 0, name: call.name, type: call.type, nullable: true };
  return !call.ignoreNulls && planOf([{ column, call }]).states.every((state) => state.kind !== "collect" && state.kind !== "values");
}

/**
 * Aggregates over one kind of frame, each row of which enters once and leaves once. Nothing is ever subtracted: sums of doubles would keep errors of what
 * has left, and extremes have no inverse. What has entered is in the state `back`; when rows of it leave, the rest becomes a stack of states, each of a row
 * and all behind it, from which leaving is free. Source: Tangwongsan, Hirzel, Schneider, "Low-Latency Sliding-Window Aggregation in Worst-Case Constant Time"
 * (the amortized two-stacks form).
 */
export function frameAggregateStep(calls: readonly AggregateOverFrame[], moves: boolean, frame: FrameBounds, cursor: PartitionCursor, grow: (bytes: Val) => Val): WindowStep {
  return new FrameAggregates(calls, moves, frame, cursor, grow).step();
}

class FrameAggregates {
  readonly #calls: readonly AggregateOverFrame[];
  /** The frame's start moves within a partition. */
  readonly #moves: boolean;
  readonly #frame: FrameBounds;
  readonly #cursor: PartitionCursor;
  readonly #grow: (bytes: Val) => Val;
  readonly #plan: AggregatePlan;
  readonly #layout: RowLayout;
  readonly #store;
  /** Addresses of states: of rows that have entered since the stack was made, and of the whole frame. */
  readonly #back: Local;
  readonly #total: Local;
  /** Address of the stack's first state, that of row `stackStart`; its capacity in bytes. */
  readonly #stack: Local;
  readonly #capacity: Local;
  readonly #stackStart: Local;
  readonly #reader: RowReader;
  /** Makes room for bytes that `back` has a copy of, where rows go away before their states do. */
  readonly #ensureBytes: ((bytes: Val) => void) | undefined;
  /** Rows from `from` are in the stack up to `middle`, in `back` from there up to `to`. */
  readonly #from: Local;
  readonly #middle: Local;
  readonly #to: Local;

  constructor(calls: readonly AggregateOverFrame[], moves: boolean, frame: FrameBounds, cursor: PartitionCursor, grow: (bytes: Val) => Val) {
    const { emitter, rows } = cursor;
    const { state } = emitter.parts;
    this.#calls = calls;
    this.#moves = moves;
    this.#frame = frame;
    this.#cursor = cursor;
    this.#grow = grow;
    this.#plan = planOf(calls);
    this.#layout = rowLayout(0, this.#plan.states.flatMap(columnsOfState).map((column) => ({ column })));
    this.#store = reserveRowStore(state, this.#layout, 1);
    const back = stateBytes(state, this.#layout);
    this.#back = emitter.stateAddress(back);
    this.#total = emitter.stateAddress(stateBytes(state, this.#layout));
    [this.#stack, this.#capacity, this.#stackStart, this.#from, this.#middle, this.#to] = Array.from({ length: 6 }, () => rows.kept());
    this.#reader = rows.reader(moves);
    // States of a frame that moves point to rows which are in the frame.
    this.#ensureBytes = moves ? undefined : rows.keepBytes?.(this.#store.bytes, back, this.#layout);
  }

  step(): WindowStep {
    const { f } = this.#cursor.emitter;
    const results = this.#plan.results.map((result) => new JoinedValue(f, result.column.type, true));
    const changed = f.local("i32");
    return {
      begin: () => {
        for (const at of [this.#from, this.#middle, this.#to]) f.set(at, get(this.#cursor.start));
        this.#empty(this.#back);
      },
      row: () => {
        f.set(changed, i32.eq(get(this.#cursor.row), get(this.#cursor.first)));
        // Rows that are passed by are never read.
        if (this.#moves) this.#leave(changed);
        this.#enter(changed);
        f.if(get(changed), () => this.#assignResults(results));
        this.#calls.forEach(({ column }, i) => {
          storeField(this.#cursor.emitter, fieldOf(this.#cursor.layout, column.id), get(this.#cursor.record), results[i].value());
        });
      },
    };
  }

  #empty(state: Local): void {
    const { emitter } = this.#cursor;
    emitter.scoped(() => initializeStates(emitter, this.#layout, this.#plan.states, get(state)));
  }

  #add(row: Local, state: Local): void {
    const { emitter } = this.#cursor;
    const { states } = this.#plan;
    const update = (): void => {
      const bytes = bytesForUpdate(emitter, this.#layout, states);
      if (bytes !== undefined) this.#ensureBytes?.(bytes);
      updateStates(emitter, this.#layout, states, state, this.#store);
    };
    const record = this.#reader.recordAt(get(row), this.#moves ? get(this.#from) : undefined);
    reading(this.#cursor, record, update, this.#ensureBytes === undefined ? "query" : "row");
  }

  #merge(into: Local, from: Local): void {
    const { emitter } = this.#cursor;
    emitter.scoped(() => mergeStates(emitter, this.#layout, this.#plan.states, into, from, this.#store));
  }

  #enter(changed: Local): void {
    const { f } = this.#cursor.emitter;
    f.while(i32.ltU(get(this.#to), get(this.#frame.to)), () => {
      this.#add(this.#to, this.#back);
      f.set(this.#to, i32.add(get(this.#to), i32.const(1)));
      f.set(changed, i32.const(1));
    });
  }

  #leave(changed: Local): void {
    const { f } = this.#cursor.emitter;
    f.if(i32.ltU(get(this.#from), get(this.#frame.from)), () => {
      f.set(changed, i32.const(1));
      f.set(this.#from, get(this.#frame.from));
      f.if(i32.gtU(get(this.#from), get(this.#middle)), () => {
        this.#empty(this.#back);
        // An empty frame may begin beyond what has entered.
        f.if(i32.gtU(get(this.#from), get(this.#to)), () => f.set(this.#to, get(this.#from)));
        this.#restack();
        f.set(this.#middle, get(this.#to));
      });
    });
  }

  /** States of the rows from..to, the last one first. */
  #restack(): void {
    const { f } = this.#cursor.emitter;
    const { bytes } = this.#layout;
    const wanted = f.let(i64.mul(i64.extendI32U(i32.sub(get(this.#to), get(this.#from))), i64.const(BigInt(bytes))));
    f.if(i64.gtU(get(wanted), i64.extendI32U(get(this.#capacity))), () => {
      const doubled = f.let(i64.shl(get(wanted), i64.const(1n)));
      f.set(this.#capacity, i32.wrapI64(select(i64.gtU(get(doubled), i64.const(TOO_MANY_BYTES)), i64.const(TOO_MANY_BYTES), get(doubled))));
      f.set(this.#stack, this.#grow(get(this.#capacity)));
    });
    f.set(this.#stackStart, get(this.#from));
    const row = f.let(get(this.#to));
    const state = f.let(i32.add(get(this.#stack), i32.wrapI64(get(wanted))));
    const behind = f.local("i32");
    f.while(i32.gtU(get(row), get(this.#from)), () => {
      f.set(row, i32.sub(get(row), i32.const(1)));
      f.set(behind, get(state));
      f.set(state, i32.sub(get(state), i32.const(bytes)));
      this.#empty(state);
      this.#add(row, state);
      f.if(i32.ltU(i32.add(get(row), i32.const(1)), get(this.#to)), () => this.#merge(state, behind));
    });
  }

  #assignResults(results: readonly JoinedValue[]): void {
    const { emitter } = this.#cursor;
    const { f } = emitter;
    const source = f.let(get(this.#back));
    if (this.#moves) {
      f.if(i32.ltU(get(this.#from), get(this.#middle)), () => {
        const top = i32.add(get(this.#stack), i32.mul(i32.sub(get(this.#from), get(this.#stackStart)), i32.const(this.#layout.bytes)));
        f.copyMemory(get(this.#total), top, i32.const(this.#layout.bytes));
        this.#merge(this.#total, this.#back);
        f.set(source, get(this.#total));
      });
    }
    emitter.scoped(() => {
      for (const field of this.#layout.fields) emitter.bind(field.id, { kind: "row", field, pointer: source, optional: false, lifetime: "query" });
      this.#plan.results.forEach((result, i) => results[i].assign(this.#cursor.rows.result(emitAggregateResult(emitter, result))));
    });
  }
}

/** Offset of room for one state, 8-byte aligned. */
function stateBytes(state: StateLayout, layout: RowLayout): number {
  return state.reserve(layout.bytes, 16);
}
