import type { Span } from "../../catalog/errors.ts";
import { SparrowError } from "../../catalog/errors.ts";
import type { DataType } from "../../catalog/types.ts";
import { sqlTypeName } from "../../catalog/types.ts";

/** Errors of analysis under Spark's conditions. Source: Spark's `error-conditions.json`. */

export function quoteName(parts: readonly string[]): string {
  return parts.map((part) => `\`${part.replaceAll("`", "``")}\``).join(".");
}

/** As messages show an expression: `"(a + 1)"`. */
export function quoteSql(sql: string): string {
  return `"${sql}"`;
}

export function quoteType(type: DataType): string {
  return `"${sqlTypeName(type)}"`;
}

export function analysisError(condition: string, sqlState: string, message: string, parameters: Readonly<Record<string, string>>, span: Span | undefined): SparrowError {
  return new SparrowError(condition, sqlState, message, parameters, { span });
}

export function unsupported(what: string, span: Span | undefined): SparrowError {
  return new SparrowError("UNSUPPORTED_FEATURE", "0A000", `The feature is not supported: ${what}.`, { feature: what }, { span });
}

export function unresolvedColumn(name: readonly string[], candidates: readonly (readonly string[])[], span: Span): SparrowError {
  const objectName = quoteName(name);
  if (candidates.length === 0) {
    return analysisError(
      "UNRESOLVED_COLUMN.WITHOUT_SUGGESTION",
      "42703",
      `A column, variable, or function parameter with name ${objectName} cannot be resolved.`,
      { objectName },
      span,
    );
  }
  const proposal = suggestions(name, candidates);
  return new SparrowError(
    "UNRESOLVED_COLUMN.WITH_SUGGESTION",
    "42703",
    `A column, variable, or function parameter with name ${objectName} cannot be resolved. Did you mean one of the following? [${proposal}].`,
    { objectName, proposal },
    { span },
  );
}

/** At most five names, nearest first, without what all share. Source: Spark's `StringUtils.orderSuggestedIdentifiersBySimilarity`. */
function suggestions(name: readonly string[], candidates: readonly (readonly string[])[]): string {
  let stripped = candidates;
  if (name.length === 1 && allShare(stripped, 1)) stripped = stripped.map((c) => c.slice(-1));
  if (name.length <= 2 && allShare(stripped, 2)) stripped = stripped.map((c) => c.slice(-2));
  const base = name.map((part) => (/^\w+$/.test(part) ? part : quoteName([part]))).join(".");
  return stripped
    .map((c, index) => ({ text: quoteName(c), index, distance: editDistance(quoteName(c), base) }))
    .toSorted((x, y) => x.distance - y.distance || x.index - y.index)
    .slice(0, 5)
    .map((s) => s.text)
    .join(", ");
}

/** Whether all names are equal but for their last parts. */
function allShare(names: readonly (readonly string[])[], last: number): boolean {
  const prefix = quoteName(names[0].slice(0, -last));
  return names.every((n) => quoteName(n.slice(0, -last)) === prefix);
}

/** Levenshtein distance. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(previous[j] + 1, current[j - 1] + 1, substitution));
    }
    previous = current;
  }
  return previous[b.length];
}

export function ambiguousReference(name: readonly string[], references: readonly (readonly string[])[], span: Span): SparrowError {
  const shown = quoteName(name);
  const referenceNames = `[${references.map(quoteName).join(", ")}]`;
  return analysisError("AMBIGUOUS_REFERENCE", "42704", `Reference ${shown} is ambiguous, could be: ${referenceNames}.`, { name: shown, referenceNames }, span);
}

const SEARCH_PATH = "[`system`.`builtin`, `system`.`session`, `spark_catalog`.`default`]";

export function tableNotFound(name: readonly string[], span: Span): SparrowError {
  const relationName = quoteName(name);
  return analysisError(
    "TABLE_OR_VIEW_NOT_FOUND",
    "42P01",
    `The table or view ${relationName} cannot be found. Verify the spelling and correctness of the schema and catalog.\nIf you did not qualify the name with a schema, verify the current_schema() output, or qualify the name with the correct schema and catalog.\nTo tolerate the error on drop use DROP VIEW IF EXISTS or DROP TABLE IF EXISTS.`,
    { relationName, searchPath: SEARCH_PATH },
    span,
  );
}

export function unresolvedRoutine(name: readonly string[], span: Span): SparrowError {
  const routineName = quoteName(name);
  const searchPath = SEARCH_PATH;
  return analysisError(
    "UNRESOLVED_ROUTINE",
    "42883",
    `Cannot resolve routine ${routineName} on search path ${searchPath}.`,
    { routineName, searchPath },
    span,
  );
}

export function dataTypeMismatch(kind: string, sqlExpr: string, why: string, parameters: Readonly<Record<string, string>>, span: Span | undefined): SparrowError {
  const quoted = quoteSql(sqlExpr);
  return analysisError(`DATATYPE_MISMATCH.${kind}`, "42K09", `Cannot resolve ${quoted} due to data type mismatch: ${why}`, { sqlExpr: quoted, ...parameters }, span);
}

/** Several types that have no common one, in CASE, COALESCE, IN and the like. */
export function differentTypes(functionName: string, sqlExpr: string, types: readonly DataType[], span: Span | undefined): SparrowError {
  const shown = `[${types.map(quoteType).join(", ")}]`;
  const name = `\`${functionName}\``;
  return dataTypeMismatch("DATA_DIFF_TYPES", sqlExpr, `Input to ${name} should all be the same type, but it's ${shown}.`, { functionName: name, dataType: shown }, span);
}
