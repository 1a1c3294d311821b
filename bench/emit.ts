import type { Column, Expr } from "../catalog/expression.ts";
import { columnExpr } from "../catalog/expression.ts";
import type { ColumnLayout } from "../catalog/table.ts";
import type { DataType } from "../catalog/types.ts";
import { BOOLEAN, DATE, decimal, DOUBLE, INT, LONG, STRING } from "../catalog/types.ts";
import type { Value } from "../catalog/values.ts";
import type { EmittedValue, ValueRange } from "../executor/emit/emitted-value.ts";
import { emitCondition, emitExpr, emitFilters } from "../executor/emit/expression.ts";
import { emitHash } from "../executor/emit/row-keys.ts";
import { storedRange } from "../executor/emit/value-range.ts";
import { instantiateKernels, kernelBytes } from "../executor/kernels/instantiate.ts";
import { SLOT_BYTES } from "../executor/pipeline/buffer-access.ts";
import { SegmentEmitter } from "../executor/pipeline/segment-emitter.ts";
import { HEADER, StateLayout } from "../executor/pipeline/state-layout.ts";
import type { Local, Val } from "../executor/wasm/instructions.ts";
import { get, i32, i64 } from "../executor/wasm/instructions.ts";
import { ModuleBuilder } from "../executor/wasm/module-builder.ts";

/**
 * Nanoseconds per row of single compiled expressions over columns in memory, one thread, warm: `node bench/emit.ts [part of a line]`. An expression's result is added up, so that
 * nothing is optimized away; the first line is the loop alone. The fastest of 40 runs counts: other work on the machine only ever adds time.
 */
const ROWS = 100_000;
const RUNS = 40;
const STATE = 65_536;
const HEAP = 1 << 20;
const DATA = 2 << 20;

interface BenchColumn {
  readonly column: Column;
  readonly layout: ColumnLayout;
  readonly range: ValueRange | undefined;
  readonly slot: { data: number; offsets: number; bytes: number };
}

const memory = new WebAssembly.Memory({ initial: 4096, maximum: 4096, shared: true });
const view = new DataView(memory.buffer);
const u8 = new Uint8Array(memory.buffer);
const kernels = instantiateKernels(new WebAssembly.Module(kernelBytes()), memory);
const columns: BenchColumn[] = [];
let free = DATA;

function reserve(bytes: number): number {
  const at = free;
  free += (bytes + 31) & ~15;
  return at;
}

/** Deterministic numbers in [0, n). */
let seed = 12345;
function random(n: number): number {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
  return (seed >>> 3) % n;
}

function fixed(type: DataType, width: 1 | 2 | 4 | 8, make: () => number): Expr {
  const data = reserve(ROWS * width);
  for (let row = 0; row < ROWS; row++) {
    const at = data + row * width;
    const value = make();
    if (type.kind === "double") view.setFloat64(at, value, true);
    else if (width === 1) view.setInt8(at, value);
    else if (width === 2) view.setInt16(at, value, true);
    else if (width === 4) view.setInt32(at, value, true);
    else view.setBigInt64(at, BigInt(value), true);
  }
  const layout = { kind: "fixed", width } as const;
  return add({ type, layout, range: storedRange(type, layout), slot: { data, offsets: 0, bytes: 0 } });
}

function text(make: () => string): Expr {
  const values = Array.from({ length: ROWS }, () => Buffer.from(make()));
  const offsets = reserve((ROWS + 1) * 4);
  const bytes = reserve(values.reduce((sum, v) => sum + v.length, 0));
  let at = 0;
  values.forEach((value, row) => {
    view.setInt32(offsets + 4 * row, at, true);
    u8.set(value, bytes + at);
    at += value.length;
  });
  view.setInt32(offsets + 4 * ROWS, at, true);
  return add({ type: STRING, layout: { kind: "utf8" }, range: undefined, slot: { data: 0, offsets, bytes } });
}

function add({ type, ...rest }: Omit<BenchColumn, "column"> & { type: DataType }): Expr {
  const column = { id: columns.length + 1, name: `c${columns.length + 1}`, type, nullable: false };
  columns.push({ column, ...rest });
  return columnExpr(column);
}

function call(name: string, args: readonly Expr[], type: DataType = BOOLEAN): Expr {
  return { kind: "call", name, args, type, nullable: false, mode: "ansi" };
}

function literal(value: Value, type: DataType): Expr {
  return { kind: "literal", value, type };
}

function and(...conditions: readonly Expr[]): Expr {
  return conditions.reduce((a, b) => call("and", [a, b]));
}

type Body = (emitter: SegmentEmitter, total: Local) => void;

function addTo(emitter: SegmentEmitter, total: Local, value: Val): void {
  const wide = value.type === "i32" ? i64.extendI32S(value) : value.type === "f64" ? i64.reinterpretF64(value) : value;
  emitter.f.set(total, i64.add(get(total), wide));
}

