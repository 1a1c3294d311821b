import type { Span } from "../errors.ts";
import type { EvalMode, Expr } from "../expression.ts";
import type { DataType } from "../types.ts";
import type { Value } from "../values.ts";

/** What a signature may look at beside the argument types. */
export interface ResolveContext {
  /** The name as the user wrote it, for messages. */
  readonly name: string;
  readonly ansi: boolean;
  /** Per argument: its value if it is a literal after folding, else undefined. */
  readonly literals: readonly (Value | undefined)[];
  /** IANA zone of the session. */
  readonly timeZone: string;
  readonly span?: Span;
  /** Spark's SQL text of the call and of each argument, for the parameters `sqlExpr` and `inputSql` of messages; asked for only when one is made. */
  readonly sqlText?: () => { readonly call: string; readonly args: readonly string[] };
  /** Field or alias name of each argument where it has one: what `struct(a, b)` calls its fields. */
  readonly argumentNames?: readonly (string | undefined)[];
}

export interface Resolution {
  /** What each argument is cast to (implicit cast) before the call. Same length as the arguments. */
  readonly args: readonly DataType[];
  readonly result: DataType;
  /** `any`: NULL when any argument can be NULL (the usual, null-intolerant function); `always`, `never`; or by argument nullability. */
  readonly nullable: "any" | "always" | "never" | ((nullable: readonly boolean[]) => boolean);
}

/** A parameter that may be given by its name: `mask(s, upperChar => 'Q')`. Absent from a signature: arguments have places alone. */
export interface NamedParameter {
  readonly name: string;
  /** Stands for an argument that is left out; absent: it must be given. */
  readonly default?: string | null;
}

/**
 * A function's face to the analyzer. Its implementation lives in `executor/functions` under the same name; a test holds both lists equal.
 * `resolve` throws a SparrowError with Spark's condition (WRONG_NUM_ARGS.*, DATATYPE_MISMATCH.*) when the arguments do not fit.
 */
export interface ScalarSignature {
  readonly kind: "scalar";
  readonly name: string;
  readonly aliases?: readonly string[];
  /** False for rand(), uuid(), monotonically_increasing_id(), ...: never folded, duplicated or moved. */
  readonly deterministic?: boolean;
  /** Position of the last argument, a BIGINT that random numbers start from. Where it is left out analysis draws one, so that what is done again is the same. */
  readonly seed?: number;
  /** `try` for try_add and its like: the call is made under this mode, whatever the session's. */
  readonly mode?: EvalMode;
  readonly parameters?: readonly NamedParameter[];
  /** Argument positions that are lambdas, with the types of their parameters by the other arguments' types. */
  readonly lambdas?: (args: readonly (DataType | undefined)[]) => readonly (readonly DataType[] | undefined)[];
  readonly resolve: (args: readonly DataType[], context: ResolveContext) => Resolution;
}

/** A function that is only another way to write an expression: nvl, ifnull, nullif, iff, ... Gets resolved arguments, gives a resolved expression. */
export interface MacroSignature {
  readonly kind: "macro";
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly expand: (args: readonly Expr[], context: ResolveContext, build: ExpressionBuilder) => Expr;
}

export interface AggregateSignature {
  readonly kind: "aggregate";
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly mode?: EvalMode;
  /** Takes WITHIN GROUP (ORDER BY ...): percentile_cont, listagg, mode. */
  readonly withinGroup?: boolean;
  /** The WITHIN GROUP key is the function's first argument (percentile_cont, percentile_disc, mode), put there before `resolve`; else it only orders the input. */
  readonly withinGroupValue?: boolean;
  readonly resolve: (args: readonly DataType[], context: ResolveContext) => Resolution;
}

/** Only with OVER: row_number, rank, lag, ... */
export interface WindowSignature {
  readonly kind: "window";
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly resolve: (args: readonly DataType[], context: ResolveContext) => Resolution;
}

/** Rows from a row: explode, posexplode, inline, stack, json_tuple. Result: the columns made, with their default names. */
export interface GeneratorSignature {
  readonly kind: "generator";
  readonly name: string;
  readonly parameters?: readonly NamedParameter[];
  readonly aliases?: readonly string[];
  readonly resolve: (
    args: readonly DataType[],
    context: ResolveContext,
  ) => { readonly args: readonly DataType[]; readonly columns: readonly { readonly name: string; readonly type: DataType; readonly nullable: boolean }[] };
}

export type FunctionSignature = ScalarSignature | MacroSignature | AggregateSignature | WindowSignature | GeneratorSignature;

/** Makes resolved calls with the usual coercions: what macros are written with. */
export interface ExpressionBuilder {
  readonly call: (name: string, args: readonly Expr[], mode?: EvalMode) => Expr;
  readonly cast: (input: Expr, type: DataType, mode?: EvalMode) => Expr;
  readonly literal: (value: Value, type: DataType) => Expr;
  /** CASE with all branches brought to one type. */
  readonly cases: (branches: readonly { readonly when: Expr; readonly then: Expr }[], otherwise?: Expr) => Expr;
}
