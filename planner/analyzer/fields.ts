import type { Span } from "../../catalog/errors.ts";
import type { Expr } from "../../catalog/expression.ts";
import { isNullable, typeOf } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import { INT, isIntegral, isStringLike, NULL, STRING } from "../../catalog/types.ts";
import { analysisError, dataTypeMismatch, quoteName, quoteType } from "./analysis-errors.ts";
import { castTo, literal } from "./casts.ts";
import type { ExprEnvironment } from "./environment.ts";
import { evalMode } from "./calls.ts";

/** `base.name`: a struct's field, the field of every struct of an array, or a map's value. `shown` is the base as messages quote it. */
export function extractField(base: Expr, name: string, shown: string, span: Span, env: ExprEnvironment): Expr {
  const type = typeOf(base);
  switch (type.kind) {
    case "struct":
      return structField(base, type, name, shown, span, env);
    case "array":
      if (type.element.kind === "struct") {
        const field = findField(type.element, name, span);
        const result: DataType = { kind: "array", element: field.type, containsNull: type.containsNull || field.nullable };
        return { kind: "call", name: "getfield", args: [base, literal(field.name, STRING)], type: result, nullable: isNullable(base), mode: evalMode(env), span };
      }
      return getItem(base, literal(name, STRING), shown, name, span, env);
    case "map":
      return getItem(base, literal(name, STRING), shown, name, span, env);
    case "null":
      return literal(null, NULL);
    default:
      throw analysisError(
        "INVALID_EXTRACT_BASE_FIELD_TYPE",
        "42000",
        `Can't extract a value from "${shown}". Need a complex type [STRUCT, ARRAY, MAP] but got ${quoteType(type)}.`,
        { base: `"${shown}"`, other: quoteType(type) },
        span,
      );
  }
}

function structField(base: Expr, type: Extract<DataType, { kind: "struct" }>, name: string, shown: string, span: Span, env: ExprEnvironment): Expr {
  const field = findField(type, name, span);
  return { kind: "call", name: "getfield", args: [base, literal(field.name, STRING)], type: field.type, nullable: isNullable(base) || field.nullable, mode: evalMode(env), span };
}

function findField(type: Extract<DataType, { kind: "struct" }>, name: string, span: Span): { readonly name: string; readonly type: DataType; readonly nullable: boolean } {
  const matches = type.fields.filter((f) => f.name.toLowerCase() === name.toLowerCase());
  if (matches.length === 0) {
    const fields = type.fields.map((f) => quoteName([f.name])).join(", ");
    throw analysisError("FIELD_NOT_FOUND", "42704", `No such struct field ${quoteName([name])} in ${fields}.`, { fieldName: quoteName([name]), fields }, span);
  }
  if (matches.length > 1) {
    throw analysisError("AMBIGUOUS_REFERENCE_TO_FIELDS", "42000", `Ambiguous reference to the field ${quoteName([name])}. It appears ${matches.length} times in the schema.`, { field: quoteName([name]), count: String(matches.length) }, span);
  }
  return matches[0];
}

/** `base[index]`: an array's element from 0, a map's value, or a struct's field by a string literal. */
export function getItem(base: Expr, index: Expr, shownBase: string, shownIndex: string, span: Span, env: ExprEnvironment): Expr {
  const type = typeOf(base);
  const mode = evalMode(env);
  const indexType = typeOf(index);
  switch (type.kind) {
    case "array": {
      if (!isIntegral(indexType) && indexType.kind !== "null") {
        throw dataTypeMismatch(
          "UNEXPECTED_INPUT_TYPE",
          `${shownBase}[${shownIndex}]`,
          `The second parameter requires the "INTEGRAL" type, however "${shownIndex}" has the type ${quoteType(indexType)}.`,
          { paramIndex: "second", requiredType: `"INTEGRAL"`, inputSql: `"${shownIndex}"`, inputType: quoteType(indexType) },
          span,
        );
      }
      const nullable = isNullable(base) || isNullable(index) || type.containsNull || mode !== "ansi";
      return { kind: "call", name: "getitem", args: [base, indexType.kind === "null" ? castTo(index, INT, mode) : castTo(index, indexType.kind === "long" ? indexType : INT, mode)], type: type.element, nullable, mode, span };
    }
    case "map":
      return { kind: "call", name: "getitem", args: [base, castTo(index, type.key, mode, span)], type: type.value, nullable: true, mode, span };
    case "struct":
      if (index.kind === "literal" && isStringLike(index.type) && typeof index.value === "string") return structField(base, type, index.value, shownBase, span, env);
      break;
    case "null":
      return literal(null, NULL);
    default:
      break;
  }
  throw analysisError(
    "INVALID_EXTRACT_BASE_FIELD_TYPE",
    "42000",
    `Can't extract a value from "${shownBase}". Need a complex type [STRUCT, ARRAY, MAP] but got ${quoteType(type)}.`,
    { base: `"${shownBase}"`, other: quoteType(type) },
    span,
  );
}
