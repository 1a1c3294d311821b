import { existsSync } from "node:fs";
import { SparrowError } from "../../catalog/errors.ts";
import type { Column, Expr, LiteralExpr } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import { isNested } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import type { EmitContext, ErrorSite } from "../../executor/emit/emit-context.ts";
import type { EmittedValue, ValueRange } from "../../executor/emit/emitted-value.ts";
import { laneKind, laneTypes } from "../../executor/emit/emitted-value.ts";
import { emitExpr } from "../../executor/emit/expression.ts";
import { decodeValue, encodeValue } from "../../executor/nested/encoding.ts";
import { instantiateKernels, kernelBytes } from "../../executor/kernels/instantiate.ts";
import { kernelSignatures } from "../../executor/kernels/kernel-signatures.ts";
import type { FunctionBuilder } from "../../executor/wasm/function-builder.ts";
import type { Local, StoreWidth, Val, ValType } from "../../executor/wasm/instructions.ts";
import { f32, f64, get, i32, i64 } from "../../executor/wasm/instructions.ts";
import { ModuleBuilder } from "../../executor/wasm/module-builder.ts";

/** Bytes of a value in the test's memory: two lanes of 8 bytes, then the null flag. */
const CELL = 24;
const ERROR_AT = 64;
/** Cells of literals lie between these two, rows behind. */
const CONSTANTS = 1024;
/** `EMIT_HIGH=1` puts rows and bytes above 2 GiB, where addresses are negative to JavaScript. */
const BASE = process.env.EMIT_HIGH === "1" ? 2 ** 31 : 0;
const DATA = BASE + (1 << 17);
const HEAP = BASE + (8 << 20);
const PAGES = 512 + BASE / 65_536;
const LAST_CONSTANT = 1 << 17;

export interface RunOutcome {
  /** By row, up to the one that raised. */
  readonly values: readonly Value[];
  readonly error: SparrowError | undefined;
}

interface Cells {
  readonly view: DataView;
  readonly bytes: Uint8Array;
  heap: number;
}

function putBytes(cells: Cells, bytes: Uint8Array): number {
  const at = cells.heap;
  cells.bytes.set(bytes, at);
  cells.heap += (bytes.length + 31) & ~15;
  return at;
}

export function encodeText(value: string | Uint8Array): Uint8Array {
  return typeof value === "string" ? new TextEncoder().encode(value) : value;
}

/** NULL cells hold garbage in their lanes on purpose, as columns do. */
function putValue(cells: Cells, at: number, type: DataType, value: Value): void {
  const { view } = cells;
  view.setUint32(at + 16, value === null ? 1 : 0, true);
  if (value === null) {
    const kind = laneKind(type);
    if (kind === "bytes") {
      view.setUint32(at, HEAP, true);
      view.setUint32(at + 8, (at / CELL) % 19, true);
    } else if (type.kind === "boolean") view.setInt32(at, 1, true);
    else if (kind === "i32") view.setInt32(at, [0, -1, 127, -128][(at / CELL) & 3], true);
    else view.setBigInt64(at, [0n, -(2n ** 63n), 7n, -1n][(at / CELL) & 3], true);
    return;
  }
  switch (laneKind(type)) {
    case "i32":
      view.setInt32(at, Number(value), true);
      break;
    case "i64":
      view.setBigInt64(at, value as bigint, true);
      break;
    case "f32":
      view.setFloat32(at, value as number, true);
      break;
    case "f64":
      view.setFloat64(at, value as number, true);
      break;
    case "i128":
      view.setBigInt64(at, BigInt.asIntN(64, value as bigint), true);
      view.setBigInt64(at + 8, BigInt.asIntN(64, (value as bigint) >> 64n), true);
      break;
    case "bytes": {
      const bytes = typeof value === "string" || value instanceof Uint8Array ? encodeText(value) : encodeValue(type, value);
      view.setUint32(at, putBytes(cells, bytes), true);
      view.setUint32(at + 8, bytes.length, true);
      break;
    }
  }
}

function getValue({ view, bytes }: Cells, at: number, type: DataType): Value {
  if (view.getUint32(at + 16, true) !== 0) return null;
  switch (laneKind(type)) {
    case "i32":
      return type.kind === "boolean" ? view.getInt32(at, true) === 1 : view.getInt32(at, true);
    case "i64":
      return view.getBigInt64(at, true);
    case "f32":
      return view.getFloat32(at, true);
    case "f64":
      return view.getFloat64(at, true);
    case "i128":
      return (view.getBigInt64(at + 8, true) << 64n) | view.getBigUint64(at, true);
    case "bytes": {
      const start = view.getUint32(at, true);
      const copy = bytes.slice(start, start + view.getUint32(at + 8, true));
      if (isNested(type)) return decodeValue(type, copy);
      return type.kind === "binary" ? copy : new TextDecoder("utf-8", { fatal: true }).decode(copy);
    }
  }
}

