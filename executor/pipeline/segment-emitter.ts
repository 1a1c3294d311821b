import { assert, InternalError } from "../../catalog/errors.ts";
import type { ColumnId, Expr, LiteralExpr } from "../../catalog/expression.ts";
import type { EmitContext, ErrorSite } from "../emit/emit-context.ts";
import type { EmittedValue } from "../emit/emitted-value.ts";
import { canEmit, emitCondition, emitExpr } from "../emit/expression.ts";
import { kernelSignatures } from "../kernels/kernel-signatures.ts";
import type { FunctionBuilder, FunctionReference, Label } from "../wasm/function-builder.ts";
import type { Local, Val } from "../wasm/instructions.ts";
import { get, i32, i64 } from "../wasm/instructions.ts";
import type { ModuleBuilder } from "../wasm/module-builder.ts";
import type { Binding, Lifetime } from "./binding.ts";
import type { BlockFilter } from "./block-filter.ts";
import { BLOCK_ROWS } from "./block-filter.ts";
import { loadBuffer, loadDictionaryEntry } from "./buffer-access.ts";
import type { HostedExpression } from "./hosted-expression.ts";
import { emitHosted } from "./hosted-expression.ts";
import { literalValue } from "./literals.ts";
import { loadField } from "./row-access.ts";
import type { DictionaryColumn } from "./row-layout.ts";
import type { StateLayout } from "./state-layout.ts";
import { HEADER, MAX_ERROR_OPERANDS, OPERAND_BYTES, STATUS } from "./state-layout.ts";

/** Scratch bytes for a row that needs more than its heap has; they live to the end of the morsel. */
const HOST_ALLOCATE = { params: ["i32"], results: ["i32"] } as const;

/** The parts of a module that all its segments share. */
export interface ModuleParts {
  readonly module: ModuleBuilder;
  readonly state: StateLayout;
  readonly sites: ErrorSite[];
  readonly hosted: HostedExpression[];
  readonly timeZone: string;
  /** Rows are counted, so that a row which is taken up again must be known for one. */
  readonly measure: boolean;
}

/** A loop inside the row loop that can be left and taken up again: its position goes to the state block and back. */
interface ResumableLoop {
  readonly local: Local;
  readonly offset: number;
}

/** Writes one segment's `run(state, from, to) -> status`: the expression context, column bindings, and the ways out. */
export class SegmentEmitter implements EmitContext {
  readonly f: FunctionBuilder;
  readonly parts: ModuleParts;
  readonly state: Local;
  /** The source row that is being consumed. */
  readonly position: Local;
  readonly timeZone: string;
  readonly #bindings = new Map<ColumnId, Binding>();
  #scopes: Map<string, EmittedValue>[] = [new Map()];
  readonly #loops: ResumableLoop[] = [];
  #heap: { next: Local; base: Local; end: Local } | undefined;
  readonly #hoisted = new Map<string, Local>();
  readonly #rowStarts: (() => void)[] = [];

  constructor(parts: ModuleParts, f: FunctionBuilder) {
    this.parts = parts;
    this.f = f;
    this.state = f.param(0);
    this.position = f.local("i32");
    this.timeZone = parts.timeZone;
  }

  // ---- columns

  bind(id: ColumnId, binding: Binding): void {
    this.#bindings.set(id, binding);
  }

  binding(id: ColumnId): Binding {
    const binding = this.#bindings.get(id);
    if (binding === undefined) throw new InternalError(`column ${id} is not bound in this pipeline`);
    return binding;
  }

  column(id: ColumnId): EmittedValue {
    const key = `#${id}`;
    const known = this.remembered(key);
    if (known !== undefined) return known;
    const value = this.#load(this.binding(id));
    this.remember(key, value);
    return value;
  }

