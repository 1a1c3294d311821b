import type { AstExpr, Hint } from "../../parser/ast.ts";
import type { Assignment, JoinHint, LogicalPlan, LogicalRepartition } from "../logical.ts";
import { analysisError } from "./analysis-errors.ts";
import { prettySql } from "./column-names.ts";
import type { ExprEnvironment } from "./environment.ts";
import { resolveExpr } from "./expressions.ts";
import type { QueryEnvironment } from "./scope.ts";
import { scopeOf } from "./scope.ts";
import { sortKey } from "./sort-keys.ts";

type JoinStrategy = NonNullable<JoinHint["left"]>;

const JOIN_HINTS: Readonly<Record<string, JoinStrategy>> = {
  broadcast: "broadcast",
  broadcastjoin: "broadcast",
  mapjoin: "broadcast",
  merge: "merge",
  shuffle_merge: "merge",
  mergejoin: "merge",
  shuffle_hash: "shuffle_hash",
  shuffle_replicate_nl: "shuffle_replicate_nl",
};

/** Join hints by lower-case relation name; other hints and unknown ones are not in it. Source: Spark's `ResolveHints`. */
export function joinHints(hints: readonly Hint[]): ReadonlyMap<string, JoinStrategy> {
  const result = new Map<string, JoinStrategy>();
  for (const hint of hints) {
    const strategy = JOIN_HINTS[hint.name.toLowerCase()];
    if (strategy === undefined) continue;
    for (const arg of hint.args) if (arg.kind === "name") result.set(arg.name.parts.map((p) => p.name.toLowerCase()).join("."), strategy);
  }
  return result;
}

const PARTITION_HINTS: Readonly<Record<string, LogicalRepartition["mode"]>> = { coalesce: "coalesce", rebalance: "rebalance", repartition: "repartition", repartition_by_range: "range" };

/**
 * REPARTITION(n, c), REPARTITION_BY_RANGE(n, c), COALESCE(n), REBALANCE(n, c) over the select's output; other hints are ignored, as Spark does with unknown ones.
 * Raises _LEGACY_ERROR_TEMP_1047 for what is no column, _LEGACY_ERROR_TEMP_1048 where the number of partitions is missing or not positive, and what columns by which
 * nothing can be ordered raise in ORDER BY. Source: Spark's `ResolveHints.ResolveCoalesceHints`.
 */
export function applyHints(hints: readonly Hint[], plan: LogicalPlan, outputs: readonly Assignment[], env: QueryEnvironment): LogicalPlan {
  let result = plan;
  for (const hint of hints.toReversed()) {
    const mode = PARTITION_HINTS[hint.name.toLowerCase()];
    if (mode !== undefined) result = repartition(hint, mode, result, { query: env, scope: scopeOf(outputs.map((o) => o.column)), clause: "hint" });
  }
  return result;
}

function repartition(hint: Hint, mode: LogicalRepartition["mode"], input: LogicalPlan, env: ExprEnvironment): LogicalPlan {
  const partitions = partitionCount(hint.args[0]);
  const columns = (partitions === undefined ? hint.args : hint.args.slice(1)).map(columnName);
  const isCountMissing = mode === "coalesce" && (partitions === undefined || columns.length > 0);
  if (isCountMissing || (partitions !== undefined && partitions < 1)) throw needsPartitionCount(hint);
  const invalid = columns.filter((ast) => ast.kind !== "name");
  if (invalid.length > 0) throw needsColumns(hint, invalid.map((ast) => prettySql(ast, env.query.pretty)).join(", "));
  const by = columns.map((ast) => {
    const expr = resolveExpr(ast, env);
    return mode === "range" ? sortKey({ expr: ast, ascending: true, span: ast.span }, expr, env).expr : expr;
  });
  return { kind: "repartition", input, mode, by, ...(partitions !== undefined && { partitions }) };
}

/** Of a hint's first argument: undefined where it is no INT, SMALLINT or TINYINT literal. */
function partitionCount(ast: AstExpr | undefined): number | undefined {
  if (ast?.kind !== "number" || !["", "S", "Y"].includes(ast.suffix) || !/^-?\d+$/.test(ast.text)) return undefined;
  const count = Number(ast.text);
  return count > 0x7fff_ffff ? undefined : count;
}

/** In hints a text is the name of a column too. */
function columnName(ast: AstExpr): AstExpr {
  if (ast.kind !== "string") return ast;
  const { span } = ast;
  return { kind: "name", name: { parts: ast.value.split(".").map((name) => ({ name, quoted: true, span })), span }, span };
}

function needsPartitionCount({ name, span }: Hint): Error {
  const hintName = name.toUpperCase();
  return analysisError("_LEGACY_ERROR_TEMP_1048", "42000", `${hintName} Hint expects a partition number as a parameter, which is positive.`, { hintName }, span);
}

function needsColumns({ name, span }: Hint, invalidParams: string): Error {
  const hintName = name.toUpperCase();
  return analysisError("_LEGACY_ERROR_TEMP_1047", "42000", `${hintName} Hint parameter should include columns, but ${invalidParams} found.`, { hintName, invalidParams }, span);
}
