import { SparrowError } from "../errors.ts";
import { parseTypeText } from "../type-text.ts";
import type { DataType } from "../types.ts";
import { sqlTypeName } from "../types.ts";
import type { ResolveContext } from "./signature.ts";

/** The type that an argument names, which must be a constant text. Raises INVALID_SCHEMA.NON_STRING_LITERAL. */
export function typeArgument(given: readonly DataType[], index: number, context: ResolveContext): DataType {
  const text = context.literals[index];
  if (typeof text !== "string") {
    throw new SparrowError("INVALID_SCHEMA.NON_STRING_LITERAL", "42K07", "The schema must be a constant string.", { inputSchema: `"${context.sqlText?.().args[index] ?? sqlTypeName(given[index])}"` }, { span: context.span });
  }
  return parseTypeText(text);
}
