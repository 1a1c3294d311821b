import { SparrowError } from "../../catalog/errors.ts";
import type { DataType } from "../../catalog/types.ts";
import { sqlTypeName } from "../../catalog/types.ts";
import { sameShape } from "../../delta/schema-evolution.ts";
import type { AstExpr, Identifier } from "../../parser/ast.ts";
import { parseExpression } from "../../parser/parse.ts";
import { fill } from "./row-changes.ts";

/**
 * An expression of type `from` as one with the fields of `to` at every level, found by name; fields that it lacks are NULL if `fillsMissing`. Types of single
 * values stay as they are. Raises DELTA_UPDATE_SCHEMA_MISMATCH_EXPRESSION for fields that have no place, and for those that are missing otherwise.
 */
export function reshaped(expr: AstExpr, from: DataType, to: DataType, fillsMissing: boolean): AstExpr {
  const { span } = expr;
  const identifier = (name: string): Identifier => ({ name, quoted: true, span });
  const go = (value: AstExpr, source: DataType, target: DataType, depth: number): AstExpr => {
    if (sameShape(source, target)) return value;
    const each = (element: DataType, wanted: DataType): AstExpr => {
      const parameter = identifier(`__element${depth}`);
      return { kind: "lambda", parameters: [parameter], body: go({ kind: "name", name: { parts: [parameter], span }, span }, element, wanted, depth + 1), span };
    };
    if (source.kind === "array" && target.kind === "array") return fill(parseExpression("transform(__value, __each)"), { __value: value, __each: each(source.element, target.element) });
    if (source.kind === "map" && target.kind === "map") {
      return fill(parseExpression("map_from_arrays(transform(map_keys(__value), __key), transform(map_values(__value), __each))"), { __value: value, __key: each(source.key, target.key), __each: each(source.value, target.value) });
    }
    if (source.kind !== "struct" || target.kind !== "struct") return value;
    const extra = source.fields.find((field) => !target.fields.some((wanted) => sameName(wanted, field)));
    const missing = target.fields.find((wanted) => !source.fields.some((field) => sameName(wanted, field)));
    if (extra !== undefined || (missing !== undefined && !fillsMissing)) throw mismatch(from, to);
    const parts: Record<string, AstExpr> = { __value: value };
    const pairs = target.fields.map((wanted, i) => {
      const own = source.fields.find((field) => sameName(wanted, field));
      parts[`__name${i}`] = { kind: "string", value: wanted.name, span };
      parts[`__field${i}`] = own === undefined ? { kind: "cast", operand: { kind: "null", span }, type: wanted.type, try: false, span } : go({ kind: "field", base: value, name: identifier(own.name), span }, own.type, wanted.type, depth + 1);
      return `__name${i}, __field${i}`;
    });
    return fill(parseExpression(`CASE WHEN __value IS NULL THEN NULL ELSE named_struct(${pairs.join(", ")}) END`), parts);
  };
  return go(expr, from, to, 0);
}

function sameName(a: { readonly name: string }, b: { readonly name: string }): boolean {
  return a.name.toLowerCase() === b.name.toLowerCase();
}

function mismatch(from: DataType, to: DataType): SparrowError {
  const [fromCatalog, toCatalog] = [sqlTypeName(from), sqlTypeName(to)];
  return new SparrowError("DELTA_UPDATE_SCHEMA_MISMATCH_EXPRESSION", "42846", `Cannot cast ${fromCatalog} to ${toCatalog}. All nested columns must match.`, { fromCatalog, toCatalog });
}
