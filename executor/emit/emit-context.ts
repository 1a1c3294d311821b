import type { SparrowError } from "../../catalog/errors.ts";
import type { ColumnId, LiteralExpr } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import type { FunctionBuilder, FunctionReference } from "../wasm/function-builder.ts";
import type { Local, Val } from "../wasm/instructions.ts";
import type { EmittedValue } from "./emitted-value.ts";

/** A place in compiled code that can raise. Told apart by position; the text is made outside, from the operands met at run time. */
export interface ErrorSite {
  /** Types of the operands that are stored when the error is raised, at most four. */
  readonly operands: readonly DataType[];
  readonly toError: (operands: readonly Value[]) => SparrowError;
}

/** What expression code generation needs from the pipeline around it. */
export interface EmitContext {
  readonly f: FunctionBuilder;
  /** IANA zone of the session. */
  readonly timeZone: string;
  /**
   * The column's value in the current row. Loaded at the first use in a scope and kept for the rest of it.
   */
  readonly column: (id: ColumnId) => EmittedValue;
  /** A literal, from the state block where its value is not part of the code's meaning; hoisted to the function's entry. */
  readonly literal: (literal: LiteralExpr) => EmittedValue;
  /**
   * Address (i32, hoisted local) of bytes that the pipeline puts into its state: tables, IN lists, patterns. Equal bytes may be stored once. Every
   * instance has its own copy, so that compiled code may keep in it what it has found out.
   */
  readonly constantBytes: (bytes: Uint8Array) => Local;
  /** Writes code for a region that is not always executed: values cached inside are forgotten after it. */
  readonly scoped: (body: () => void) => void;
  /** Cache of common subexpressions, by structural key, following `scoped`. */
  readonly remembered: (key: string) => EmittedValue | undefined;
  readonly remember: (key: string, value: EmittedValue) => void;
  /** Stores the operands, and leaves the function with the error status. Code after it is not reached. */
  readonly raise: (site: ErrorSite, operands: readonly EmittedValue[]) => void;
  /** An AssemblyScript kernel or a function of the pipeline's host (executor/kernels/kernel-signatures.ts), imported on first use. */
  readonly kernel: (name: string) => FunctionReference;
  /** Address of fresh bytes that live until the row has been consumed: results of concat, upper, ... `bytes` is an i32; any size works. */
  readonly allocate: (bytes: Val) => Local;
}