  #load(binding: Binding): EmittedValue {
    switch (binding.kind) {
      case "buffer":
        return loadBuffer(this, binding);
      case "row":
        return loadField(this, binding.field, binding.pointer, binding.optional);
      case "expr":
        return emitExpr(binding.expr, this);
      case "computed":
        return binding.compute();
      case "value":
        return binding.value;
    }
  }

  /** Address and length of a dictionary entry, remembered for the scope. */
  dictionaryEntry(key: string, code: Val, offsets: Local, bytes: Local): readonly Val[] {
    const known = this.remembered(key);
    if (known !== undefined) return known.lanes;
    const lanes = loadDictionaryEntry(this, code, offsets, bytes);
    this.remember(key, { type: { kind: "string" }, lanes, isNull: undefined });
    return lanes;
  }

  /** How long a value's bytes stay put. Results of functions live as long as the row. */
  lifetimeOf(expr: Expr): Lifetime {
    if (expr.kind === "literal") return "query";
    if (expr.kind !== "column") return "row";
    const binding = this.binding(expr.id);
    switch (binding.kind) {
      case "buffer":
      case "row":
        return binding.lifetime;
      case "expr":
        return this.lifetimeOf(binding.expr);
      case "computed":
      case "value":
        return "row";
    }
  }

  /** The query-wide dictionary behind an expression that is a plain column of codes. */
  dictionaryOf(expr: Expr): DictionaryColumn | undefined {
    if (expr.kind !== "column") return undefined;
    const binding = this.binding(expr.id);
    switch (binding.kind) {
      case "buffer":
        return binding.dictionary;
      case "row":
        return binding.field.storage.kind === "code" ? binding.field.storage.dictionary : undefined;
      case "expr":
        return this.dictionaryOf(binding.expr);
      case "computed":
      case "value":
        return undefined;
    }
  }

  /** i32: 1 where a condition over both sides of a join is TRUE. A pipeline cannot be cut there: what has no compiled form is interpreted pair by pair. */
  joinCondition(condition: Expr): Val {
    if (canEmit(condition)) return emitCondition(condition, this);
    const { lanes, isNull } = emitHosted(condition, this);
    return isNull === undefined ? lanes[0] : i32.and(lanes[0], i32.eqz(isNull));
  }

  /** As `joinCondition`, NULL told apart from FALSE. */
  joinValue(condition: Expr): EmittedValue {
    return canEmit(condition) ? emitExpr(condition, this) : emitHosted(condition, this);
  }

  // ---- constants

  literal(literal: LiteralExpr): EmittedValue {
    return literalValue(this, literal);
  }

  constantBytes(bytes: Uint8Array): Local {
    return this.stateAddress(this.parts.state.constant(bytes));
  }

  /** state + offset, hoisted. */
  stateAddress(offset: number): Local {
    return this.hoistedOnce(`address ${offset}`, () => i32.add(get(this.state), i32.const(offset)));
  }

  /** The uint32 at an offset of the state block, read once at entry. */
  stateWord(offset: number): Local {
    return this.hoistedOnce(`word ${offset}`, () => i32.load(get(this.state), offset));
  }

  hoistedOnce(key: string, value: () => Val): Local {
    let local = this.#hoisted.get(key);
    if (local === undefined) {
      local = this.f.hoisted(value());
      this.#hoisted.set(key, local);
    }
    return local;
  }

  kernel(name: string): FunctionReference {
    const type = kernelSignatures[name];
    assert(type !== undefined, `there is no kernel ${name}`);
    return this.parts.module.import("kernels", name, type);
  }

  // ---- scopes

  scoped(body: () => void): void {
    this.#scopes.push(new Map());
    body();
    this.#scopes.pop();
  }

  remembered(key: string): EmittedValue | undefined {
    for (let i = this.#scopes.length - 1; i >= 0; i--) {
      const value = this.#scopes[i].get(key);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  remember(key: string, value: EmittedValue): void {
    this.#scopes[this.#scopes.length - 1].set(key, value);
  }

  // ---- the row loop and its ways out

  /** Code for the beginning of each row. */
  atRowStart(body: () => void): void {
    this.#rowStarts.push(body);
  }

  /** For each source row in [from, to), or each that passes `filter`: `body(skip)`, where `skip` rejects the row. Ends the function. */
  forEachRow(body: (skip: Label) => void, filter?: BlockFilter): void {
    const { f, position } = this;
    f.set(position, get(f.param(1)));
    f.while(i32.ltU(get(position), get(f.param(2))), () => {
      if (filter !== undefined) {
        this.#rowsOfBlock(body, filter);
        return;
      }
      this.#row(body);
      f.set(position, i32.add(get(position), i32.const(1)));
    });
    f.result(i32.const(STATUS.done));
  }

  #row(body: (skip: Label) => void): void {
    const { f } = this;
    for (const start of this.#rowStarts) start();
    this.scoped(() => f.block((skip) => body(skip)));
    if (this.parts.measure) this.#resumed();
    // Whether there is a heap is known only after the body has been written.
    if (this.#heap !== undefined) f.set(this.#heap.next, get(this.#heap.base));
  }

  /** The rows from the position to the end of its block. Blocks begin at multiples of their size, wherever a loop that was left goes on. */
  #rowsOfBlock(body: (skip: Label) => void, filter: BlockFilter): void {
    const { f, position } = this;
    const block = f.let(i32.and(get(position), i32.const(-BLOCK_ROWS)));
    const rows = f.let(i32.sub(get(f.param(2)), get(block)));
    const mask = f.let(i64.shl(i64.const(-1n), i64.extendI32U(i32.sub(get(position), get(block)))));
    f.if(i32.ltU(get(rows), i32.const(BLOCK_ROWS)), () => f.set(mask, i64.and(get(mask), i64.sub(i64.shl(i64.const(1n), i64.extendI32U(get(rows))), i64.const(1n)))));
    f.block((none) => {
      filter(block, mask, none);
      f.while(i32.eqz(i64.eqz(get(mask))), () => {
        f.set(position, i32.add(get(block), i32.wrapI64(i64.ctz(get(mask)))));
        f.set(mask, i64.and(get(mask), i64.sub(get(mask), i64.const(1n))));
        this.#row(body);
      });
    });
    f.set(position, i32.add(get(block), i32.const(BLOCK_ROWS)));
  }

  /**
   * A loop inside the row loop. `local` is its position: `start()` gives it for a fresh row; when the pipeline takes up a row again, the saved one is
   * used. `body` may branch to `next` to go on with the following position, which `advance` computes; it ends through `exit`.
   */
  resumableLoop(
    local: Local,
    start: () => void,
    body: (next: Label, exit: Label) => void,
    advance: () => void,
    extra: readonly Local[] = [],
  ): void {
    const { f } = this;
    const own = [local, ...extra].map((l) => ({ local: l, offset: this.parts.state.reserve(4, 4) }));
    const resuming = this.resuming();
    f.if(
      get(resuming),
      () => {
        for (const { local: l, offset } of own) f.set(l, i32.load(get(this.state), offset));
      },
      () => this.scoped(start),
    );
    this.#loops.push(...own);
    this.loop(body, () => {
      this.#resumed();
      advance();
    });
    this.#loops.splice(this.#loops.length - own.length, own.length);
  }

  /** As `resumableLoop`, for a loop that a row goes through at once. */
  loop(body: (next: Label, exit: Label) => void, advance: () => void): void {
    const { f } = this;
    f.block((exit) => {
      f.loop((again) => {
        this.scoped(() => f.block((next) => body(next, exit)));
        advance();
        f.br(again);
      });
    });
  }

  /** Local that is 1 while a row is being taken up again. */
  resuming(): Local {
    return this.hoistedOnce("resuming", () => i32.load(get(this.state), HEADER.resuming));
  }

  /** All positions have been restored and the row that was taken up has gone its way, to the sink or, where a bound has sunk meanwhile, not: later ones start afresh. */
  #resumed(): void {
    this.f.set(this.resuming(), i32.const(0));
  }

  /** Leaves with OUTPUT_FULL or NEED; the row at hand is offered again at the next entry. */
  suspend(status: number, needKind?: number, needArgument?: Val): void {
    const { f } = this;
    const state = get(this.state);
    f.store("i32", state, get(this.position), HEADER.position);
    if (needKind !== undefined) f.store("i32", state, i32.const(needKind), HEADER.needKind);
    if (needArgument !== undefined) f.store("i32", state, needArgument, HEADER.needArgument);
    for (const { local, offset } of this.#loops) f.store("i32", state, get(local), offset);
    if (this.#loops.length > 0 || this.parts.measure) f.store("i32", state, i32.const(1), HEADER.resuming);
    f.return(i32.const(status));
  }

  raise(site: ErrorSite, operands: readonly EmittedValue[]): void {
    const { f } = this;
    assert(operands.length <= MAX_ERROR_OPERANDS, "an error has at most four operands");
    const state = get(this.state);
    operands.forEach((operand, i) => {
      const at = HEADER.errorOperands + i * OPERAND_BYTES;
      f.store("i32", state, operand.isNull ?? i32.const(0), at);
      operand.lanes.forEach((lane, k) => {
        assert(lane.type !== "v128", "an operand is a scalar");
        f.store(lane.type, state, lane, at + 8 + 8 * k);
      });
    });
    f.store("i32", state, get(this.position), HEADER.position);
    f.store("i32", state, i32.const(this.parts.sites.length), HEADER.errorSite);
    f.return(i32.const(STATUS.error));
    this.parts.sites.push(site);
  }

  // ---- scratch bytes of the row

  allocate(bytes: Val): Local {
    const { f } = this;
    this.#heap ??= {
      base: this.stateWord(HEADER.heapBase),
      next: this.hoistedOnce("heap next", () => i32.load(get(this.state), HEADER.heapBase)),
      end: this.stateWord(HEADER.heapEnd),
    };
    const { next, end } = this.#heap;
    const size = f.let(i32.and(i32.add(bytes, i32.const(7)), i32.const(-8)));
    const address = f.let(get(next));
    f.if(
      i32.leU(get(size), i32.sub(get(end), get(next))),
      () => f.set(next, i32.add(get(next), get(size))),
      () => f.set(address, f.call(this.parts.module.import("host", "allocate", HOST_ALLOCATE), [get(size)])),
    );
    return address;
  }
}
