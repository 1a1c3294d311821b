import type { ColumnId, Expr } from "../../../catalog/expression.ts";
import { arithmeticOverflow } from "../../../catalog/runtime-errors.ts";
import type { EmittedValue } from "../../emit/emitted-value.ts";
import { emitCondition, emitExpr } from "../../emit/expression.ts";
import { anyNull } from "../../emit/null-flags.ts";
import { emitCompare } from "../../emit/row-keys.ts";
import { keepsBytes, loadField, storeField } from "../../pipeline/row-access.ts";
import type { RowField, RowLayout } from "../../pipeline/row-layout.ts";
import { fieldOf, rowLayout } from "../../pipeline/row-layout.ts";
import type { SegmentEmitter } from "../../pipeline/segment-emitter.ts";
import { HEADER } from "../../pipeline/state-layout.ts";
import type { Local, Val } from "../../wasm/instructions.ts";
import { f64, get, i32, i64 } from "../../wasm/instructions.ts";
import type { RowStoreState } from "../row-store.ts";
import { copyBytes, storedValue, storeValues } from "../row-store.ts";
import type { AggregateState } from "./aggregate-plan.ts";
import { columnsOfState } from "./aggregate-plan.ts";
import { mergeComoments, mergeMoments, updateComoments, updateMoments } from "./moments.ts";
import { appendValue, VALUES_NODE } from "./value-lists.ts";

/** Compiled changes of a group's states: a fresh group, one more row, another group of the same keys. */

/** Node of a collected list: uint32 next node, morsel, position in it, padding; then the arguments. */
export const NODE = { next: 0, morsel: 4, position: 8, header: 16 } as const;

export function nodeLayout(state: Extract<AggregateState, { kind: "collect" }>): RowLayout {
  return rowLayout(NODE.header, state.args.map((column) => ({ column })));
}

/** A fresh group: counts are 0, everything that can be NULL is. */
export function initializeStates(emitter: SegmentEmitter, layout: RowLayout, states: readonly AggregateState[], row: Val): void {
  const { f } = emitter;
  for (const state of states) {
    for (const column of columnsOfState(state)) {
      const field = fieldOf(layout, column.id);
      if (field.nullOffset !== undefined) f.store("i32.8", row, i32.const(1), field.nullOffset);
      zero(emitter, field, row);
    }
  }
}

function zero(emitter: SegmentEmitter, field: RowField, row: Val): void {
  const { f } = emitter;
  switch (field.storage.kind) {
    case "i8":
      f.store("i32.8", row, i32.const(0), field.offset);
      return;
    case "i16":
      f.store("i32.16", row, i32.const(0), field.offset);
      return;
    case "i32":
    case "f32":
    case "code":
      f.store("i32", row, i32.const(0), field.offset);
      return;
    case "i64":
    case "f64":
    case "bytes":
      f.store("i64", row, i64.const(0n), field.offset);
      return;
    case "i128":
      f.store("i64", row, i64.const(0n), field.offset);
      f.store("i64", row, i64.const(0n), field.offset + 8);
      return;
  }
}

/** Upper bound of string bytes that one row's updates take; undefined: none. Evaluates arguments, as the updates do. */
export function bytesForUpdate(emitter: SegmentEmitter, layout: RowLayout, states: readonly AggregateState[]): Val | undefined {
  const parts: Val[] = [];
  for (const state of states) {
    if (state.kind === "extreme" && keepsBytes(fieldOf(layout, state.column.id)) && emitter.lifetimeOf(state.arg) !== "query") {
      parts.push(whenWanted(emitter, state.filter, () => emitExpr(state.arg, emitter).lanes[1]));
    } else if (state.kind === "values") {
      parts.push(i32.const(VALUES_NODE.bytes + 8));
    } else if (state.kind === "collect") {
      const node = nodeLayout(state);
      parts.push(
        whenWanted(emitter, state.filter, () => {
          const values = collectedValues(emitter, state, node);
          const copied = values.filter((v) => v.copy).map((v) => v.value.lanes[1]);
          return copied.reduce((a, b) => i32.add(a, b), i32.const(node.bytes + 8));
        }),
      );
    }
  }
  return parts.length === 0 ? undefined : parts.reduce((a, b) => i32.add(a, b));
}

function whenWanted(emitter: SegmentEmitter, filter: Expr | undefined, value: () => Val): Val {
  if (filter === undefined) return value();
  const { f } = emitter;
  const result = f.local("i32");
  f.set(result, i32.const(0));
  onlyIf(emitter, filter, () => f.set(result, value()));
  return get(result);
}

