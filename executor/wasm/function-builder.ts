import { assert } from "../../catalog/errors.ts";
import { unsigned } from "./encoding.ts";
import type { Local, StoreWidth, Val, ValType } from "./instructions.ts";
import { get, i32, storeCode } from "./instructions.ts";

export interface FunctionType {
  readonly params: readonly ValType[];
  readonly results: readonly ValType[];
}

/**
 * A function of the module being built, own or imported. Code names it by `symbol`, a number beyond any byte; the index, which depends on how
 * many imports there are in the end, takes its place when the module is encoded.
 */
export interface FunctionReference extends FunctionType {
  readonly name: string;
  readonly symbol: number;
}

export const FIRST_SYMBOL = 256;

/** A block or loop that is open around the code being written. */
export interface Label {
  readonly depth: number;
}

const TYPE_CODES: Readonly<Record<ValType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };
const VOID_BLOCK = 0x40;

export function typeCode(type: ValType): number {
  return TYPE_CODES[type];
}

/**
 * Writes the body of one function, statement by statement. `prologue` statements run once at entry, wherever they are asked for: loading a
 * constant from the state block into a local, for example.
 */
export class FunctionBuilder {
  readonly type: FunctionType;
  readonly #locals: ValType[] = [];
  readonly #prologue: number[] = [];
  #code: number[] = [];
  #depth = 0;

  constructor(type: FunctionType) {
    this.type = type;
  }

  param(index: number): Local {
    assert(index < this.type.params.length, `function has no parameter ${index}`);
    return { type: this.type.params[index], index };
  }

  /** A new local, zero at entry. */
  local(type: ValType): Local {
    this.#locals.push(type);
    return { type, index: this.type.params.length + this.#locals.length - 1 };
  }

  set(local: Local, value: Val): void {
    assert(local.type === value.type, `local of ${local.type} set to ${value.type}`);
    this.#code.push(...value.code, 0x21, ...unsigned(local.index));
  }

  /** A new local holding the value. */
  let(value: Val): Local {
    const local = this.local(value.type);
    this.set(local, value);
    return local;
  }

  /** The value, safe to read any number of times: itself when it is a constant or a local, else a new local. */
  reusable(value: Val): Val {
    const first = value.code[0];
    const single = first === 0x20 || first === 0x41 || first === 0x42 ? leb128Length(value.code, 1) + 1 === value.code.length : false;
    return single ? value : get(this.let(value));
  }

  /** Computed once at entry; reads only parameters and memory that does not change during the call. */
  hoisted(value: Val): Local {
    const local = this.local(value.type);
    this.#prologue.push(...value.code, 0x21, ...unsigned(local.index));
    return local;
  }

  store(width: StoreWidth, address: Val, value: Val, offset = 0): void {
    this.#code.push(...storeCode(width, address, value, offset));
  }

  /** Sets bits of the 32-bit word at an aligned address, whatever other threads do with it at the same time. */
  atomicOr(address: Val, bits: Val): void {
    this.#code.push(...address.code, ...bits.code, 0xfe, 0x33, 2, 0, 0x1a);
  }

  /** memory.copy; regions may overlap. */
  copyMemory(to: Val, from: Val, bytes: Val): void {
    this.#code.push(...to.code, ...from.code, ...bytes.code, 0xfc, 10, 0, 0);
  }

  /** Any instruction sequence that leaves nothing on the stack. */
  raw(code: readonly number[]): void {
    this.#code.push(...code);
  }

  /** A call that gives one value; use the result at once (it is not pure). */
  call(callee: FunctionReference, args: readonly Val[]): Val {
    assert(callee.params.length === args.length, `${callee.name} takes ${callee.params.length} arguments, not ${args.length}`);
    assert(callee.results.length === 1, `${callee.name} gives no value`);
    return { type: callee.results[0], code: [...args.flatMap((a) => a.code), 0x10, callee.symbol] };
  }

  /** A call for its effect; results are dropped. */
  perform(callee: FunctionReference, args: readonly Val[]): void {
    assert(callee.params.length === args.length, `${callee.name} takes ${callee.params.length} arguments, not ${args.length}`);
    this.#code.push(...args.flatMap((a) => a.code), 0x10, callee.symbol);
    for (const _ of callee.results) this.#code.push(0x1a);
  }

  if(condition: Val, then: () => void, otherwise?: () => void): void {
    if (condition.constant !== undefined) {
      if (condition.constant !== 0) then();
      else otherwise?.();
      return;
    }
    this.#code.push(...condition.code, 0x04, VOID_BLOCK);
    this.#depth++;
    then();
    if (otherwise !== undefined) {
      this.#code.push(0x05);
      otherwise();
    }
    this.#depth--;
    this.#code.push(0x0b);
  }

  /** `br(label)` leaves the block. */
  block(body: (label: Label) => void): void {
    this.#nested(0x02, body);
  }

  /** `br(label)` starts the next round; falling off the end leaves the loop. */
  loop(body: (label: Label) => void): void {
    this.#nested(0x03, body);
  }

  /** Runs `body` while `condition` holds; `body` may leave through the label. */
  while(condition: Val, body: (exit: Label) => void): void {
    this.block((exit) => {
      this.loop((again) => {
        this.brIf(exit, i32.eqz(condition));
        body(exit);
        this.br(again);
      });
    });
  }

  br(label: Label): void {
    this.#code.push(0x0c, ...unsigned(this.#depth - label.depth));
  }

  brIf(label: Label, condition: Val): void {
    if (condition.constant === 0) return;
    this.#code.push(...condition.code, 0x0d, ...unsigned(this.#depth - label.depth));
  }

  return(value?: Val): void {
    if (value !== undefined) this.#code.push(...value.code);
    this.#code.push(0x0f);
  }

  unreachable(): void {
    this.#code.push(0x00);
  }

  /** Leaves `value` as the function's result when the end is reached. */
  result(value: Val): void {
    this.#code.push(...value.code);
  }

  /** The function's entry in the code section; `indexes` by symbol, less FIRST_SYMBOL. */
  encode(indexes: readonly number[]): number[] {
    assert(this.#depth === 0, "a block is still open");
    const groups: number[][] = [];
    let run = 0;
    for (let i = 0; i < this.#locals.length; i++) {
      run++;
      if (i + 1 === this.#locals.length || this.#locals[i + 1] !== this.#locals[i]) {
        groups.push([...unsigned(run), TYPE_CODES[this.#locals[i]]]);
        run = 0;
      }
    }
    const body = unsigned(groups.length);
    append(body, groups.flat());
    appendCode(body, this.#prologue, indexes);
    appendCode(body, this.#code, indexes);
    body.push(0x0b);
    const out = unsigned(body.length);
    append(out, body);
    return out;
  }

  #nested(opcode: number, body: (label: Label) => void): void {
    this.#code.push(opcode, VOID_BLOCK);
    this.#depth++;
    body({ depth: this.#depth });
    this.#depth--;
    this.#code.push(0x0b);
  }
}

/** `push(...items)` overflows the stack for long code. */
function append(to: number[], items: readonly number[]): void {
  for (const item of items) to.push(item);
}

function appendCode(to: number[], code: readonly number[], indexes: readonly number[]): void {
  for (const item of code) {
    if (item < FIRST_SYMBOL) to.push(item);
    else to.push(...unsigned(indexes[item - FIRST_SYMBOL]));
  }
}

function leb128Length(code: readonly number[], at: number): number {
  let length = 1;
  while (at + length - 1 < code.length && (code[at + length - 1] & 0x80) !== 0) length++;
  return length;
}
