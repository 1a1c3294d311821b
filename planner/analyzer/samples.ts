import type { Span } from "../../catalog/errors.ts";
import { typeOf } from "../../catalog/expression.ts";
import { DOUBLE, isNumeric } from "../../catalog/types.ts";
import type { AstExpr, TableSample } from "../../parser/ast.ts";
import { analysisError, unsupported } from "./analysis-errors.ts";
import { castTo } from "./casts.ts";
import { resolveExpr } from "./expressions.ts";
import { rowCount } from "./queries.ts";
import type { ScopedPlan } from "./relations.ts";
import type { QueryEnvironment } from "./scope.ts";
import { EMPTY_SCOPE } from "./scope.ts";

/** TABLESAMPLE. Without REPEATABLE the seed is fixed, so that one statement gives one answer. */
export function applySample(sample: TableSample | undefined, input: ScopedPlan, env: QueryEnvironment, span: Span): ScopedPlan {
  if (sample === undefined) return input;
  switch (sample.kind) {
    case "percent": {
      const percent = constantNumber(sample.percent, env);
      return fraction(input, percent / 100, sample.seed, sample.percent);
    }
    case "rows":
      return { ...input, plan: { kind: "limit", input: input.plan, limit: rowCount("limit", sample.rows, env), offset: 0 } };
    case "bucket":
      if (sample.of <= 0 || sample.bucket > sample.of) throw unsupported(`TABLESAMPLE (BUCKET ${sample.bucket} OUT OF ${sample.of})`, span);
      return { ...input, plan: { kind: "sample", input: input.plan, lower: 0, upper: sample.bucket / sample.of, withReplacement: false, seed: sample.seed ?? 0n } };
  }
}

function fraction(input: ScopedPlan, upper: number, seed: bigint | undefined, ast: AstExpr): ScopedPlan {
  if (!(upper >= 0 && upper <= 1)) throw analysisError("_LEGACY_ERROR_TEMP_0064", "42000", `Sampling fraction (${upper}) must be on interval [0, 1].`, { msg: `Sampling fraction (${upper}) must be on interval [0, 1]` }, ast.span);
  return { ...input, plan: { kind: "sample", input: input.plan, lower: 0, upper, withReplacement: false, seed: seed ?? 0n } };
}

function constantNumber(ast: AstExpr, env: QueryEnvironment): number {
  const expr = resolveExpr(ast, { query: { ...env, outer: undefined }, scope: EMPTY_SCOPE, clause: "TABLESAMPLE" });
  if (!isNumeric(typeOf(expr))) throw unsupported("TABLESAMPLE with a percentage that is no number", ast.span);
  const value = castTo(expr, DOUBLE, "ansi", ast.span);
  return Number(value.kind === "literal" ? value.value : env.context.evaluate(value));
}