function sumOf(expr: Expr): Body {
  return (emitter, total) => {
    const value: EmittedValue = emitExpr(expr, emitter);
    for (const lane of value.lanes) if (lane.type !== "f32") addTo(emitter, total, lane);
  };
}

function sumWhere(condition: Expr, expr: Expr): Body {
  return (emitter, total) => {
    emitter.f.block((reject) => {
      emitFilters([condition], emitter, reject);
      sumOf(expr)(emitter, total);
    });
  };
}

/** The same with a jump after each conjunct. */
function sumWhereEach(conditions: readonly Expr[], expr: Expr): Body {
  return (emitter, total) => {
    emitter.f.block((reject) => {
      for (const condition of conditions) emitter.f.brIf(reject, i32.eqz(emitCondition(condition, emitter)));
      sumOf(expr)(emitter, total);
    });
  };
}

/** Only lines that hold this text are measured: `node bench/emit.ts LIKE`. */
const ONLY = process.argv[2] ?? "";

function measure(name: string, body: Body, width: "stored" | "full" = "stored"): void {
  if (!name.includes(ONLY)) return;
  const module = new ModuleBuilder();
  const state = new StateLayout();
  const { builder: f } = module.function("run", { params: ["i32", "i32", "i32"], results: ["i32"] }, true);
  const emitter = new SegmentEmitter({ module, state, sites: [], hosted: [], timeZone: "UTC", measure: false }, f);
  const slots = columns.map(({ column, layout, range }) => {
    const slot = state.reserve(SLOT_BYTES, 16);
    const bind = { kind: "buffer", type: column.type, layout, nulls: "none", slot, index: emitter.position, lifetime: "query" } as const;
    emitter.bind(column.id, bind);
    if (range !== undefined && width === "stored") {
      // The range that the stored width gives.
      const inner = -column.id;
      emitter.bind(inner, bind);
      emitter.bind(column.id, { kind: "computed", compute: () => ({ ...emitter.column(inner), range }) });
    }
    return slot;
  });
  const total = f.local("i64");
  const totalAt = state.reserve(8, 8);
  emitter.forEachRow(() => {
    body(emitter, total);
    f.store("i64", get(emitter.state), get(total), totalAt);
  });
  const bytes = module.encode();
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory }, kernels, host: { allocate: () => HEAP } });
  const run = instance.exports.run as (state: number, from: number, to: number) => number;
  const template = state.template();
  u8.fill(0, STATE, STATE + template.bytes);
  for (const constant of template.constants) u8.set(constant.bytes, STATE + constant.offset);
  view.setUint32(STATE + HEADER.heapBase, HEAP, true);
  view.setUint32(STATE + HEADER.heapEnd, DATA, true);
  columns.forEach(({ slot }, i) => {
    view.setUint32(STATE + slots[i], slot.data, true);
    view.setUint32(STATE + slots[i] + 8, slot.offsets, true);
    view.setUint32(STATE + slots[i] + 12, slot.bytes, true);
  });
  const times: number[] = [];
  for (let i = 0; i < RUNS + 5; i++) {
    const start = performance.now();
    // Entered anew for each morsel, as in a query: V8 does not replace a running loop.
    for (let row = 0; row < ROWS; row += 10_000) if (run(STATE, row, Math.min(row + 10_000, ROWS)) !== 0) throw new Error(`${name} raised`);
    if (i >= 5) times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  console.log(`${((times[0] * 1e6) / ROWS).toFixed(2).padStart(8)} ns  ${String(bytes.length).padStart(6)} bytes  ${name}`);
}

const PRICE = decimal(15, 2);
const price = fixed(PRICE, 4, () => random(10_494_950));
const discount = fixed(PRICE, 1, () => random(11));
const tax = fixed(PRICE, 1, () => random(9));
const quantity = fixed(PRICE, 2, () => 100 + random(50) * 100);
const price8 = fixed(PRICE, 8, () => random(10_494_950));
const discount8 = fixed(PRICE, 8, () => random(11));
const tax8 = fixed(PRICE, 8, () => random(9));
const shipdate = fixed(DATE, 2, () => 8036 + random(2500));
const long = fixed(LONG, 8, () => random(1_000_000_000));
const int = fixed(INT, 4, () => random(1_000_000_000));
const double = fixed(DOUBLE, 8, () => random(100_000_000) / 1000);
const WORDS = ["special", "requests", "carefully", "final", "deposits", "furiously", "quickly", "ironic", "accounts", "the", "of", "pending"];
const comment = text(() => Array.from({ length: 7 }, () => WORDS[random(WORDS.length)]).join(" "));
const phone = text(() => `${10 + random(25)}-${100 + random(900)}-${100 + random(900)}-${1000 + random(9000)}`);
const mode = text(() => ["AIR", "MAIL", "SHIP", "TRUCK", "REG AIR", "FOB", "RAIL"][random(7)]);

