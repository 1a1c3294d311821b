import type { Relation } from "../../parser/ast.ts";
import { unsupported } from "./analysis-errors.ts";
import type { JoinHints, ScopedPlan } from "./relations.ts";
import type { QueryEnvironment } from "./scope.ts";

export function analyzePivot(relation: Extract<Relation, { kind: "pivot" }>, _env: QueryEnvironment, _hints: JoinHints): ScopedPlan {
  throw unsupported("PIVOT", relation.span);
}

export function analyzeUnpivot(relation: Extract<Relation, { kind: "unpivot" }>, _env: QueryEnvironment, _hints: JoinHints): ScopedPlan {
  throw unsupported("UNPIVOT", relation.span);
}
