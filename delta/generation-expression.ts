import type { StructField } from "../catalog/types.ts";

/** Metadata key of the SQL text of `GENERATED ALWAYS AS (...)`. Source: the protocol's section "Generated Columns". */
export const GENERATION_EXPRESSION = "delta.generationExpression";

/** What a column is computed from; undefined for a column that is not generated. */
export function generationText({ metadata }: StructField): string | undefined {
  const text = metadata?.[GENERATION_EXPRESSION];
  return typeof text === "string" ? text : undefined;
}