function netPrice(p: Expr, d: Expr): Expr {
  return call("*", [p, call("-", [literal(1n, decimal(1, 0)), d], decimal(16, 2))], decimal(32, 4));
}
function charge(p: Expr, d: Expr, t: Expr): Expr {
  return call("*", [netPrice(p, d), call("+", [literal(1n, decimal(1, 0)), t], decimal(16, 2))], decimal(38, 6));
}
const q6 = [
  call(">=", [shipdate, literal(8766, DATE)]),
  call("<", [shipdate, literal(9131, DATE)]),
  call(">=", [discount, literal(5n, PRICE)]),
  call("<=", [discount, literal(7n, PRICE)]),
  call("<", [quantity, literal(2400n, PRICE)]),
];
const yearOf = call("year", [shipdate], INT);

measure("loop alone", () => {});
measure("load a bigint", sumOf(long));
measure("bigint + bigint, checked", sumOf(call("+", [long, long], LONG)));
measure("bigint * bigint, checked", sumOf(call("*", [long, long], LONG)));
measure("int % literal", sumOf(call("%", [int, literal(7, INT)], INT)));
measure("bigint % literal", sumOf(call("%", [long, literal(7n, LONG)], LONG)));
measure("Q6: five comparisons and a product, narrow columns", sumWhere(and(...q6), call("*", [price, discount], decimal(31, 4))));
measure("Q6 with a jump after each comparison", sumWhereEach(q6, call("*", [price, discount], decimal(31, 4))));
measure("Q1: price * (1 - discount) * (1 + tax), narrow columns", sumOf(charge(price, discount, tax)));
measure("Q1: price * (1 - discount) * (1 + tax), 64-bit columns", sumOf(charge(price8, discount8, tax8)), "full");
measure("decimal / decimal", sumOf(call("/", [price8, call("+", [discount8, literal(100n, PRICE)], decimal(16, 2))], decimal(34, 19))), "full");
measure("CASE of two", sumOf({ kind: "case", branches: [{ when: call(">", [int, literal(500_000_000, INT)]), then: literal(1, INT) }], otherwise: literal(0, INT), type: INT, nullable: false }));
measure("year(date)", sumOf(yearOf));
measure("round(double, 2)", sumOf(call("round", [double, literal(2, INT)], DOUBLE)));
measure("exp(double / 1e6)", sumOf(call("exp", [call("/", [double, literal(1e6, DOUBLE)], DOUBLE)], DOUBLE)));
measure("text = 'SHIP'", sumOf(call("=", [mode, literal("SHIP", STRING)])));
measure("text IN of three", sumOf({ kind: "in", input: mode, list: ["AIR", "REG AIR", "MAIL"].map((v) => literal(v, STRING)), nullable: false }));
measure("text LIKE '%special%requests%'", sumOf(call("like", [comment, literal("%special%requests%", STRING)])));
measure("text LIKE 'special%'", sumOf(call("like", [comment, literal("special%", STRING)])));
measure("text LIKE '%s_ecial%'", sumOf(call("like", [comment, literal("%s_ecial%", STRING)])));
measure("substring(text, 1, 2) IN of seven", sumOf({ kind: "in", input: call("substring", [phone, literal(1, INT), literal(2, INT)], STRING), list: ["13", "31", "23", "29", "30", "18", "17"].map((v) => literal(v, STRING)), nullable: false }));
measure("length(text)", sumOf(call("length", [comment], INT)));
measure("upper(text)", sumOf(call("upper", [comment], STRING)));
measure("concat(text, text)", sumOf(call("concat", [mode, phone], STRING)));
measure("cast(text as bigint)", sumOf({ kind: "cast", input: call("substring", [phone, literal(4, INT), literal(3, INT)], STRING), type: LONG, nullable: false, mode: "ansi" }));
measure("cast(bigint as text)", sumOf({ kind: "cast", input: long, type: STRING, nullable: false, mode: "ansi" }));
measure("bigint IN of 50", sumOf({ kind: "in", input: long, list: Array.from({ length: 50 }, (_, i) => literal(BigInt(i * 977), LONG)), nullable: false }));
measure("hash of a bigint", (emitter, total) => addTo(emitter, total, emitHash([emitter.column(9)], emitter)));
measure("hash of a short text", (emitter, total) => addTo(emitter, total, emitHash([emitter.column(14)], emitter)));
measure("hash of a text of 45 bytes", (emitter, total) => addTo(emitter, total, emitHash([emitter.column(12)], emitter)));
measure("sqrt", sumOf(call("sqrt", [double], DOUBLE)));
