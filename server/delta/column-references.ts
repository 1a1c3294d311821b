import { SparrowError } from "../../catalog/errors.ts";
import { type ColumnPath, overlaps, pathText } from "../../delta/schema-change.ts";
import { generationText } from "../../delta/generation-expression.ts";
import type { DeltaSnapshot } from "../../delta/snapshot.ts";
import { tableChecks } from "../../delta/write-requirements.ts";
import type { AstExpr } from "../../parser/ast.ts";
import { parseExpression } from "../../parser/parse.ts";

/**
 * Refuses to change a column that an expression of the table's names. Raises DELTA_CONSTRAINT_DEPENDENT_COLUMN_CHANGE,
 * DELTA_GENERATED_COLUMNS_DEPENDENT_COLUMN_CHANGE. `operation`: rename, drop, change the type of.
 */
export function rejectReferenced(snapshot: DeltaSnapshot, path: ColumnPath, operation: string): void {
  const names = (text: string): boolean => namedColumns(parseExpression(text)).some((named) => overlaps(named, path));
  const checks = [...tableChecks(snapshot)].filter(([, text]) => names(text)).map(([name, text]) => `${name} -> ${text}`);
  if (checks.length > 0) {
    throw new SparrowError("DELTA_CONSTRAINT_DEPENDENT_COLUMN_CHANGE", "42K09", `Cannot ${operation} column ${pathText(path)} because this column is referenced by check constraints: ${checks.join(", ")}.`, { operation, columnName: pathText(path), constraints: checks.join(", ") });
  }
  const generated = snapshot.fields.flatMap((field) => {
    const text = generationText(field);
    return text !== undefined && names(text) ? [`${field.name} -> ${text}`] : [];
  });
  if (generated.length > 0) {
    throw new SparrowError("DELTA_GENERATED_COLUMNS_DEPENDENT_COLUMN_CHANGE", "42K09", `Cannot ${operation} column ${pathText(path)} because this column is referenced by generated columns: ${generated.join(", ")}.`, { operation, columnName: pathText(path), generatedColumns: generated.join(", ") });
  }
}

/** What looks like a column in an expression, from its top-level name down. */
function namedColumns(expr: AstExpr): ColumnPath[] {
  const found: ColumnPath[] = [];
  const visit = (node: unknown): void => {
    if (node === null || typeof node !== "object") return;
    if ("kind" in node && node.kind === "name") found.push((node as Extract<AstExpr, { kind: "name" }>).name.parts.map((part) => part.name));
    for (const child of Object.values(node)) visit(child);
  };
  visit(expr);
  return found;
}
