import type { ColumnId, Expr } from "../catalog/expression.ts";
import { isNullable, referencedColumns, typeOf } from "../catalog/expression.ts";
import type { DataType } from "../catalog/types.ts";
import { conjuncts, equalityBetween, isCall, sameExpr } from "./conjunctions.ts";
import type { JoinKind } from "./logical.ts";

/** A join condition taken apart. */
export interface JoinCondition {
  readonly keys: readonly LogicalJoinKey[];
  /** Conjuncts that are not equalities between the sides, in order. */
  readonly residual: readonly Expr[];
}

export interface LogicalJoinKey {
  readonly left: Expr;
  readonly right: Expr;
  /** NULL equals NULL. */
  readonly nullSafe: boolean;
  /** `a = b OR (a = b) IS NULL` of an anti join, `a = b` of a mark join: NULL makes the answer unknown. */
  readonly nullAware: boolean;
  /** The conjunct that the key comes from. */
  readonly condition: Expr;
}

/** The equalities of a condition that have one side's columns on each hand, and the rest. */
export function analyzeJoinCondition(
  join: JoinKind,
  condition: Expr | undefined,
  left: ReadonlySet<ColumnId>,
  right: ReadonlySet<ColumnId>,
): JoinCondition {
  const keys: LogicalJoinKey[] = [];
  const residual: Expr[] = [];
  const reads = (side: ReadonlySet<ColumnId>) => (expr: Expr) => {
    const ids = referencedColumns(expr);
    if (ids.size === 0) return false;
    for (const id of ids) if (!side.has(id)) return false;
    return true;
  };
  for (const conjunct of conjuncts(condition)) {
    const unknownCounts = join === "anti" ? unknownCountingEquality(conjunct) : undefined;
    const equality = equalityBetween(unknownCounts ?? conjunct, reads(left), reads(right));
    if (equality === undefined || !isHashable(typeOf(equality.left))) {
      residual.push(conjunct);
      continue;
    }
    const nullable = isNullable(equality.left) || isNullable(equality.right);
    keys.push({ ...equality, nullAware: !equality.nullSafe && nullable && (join === "mark" || unknownCounts !== undefined), condition: conjunct });
  }
  return { keys, residual };
}

/** The equality `e` of `e OR e IS NULL`: how NOT IN reads as an anti join condition. */
function unknownCountingEquality(expr: Expr): Expr | undefined {
  if (!isCall(expr, "or") || expr.args.length !== 2) return undefined;
  const [equality, unknown] = expr.args;
  return isCall(unknown, "isnull") && sameExpr(unknown.args[0], equality) && isCall(equality, "=") ? equality : undefined;
}

function isHashable(type: DataType): boolean {
  return type.kind !== "map" && type.kind !== "variant" && type.kind !== "calendar_interval";
}