function onlyIf(emitter: SegmentEmitter, filter: Expr | undefined, body: () => void): void {
  if (filter === undefined) body();
  else emitter.f.if(emitCondition(filter, emitter), () => emitter.scoped(body));
}

function ifNotNull(emitter: SegmentEmitter, value: EmittedValue, body: () => void): void {
  if (value.isNull === undefined) body();
  else emitter.f.if(i32.eqz(value.isNull), () => emitter.scoped(body));
}

/** One more row. Room for bytes has been ensured. */
export function updateStates(emitter: SegmentEmitter, layout: RowLayout, states: readonly AggregateState[], row: Local, store: RowStoreState): void {
  for (const state of states) {
    onlyIf(emitter, state.filter, () => updateState(emitter, layout, state, row, store));
  }
}

function updateState(emitter: SegmentEmitter, layout: RowLayout, state: AggregateState, row: Local, store: RowStoreState): void {
  const { f } = emitter;
  const at = get(row);
  const field = (id: ColumnId) => fieldOf(layout, id);
  switch (state.kind) {
    case "count": {
      const flags = state.args.map((arg) => emitExpr(arg, emitter).isNull).filter((n) => n !== undefined);
      const add = flags.length === 0 ? i64.const(1n) : i64.extendI32U(i32.eqz(flags.reduce((a, b) => i32.or(a, b))));
      const { offset } = field(state.column.id);
      f.store("i64", at, i64.add(i64.load(at, offset), add), offset);
      return;
    }
    case "sum": {
      const value = emitExpr(state.arg, emitter);
      ifNotNull(emitter, value, () => addTo(emitter, field(state.column.id), at, value));
      return;
    }
    case "extreme": {
      const value = emitExpr(state.arg, emitter);
      ifNotNull(emitter, value, () => improve(emitter, field(state.column.id), row, value, state.want, store, emitter.lifetimeOf(state.arg) !== "query"));
      return;
    }
    case "moments": {
      const value = emitExpr(state.arg, emitter);
      ifNotNull(emitter, value, () => updateMoments(emitter, layout, state, at, value.lanes[0]));
      return;
    }
    case "comoments": {
      const [x, y] = state.args.map((arg) => emitExpr(arg, emitter));
      const isNull = anyNull(f, [x, y]);
      ifNotNull(emitter, { ...x, isNull }, () => updateComoments(emitter, layout, state, at, x.lanes[0], y.lanes[0]));
      return;
    }
    case "values": {
      const list = field(state.list.id);
      const value = emitExpr(state.arg, emitter);
      ifNotNull(emitter, value, () => appendValue(emitter, list, at, value, store, (node) => linkNodes(emitter, list, at, get(node), get(node))));
      return;
    }
    case "collect":
      appendNode(emitter, field(state.list.id), state, at, store);
      return;
  }
}

/** Adds a value, widened to the field's accumulator. */
function addTo(emitter: SegmentEmitter, field: RowField, row: Val, value: EmittedValue): void {
  const { f } = emitter;
  const { offset } = field;
  if (field.nullOffset !== undefined) f.store("i32.8", row, i32.const(0), field.nullOffset);
  const [low, high] = value.lanes;
  switch (field.storage.kind) {
    case "f64":
      f.store("f64", row, f64.add(f64.load(row, offset), low.type === "f32" ? f64.promoteF32(low) : low), offset);
      return;
    case "i64":
      f.store("i64", row, i64.add(i64.load(row, offset), low.type === "i32" ? i64.extendI32S(low) : low), offset);
      return;
    default: {
      const before = f.let(i64.load(row, offset));
      const sum = f.let(i64.add(get(before), low));
      const carry = i64.extendI32U(i64.ltU(get(sum), get(before)));
      const upper = high ?? i64.shrS(low, i64.const(63n));
      f.store("i64", row, get(sum), offset);
      const beforeUpper = f.let(i64.load(row, offset + 8));
      const sumUpper = f.let(i64.add(i64.add(get(beforeUpper), upper), carry));
      f.store("i64", row, get(sumUpper), offset + 8);
      if (high === undefined) return;
      // Wide values can leave 128 bits: both operands of one sign and a result of the other.
      const flipped = i64.and(i64.xor(get(beforeUpper), get(sumUpper)), i64.xor(upper, get(sumUpper)));
      f.if(i64.ltS(flipped, i64.const(0n)), () =>
        emitter.raise({ operands: [], toError: () => arithmeticOverflow("try_sum") }, []),
      );
    }
  }
}