function loadLane(type: ValType, address: Val, offset: number): Val {
  switch (type) {
    case "i32":
      return i32.load(address, offset);
    case "i64":
      return i64.load(address, offset);
    case "f32":
      return f32.load(address, offset);
    default:
      return f64.load(address, offset);
  }
}

function storeCell(f: FunctionBuilder, address: Val, value: EmittedValue, offset = 0): void {
  value.lanes.forEach((lane, i) => f.store(lane.type as StoreWidth, address, lane, offset + 8 * i));
  f.store("i32", address, value.isNull ?? i32.const(0), offset + 16);
}

/** Builds `run(first, rows)` over cells; what a pipeline does around expressions, at its simplest. */
class CellContext implements EmitContext {
  readonly f: FunctionBuilder;
  readonly timeZone: string;
  readonly sites: ErrorSite[] = [];
  readonly #module: ModuleBuilder;
  readonly #columns: readonly Column[];
  readonly #cells: Cells;
  readonly #row: Local;
  readonly #scopes: Map<string, EmittedValue>[] = [new Map()];
  readonly #dictionaries: ReadonlyMap<number, readonly Value[]>;
  readonly #ranges: readonly (ValueRange | undefined)[];
  #constants = CONSTANTS;

  constructor(module: ModuleBuilder, f: FunctionBuilder, columns: readonly Column[], cells: Cells, row: Local, timeZone: string, dictionaries: ReadonlyMap<number, readonly Value[]>, ranges: readonly (ValueRange | undefined)[]) {
    this.#dictionaries = dictionaries;
    this.#ranges = ranges;
    this.#module = module;
    this.f = f;
    this.#columns = columns;
    this.#cells = cells;
    this.#row = row;
    this.timeZone = timeZone;
  }

