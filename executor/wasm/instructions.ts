import { signed32, signed64, unsigned } from "./encoding.ts";

/**
 * Value expressions: trees of pure instructions that leave one value on the stack. Control flow belongs to FunctionBuilder (function-builder.ts);
 * what must be read twice goes to a local first. Only what the engine emits is here.
 */
export type ValType = "i32" | "i64" | "f32" | "f64" | "v128";

export interface Val {
  readonly type: ValType;
  readonly code: readonly number[];
  /** Set for i32.const: lets builders fold. */
  readonly constant?: number;
}

export interface Local {
  readonly type: ValType;
  readonly index: number;
}

export function get(local: Local): Val {
  return { type: local.type, code: [0x20, ...unsigned(local.index)] };
}

type Unary = (a: Val) => Val;
type Binary = (a: Val, b: Val) => Val;
type Load = (address: Val, offset?: number) => Val;

function unary(opcode: readonly number[], type: ValType): Unary {
  return (a) => ({ type, code: [...a.code, ...opcode] });
}

function binary(opcode: readonly number[], type: ValType): Binary {
  return (a, b) => ({ type, code: [...a.code, ...b.code, ...opcode] });
}

function load(opcode: readonly number[], type: ValType, align: number): Load {
  return (address, offset = 0) => ({ type, code: [...address.code, ...opcode, align, ...unsigned(offset)] });
}

export const i32 = {
  const: (value: number): Val => ({ type: "i32", code: [0x41, ...signed32(value)], constant: value | 0 }),
  load: load([0x28], "i32", 2),
  load8s: load([0x2c], "i32", 0),
  load8u: load([0x2d], "i32", 0),
  load16s: load([0x2e], "i32", 1),
  load16u: load([0x2f], "i32", 1),
  eqz: unary([0x45], "i32"),
  eq: binary([0x46], "i32"),
  ne: binary([0x47], "i32"),
  ltS: binary([0x48], "i32"),
  ltU: binary([0x49], "i32"),
  gtS: binary([0x4a], "i32"),
  gtU: binary([0x4b], "i32"),
  leS: binary([0x4c], "i32"),
  leU: binary([0x4d], "i32"),
  geS: binary([0x4e], "i32"),
  geU: binary([0x4f], "i32"),
  clz: unary([0x67], "i32"),
  ctz: unary([0x68], "i32"),
  popcnt: unary([0x69], "i32"),
  add: binary([0x6a], "i32"),
  sub: binary([0x6b], "i32"),
  mul: binary([0x6c], "i32"),
  divS: binary([0x6d], "i32"),
  divU: binary([0x6e], "i32"),
  remS: binary([0x6f], "i32"),
  remU: binary([0x70], "i32"),
  and: binary([0x71], "i32"),
  or: binary([0x72], "i32"),
  xor: binary([0x73], "i32"),
  shl: binary([0x74], "i32"),
  shrS: binary([0x75], "i32"),
  shrU: binary([0x76], "i32"),
  rotl: binary([0x77], "i32"),
  wrapI64: unary([0xa7], "i32"),
  truncSatF32S: unary([0xfc, 0], "i32"),
  truncSatF64S: unary([0xfc, 2], "i32"),
  reinterpretF32: unary([0xbc], "i32"),
  extend8S: unary([0xc0], "i32"),
  extend16S: unary([0xc1], "i32"),
} as const;

export const i64 = {
  const: (value: bigint): Val => ({ type: "i64", code: [0x42, ...signed64(value)] }),
  load: load([0x29], "i64", 3),
  load8s: load([0x30], "i64", 0),
  load8u: load([0x31], "i64", 0),
  load16s: load([0x32], "i64", 1),
  load16u: load([0x33], "i64", 1),
  load32s: load([0x34], "i64", 2),
  load32u: load([0x35], "i64", 2),
  eqz: unary([0x50], "i32"),
  eq: binary([0x51], "i32"),
  ne: binary([0x52], "i32"),
  ltS: binary([0x53], "i32"),
  ltU: binary([0x54], "i32"),
  gtS: binary([0x55], "i32"),
  gtU: binary([0x56], "i32"),
  leS: binary([0x57], "i32"),
  leU: binary([0x58], "i32"),
  geS: binary([0x59], "i32"),
  geU: binary([0x5a], "i32"),
  clz: unary([0x79], "i64"),
  ctz: unary([0x7a], "i64"),
  popcnt: unary([0x7b], "i64"),
  add: binary([0x7c], "i64"),
  sub: binary([0x7d], "i64"),
  mul: binary([0x7e], "i64"),
  divS: binary([0x7f], "i64"),
  divU: binary([0x80], "i64"),
  remS: binary([0x81], "i64"),
  remU: binary([0x82], "i64"),
  and: binary([0x83], "i64"),
  or: binary([0x84], "i64"),
  xor: binary([0x85], "i64"),
  shl: binary([0x86], "i64"),
  shrS: binary([0x87], "i64"),
  shrU: binary([0x88], "i64"),
  rotl: binary([0x89], "i64"),
  extendI32S: unary([0xac], "i64"),
  extendI32U: unary([0xad], "i64"),
  truncSatF32S: unary([0xfc, 4], "i64"),
  truncSatF64S: unary([0xfc, 6], "i64"),
  reinterpretF64: unary([0xbd], "i64"),
} as const;