function improve(
  emitter: SegmentEmitter,
  field: RowField,
  row: Local,
  value: EmittedValue,
  want: "min" | "max",
  store: RowStoreState,
  copy: boolean,
): void {
  const { f } = emitter;
  const current = loadField(emitter, { ...field, nullOffset: undefined }, row, false);
  const order = emitCompare(value, current, emitter);
  const better = want === "min" ? i32.ltS(order, i32.const(0)) : i32.gtS(order, i32.const(0));
  const empty = field.nullOffset === undefined ? i32.const(0) : i32.load8u(get(row), field.nullOffset);
  f.if(i32.or(empty, better), () => {
    emitter.scoped(() => {
      const kept = { ...value, isNull: undefined };
      if (keepsBytes(field) && copy) {
        const address = copyBytes(emitter, store, value.lanes[0], value.lanes[1]);
        storeField(emitter, field, get(row), kept, [get(address), value.lanes[1]]);
      } else {
        storeField(emitter, field, get(row), kept);
      }
    });
  });
}

function collectedValues(emitter: SegmentEmitter, state: Extract<AggregateState, { kind: "collect" }>, node: RowLayout) {
  const inputs = [...state.call.args, ...(state.call.orderBy ?? []).map((o) => o.expr)];
  return inputs.map((arg, i) => storedValue(emitter, node.fields[i], arg, emitExpr(arg, emitter)));
}

function appendNode(
  emitter: SegmentEmitter,
  list: RowField,
  state: Extract<AggregateState, { kind: "collect" }>,
  row: Val,
  store: RowStoreState,
): void {
  const { f } = emitter;
  const layout = nodeLayout(state);
  const values = collectedValues(emitter, state, layout);
  const block = get(emitter.state);
  const node = f.let(i32.and(i32.add(i32.load(block, store.bytes), i32.const(7)), i32.const(-8)));
  f.store("i32", block, i32.add(get(node), i32.const(layout.bytes)), store.bytes);
  f.store("i32", get(node), i32.const(0), NODE.next);
  f.store("i32", get(node), i32.load(block, HEADER.morsel), NODE.morsel);
  f.store("i32", get(node), get(emitter.position), NODE.position);
  storeValues(emitter, store, get(node), values);
  linkNodes(emitter, list, row, get(node), get(node));
}

/** Hangs the nodes first..last behind the list's end. */
function linkNodes(emitter: SegmentEmitter, list: RowField, row: Val, first: Val, last: Val): void {
  const { f } = emitter;
  const tail = f.let(i32.load(row, list.offset + 4));
  f.if(
    get(tail),
    () => f.store("i32", get(tail), first, NODE.next),
    () => f.store("i32", row, first, list.offset),
  );
  f.store("i32", row, last, list.offset + 4);
}

/** Adds another record of the same group to `row`. Strings stay where they are: both records live to the end of the query. */
export function mergeStates(emitter: SegmentEmitter, layout: RowLayout, states: readonly AggregateState[], row: Local, other: Local, store: RowStoreState): void {
  const { f } = emitter;
  const into = get(row);
  const from = get(other);
  for (const state of states) {
    switch (state.kind) {
      case "count": {
        const { offset } = fieldOf(layout, state.column.id);
        f.store("i64", into, i64.add(i64.load(into, offset), i64.load(from, offset)), offset);
        break;
      }
      case "sum": {
        const field = fieldOf(layout, state.column.id);
        const value = loadField(emitter, field, other, false);
        ifNotNull(emitter, value, () => addTo(emitter, field, into, value));
        break;
      }
      case "extreme": {
        const field = fieldOf(layout, state.column.id);
        const value = loadField(emitter, field, other, false);
        ifNotNull(emitter, value, () => improve(emitter, field, row, value, state.want, store, false));
        break;
      }
      case "moments":
        mergeMoments(emitter, layout, state, into, from);
        break;
      case "comoments":
        mergeComoments(emitter, layout, state, into, from);
        break;
      case "values":
      case "collect": {
        const { offset } = fieldOf(layout, state.list.id);
        f.if(i32.load(from, offset), () => {
          const field = fieldOf(layout, state.list.id);
          linkNodes(emitter, field, into, i32.load(from, offset), i32.load(from, offset + 4));
        });
        break;
      }
    }
  }
}
