import type { CallExpr } from "../../catalog/expression.ts";
import type { EmitContext } from "./emit-context.ts";
import type { EmittedValue } from "./emitted-value.ts";

/** How a function of the registry becomes WebAssembly. Arguments are all evaluated before the call. */
export interface FunctionEmitter {
  /** Whether calls of these types and literals are emitted; the others are left to the TypeScript implementation. */
  readonly accepts: (call: CallExpr) => boolean;
  /** Whether a call can raise an error; absent: never. */
  readonly raises?: (call: CallExpr) => boolean;
  /** Rough instructions per row; absent: 1. Decides between evaluating and jumping over. */
  readonly cost?: number;
  /** False: has a result other than NULL for a NULL argument. Absent: NULL whenever an argument is NULL. */
  readonly nullIntolerant?: boolean;
  readonly emit: (args: readonly EmittedValue[], call: CallExpr, ctx: EmitContext) => EmittedValue;
}

export type FunctionEmitters = Readonly<Record<string, FunctionEmitter>>;