  column = (id: number): EmittedValue => {
    const key = `#${id}`;
    const known = this.remembered(key);
    if (known !== undefined) return known;
    const position = this.#columns.findIndex((c) => c.id === id);
    const column = this.#columns[position];
    const address = i32.add(get(this.#row), i32.const(position * CELL));
    const lanes = laneTypes(laneKind(column.type)).map((type, i) => get(this.f.let(loadLane(type, address, 8 * i))));
    const isNull = column.nullable ? get(this.f.let(i32.load(address, 16))) : undefined;
    const nowhere = this.f.hoisted(i32.const(0));
    const entries = this.#dictionaries.get(id)?.length;
    const dictionary = entries === undefined ? undefined : { code: get(this.f.let(i32.load(address, 4))), key: `d${id}`, entries, offsets: nowhere, bytes: nowhere };
    const value = { type: column.type, lanes, isNull, dictionary, range: this.#ranges[position] };
    this.remember(key, value);
    return value;
  };

  literal = (literal: LiteralExpr): EmittedValue => {
    const at = this.#constants;
    this.#constants += CELL;
    if (at + CELL > LAST_CONSTANT) throw new Error("too many constants");
    putValue(this.#cells, at, literal.type, literal.value);
    const lanes = laneTypes(laneKind(literal.type)).map((type, i) => get(this.f.hoisted(loadLane(type, i32.const(at), 8 * i))));
    return { type: literal.type, lanes, isNull: undefined };
  };

  constantBytes = (bytes: Uint8Array): Local => this.f.hoisted(i32.const(putBytes(this.#cells, bytes)));

  scoped = (body: () => void): void => {
    this.#scopes.push(new Map());
    body();
    this.#scopes.pop();
  };

  remembered = (key: string): EmittedValue | undefined => this.#scopes.findLast((scope) => scope.has(key))?.get(key);

  remember = (key: string, value: EmittedValue): void => {
    this.#scopes.at(-1)?.set(key, value);
  };

  raise = (site: ErrorSite, operands: readonly EmittedValue[]): void => {
    this.sites.push(site);
    operands.forEach((operand, i) => storeCell(this.f, i32.const(ERROR_AT), operand, i * CELL));
    this.f.return(i32.const(this.sites.length));
  };

  kernel = (name: string) => {
    const type = kernelSignatures[name];
    if (type === undefined) throw new Error(`no kernel ${name}`);
    return this.#module.import("kernels", name, type);
  };

  /** The address of the next free byte is kept in memory. */
  allocate = (bytes: Val): Local => {
    const at = this.f.let(i32.load(i32.const(16)));
    this.f.store("i32", i32.const(16), i32.add(get(at), i32.and(i32.add(bytes, i32.const(31)), i32.const(-16))));
    return at;
  };
}

function boundsOf(values: readonly Value[]): ValueRange | undefined {
  const numbers = values.filter((v) => typeof v === "bigint" || Number.isInteger(v)).map((v) => BigInt(v as bigint | number));
  if (numbers.length < values.filter((v) => v !== null).length || numbers.length === 0) return undefined;
  return { min: numbers.reduce((a, b) => (a < b ? a : b)), max: numbers.reduce((a, b) => (a > b ? a : b)) };
}

let kernels: WebAssembly.Module | undefined;

async function kernelModule(): Promise<WebAssembly.Module> {
  if (kernels === undefined) {
    if (!existsSync(new URL("../../executor/kernels/kernels.wasm", import.meta.url))) await (await import("../../executor/kernels/build.mjs")).buildKernels();
    kernels = new WebAssembly.Module(kernelBytes());
  }
  return kernels;
}

let memory: WebAssembly.Memory | undefined;

export interface RunOptions {
  readonly timeZone?: string;
  /** Columns that are dictionary-coded. */
  readonly coded?: readonly Column[];
  /** Columns of integers and decimals tell the bounds of their values. */
  readonly ranged?: boolean;
}

export type Emit = (ctx: EmitContext) => EmittedValue;

/** Runs what `emit` writes for every row. The module must be valid. */
export async function runRows(
  emit: Emit,
  resultType: DataType,
  columns: readonly Column[],
  rows: readonly (readonly Value[])[],
  { timeZone = "UTC", coded = [], ranged = false }: RunOptions = {},
): Promise<RunOutcome> {
  memory ??= new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true });
  const shared = memory;
  const cells: Cells = { view: new DataView(shared.buffer), bytes: new Uint8Array(shared.buffer), heap: HEAP };
  const stride = (columns.length + 1) * CELL;
  if (DATA + rows.length * stride > HEAP) throw new Error("too many rows");
  const module = new ModuleBuilder();
  const { builder: f } = module.function("run", { params: ["i32", "i32", "i32"], results: ["i32"] }, true);
  const row = f.param(0);
  const dictionaries = new Map(coded.map((c) => [c.id, [...new Set(rows.map((r) => r[columns.indexOf(c)]))].filter((v) => v !== null)]));
  const ranges = ranged ? columns.map((_, c) => boundsOf(rows.map((r) => r[c]))) : [];
  const ctx = new CellContext(module, f, columns, cells, row, timeZone, dictionaries, ranges);
  f.while(i32.ltU(get(row), get(f.param(1))), () => {
    f.store("i32", get(f.param(2)), get(row));
    ctx.scoped(() => {
      const value = emit(ctx);
      if (value.lanes.length !== laneTypes(laneKind(resultType)).length) throw new Error(`wrong lanes for ${resultType.kind}`);
      storeCell(f, i32.add(get(row), i32.const(columns.length * CELL)), value);
    });
    f.set(row, i32.add(get(row), i32.const(stride)));
  });
  f.result(i32.const(0));
  rows.forEach((values, r) =>
    values.forEach((value, c) => {
      const at = DATA + r * stride + c * CELL;
      putValue(cells, at, columns[c].type, value);
      const dictionary = dictionaries.get(columns[c].id);
      if (dictionary !== undefined) cells.view.setInt32(at + 4, value === null ? -5 : dictionary.indexOf(value), true);
    }),
  );
  cells.view.setUint32(16, cells.heap, true);
  const bytes = module.encode();
  if (!WebAssembly.validate(bytes)) {
    // Compiling says what is wrong.
    await WebAssembly.compile(bytes);
    throw new Error("invalid module");
  }
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory: shared }, kernels: instantiateKernels(await kernelModule(), shared) });
  const run = instance.exports.run as (from: number, to: number, at: number) => number;
  const status = run(DATA, DATA + rows.length * stride, 32);
  const done = status === 0 ? rows.length : (cells.view.getUint32(32, true) - DATA) / stride;
  const values = Array.from({ length: done }, (_, r) => getValue(cells, DATA + r * stride + columns.length * CELL, resultType));
  if (status === 0) return { values, error: undefined };
  const site = ctx.sites[status - 1];
  const operands = site.operands.map((type, i) => getValue(cells, ERROR_AT + i * CELL, type));
  return { values, error: site.toError(operands) };
}

export function runExpression(expr: Expr, columns: readonly Column[], rows: readonly (readonly Value[])[], options?: RunOptions): Promise<RunOutcome> {
  return runRows((ctx) => emitExpr(expr, ctx), typeOf(expr), columns, rows, options);
}

/** The kernels over the test's memory. */
export async function kernelExports(): Promise<{ view: DataView; bytes: Uint8Array; functions: Record<string, unknown> }> {
  memory ??= new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true });
  return { view: new DataView(memory.buffer), bytes: new Uint8Array(memory.buffer), functions: instantiateKernels(await kernelModule(), memory) };
}