export const f32 = {
  const: (value: number): Val => ({ type: "f32", code: [0x43, ...new Uint8Array(new Float32Array([value]).buffer)] }),
  load: load([0x2a], "f32", 2),
  eq: binary([0x5b], "i32"),
  ne: binary([0x5c], "i32"),
  lt: binary([0x5d], "i32"),
  gt: binary([0x5e], "i32"),
  le: binary([0x5f], "i32"),
  ge: binary([0x60], "i32"),
  abs: unary([0x8b], "f32"),
  neg: unary([0x8c], "f32"),
  ceil: unary([0x8d], "f32"),
  floor: unary([0x8e], "f32"),
  trunc: unary([0x8f], "f32"),
  nearest: unary([0x90], "f32"),
  sqrt: unary([0x91], "f32"),
  add: binary([0x92], "f32"),
  sub: binary([0x93], "f32"),
  mul: binary([0x94], "f32"),
  div: binary([0x95], "f32"),
  convertI32S: unary([0xb2], "f32"),
  convertI64S: unary([0xb4], "f32"),
  demoteF64: unary([0xb6], "f32"),
  reinterpretI32: unary([0xbe], "f32"),
} as const;

export const f64 = {
  const: (value: number): Val => ({ type: "f64", code: [0x44, ...new Uint8Array(new Float64Array([value]).buffer)] }),
  load: load([0x2b], "f64", 3),
  eq: binary([0x61], "i32"),
  ne: binary([0x62], "i32"),
  lt: binary([0x63], "i32"),
  gt: binary([0x64], "i32"),
  le: binary([0x65], "i32"),
  ge: binary([0x66], "i32"),
  abs: unary([0x99], "f64"),
  neg: unary([0x9a], "f64"),
  ceil: unary([0x9b], "f64"),
  floor: unary([0x9c], "f64"),
  trunc: unary([0x9d], "f64"),
  nearest: unary([0x9e], "f64"),
  sqrt: unary([0x9f], "f64"),
  add: binary([0xa0], "f64"),
  sub: binary([0xa1], "f64"),
  mul: binary([0xa2], "f64"),
  div: binary([0xa3], "f64"),
  min: binary([0xa4], "f64"),
  max: binary([0xa5], "f64"),
  convertI32S: unary([0xb7], "f64"),
  convertI64S: unary([0xb9], "f64"),
  convertI64U: unary([0xba], "f64"),
  promoteF32: unary([0xbb], "f64"),
  reinterpretI64: unary([0xbf], "f64"),
} as const;

/** Any SIMD instruction (prefix 0xfd) by its number, over operands already on the stack. */
export function simd(opcode: number, type: ValType, operands: readonly Val[], immediates: readonly number[] = []): Val {
  return { type, code: [...operands.flatMap((o) => o.code), 0xfd, ...unsigned(opcode), ...immediates] };
}

/** `condition ? a : b`; both are evaluated. */
export function select(condition: Val, a: Val, b: Val): Val {
  if (a.type === "v128") return { type: a.type, code: [...a.code, ...b.code, ...condition.code, 0x1c, 1, 0x7b] };
  return { type: a.type, code: [...a.code, ...b.code, ...condition.code, 0x1b] };
}

export type StoreWidth = "i32" | "i32.8" | "i32.16" | "i64" | "i64.8" | "i64.16" | "i64.32" | "f32" | "f64";

const STORES: Readonly<Record<StoreWidth, readonly [opcode: number, align: number]>> = {
  "i32": [0x36, 2],
  "i64": [0x37, 3],
  "f32": [0x38, 2],
  "f64": [0x39, 3],
  "i32.8": [0x3a, 0],
  "i32.16": [0x3b, 1],
  "i64.8": [0x3c, 0],
  "i64.16": [0x3d, 1],
  "i64.32": [0x3e, 2],
};

export function storeCode(width: StoreWidth, address: Val, value: Val, offset: number): number[] {
  const [opcode, align] = STORES[width];
  return [...address.code, ...value.code, opcode, align, ...unsigned(offset)];
}
