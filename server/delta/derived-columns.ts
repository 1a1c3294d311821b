import { SparrowError } from "../../catalog/errors.ts";
import type { StructField } from "../../catalog/types.ts";
import { constraintViolated } from "../../delta/errors.ts";
import { generationText } from "../../delta/generation-expression.ts";
import { identityOf, type Identity } from "../../delta/identity-columns.ts";
import type { AstExpr } from "../../parser/ast.ts";
import { parseExpression } from "../../parser/parse.ts";
import type { InsertBinding } from "../../planner/analyzer/insert.ts";
import { quoted } from "../object-names.ts";
import type { RowCheck } from "./check-rows.ts";

/** What a column is computed from where a statement gives it no value. */
export function generationOf(field: StructField): AstExpr | undefined {
  const text = generationText(field);
  return text === undefined ? undefined : parseExpression(text);
}

/** What a column holds where a statement says DEFAULT or nothing. */
export function defaultOf({ metadata }: StructField): AstExpr | undefined {
  return typeof metadata?.CURRENT_DEFAULT === "string" ? parseExpression(metadata.CURRENT_DEFAULT) : undefined;
}

/** How columns without a value get theirs, for `bindInsert`. */
export const DERIVED_VALUES: Pick<InsertBinding, "defaultOf" | "generationOf" | "isNumbered"> = { defaultOf, generationOf, isNumbered: (field) => identityOf(field) !== undefined };

/** Checks that generated columns which a statement gives values for have the values of their expressions. `given`: names. */
export function generationChecks(fields: readonly StructField[], given: ReadonlySet<string>): RowCheck[] {
  return fields.flatMap((field): RowCheck[] => {
    const expression = given.has(field.name) ? generationOf(field) : undefined;
    if (expression === undefined) return [];
    const { span } = expression;
    const condition: AstExpr = { kind: "binary_op", operator: "<=>", left: parseExpression(quoted(field.name)), right: { kind: "cast", operand: expression, type: field.type, try: false, span }, span };
    return [{ condition, onFailure: constraintViolated("Generated Column", `${quoted(field.name)} <=> ${generationText(field)}`) }];
  });
}

/** The identity columns whose values the writer makes: position and definition. Raises DELTA_IDENTITY_COLUMNS_EXPLICIT_INSERT_NOT_SUPPORTED. */
export function numberedColumns(fields: readonly StructField[], given: ReadonlySet<string>): ReadonlyMap<number, Identity> {
  const numbered = new Map<number, Identity>();
  for (const [i, field] of fields.entries()) {
    const identity = identityOf(field);
    if (identity === undefined) continue;
    if (!given.has(field.name)) numbered.set(i, identity);
    else if (!identity.allowsExplicit) {
      throw new SparrowError("DELTA_IDENTITY_COLUMNS_EXPLICIT_INSERT_NOT_SUPPORTED", "42808", `Providing values for the GENERATED ALWAYS AS IDENTITY column ${field.name} is not supported.`, { colName: field.name });
    }
  }
  return numbered;
}

/** Raises DELTA_IDENTITY_COLUMNS_UPDATE_NOT_SUPPORTED for SET of an identity column. `assigned`: names. */
export function rejectIdentityUpdate(fields: readonly StructField[], assigned: { readonly has: (name: string) => boolean }): void {
  const field = fields.find((candidate) => assigned.has(candidate.name) && identityOf(candidate) !== undefined);
  if (field === undefined) return;
  throw new SparrowError("DELTA_IDENTITY_COLUMNS_UPDATE_NOT_SUPPORTED", "42808", `UPDATE on the IDENTITY column ${field.name} is not supported.`, { colName: field.name });
}
