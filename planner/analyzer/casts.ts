import { commonTypeOf } from "../../catalog/coercion.ts";
import type { Span } from "../../catalog/errors.ts";
import type { EvalMode, Expr, LiteralExpr } from "../../catalog/expression.ts";
import { isNullable, typeOf } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import { BOOLEAN, isIntegral, isNested, isStringLike, NULL, sameType } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";

export function literal(value: Value, type: DataType): LiteralExpr {
  return { kind: "literal", type, value };
}

export function nullOf(type: DataType): LiteralExpr {
  return { kind: "literal", type, value: null };
}

/** Whether values of one are values of the other as they are: equal but for the nullability of elements and the names of fields. */
function sameStructure(a: DataType, b: DataType): boolean {
  if (a === b) return true;
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case "array":
      return sameStructure(a.element, (b as typeof a).element);
    case "map":
      return sameStructure(a.key, (b as typeof a).key) && sameStructure(a.value, (b as typeof a).value);
    case "struct": {
      const other = (b as typeof a).fields;
      return a.fields.length === other.length && a.fields.every((f, i) => sameStructure(f.type, other[i].type));
    }
    default:
      return JSON.stringify(a) === JSON.stringify(b);
  }
}

/** The expression under exactly this type: itself, a literal of that type, or a cast. */
export function castTo(expr: Expr, type: DataType, mode: EvalMode, span?: Span): Expr {
  const from = typeOf(expr);
  if (sameType(from, type)) return expr;
  if (expr.kind === "literal") {
    const value = castLiteral(expr.value, from, type);
    if (value !== undefined) return { kind: "literal", type, value };
  }
  const nullable = isNullable(expr) || castAddsNull(from, type, mode);
  return { kind: "cast", input: expr, type, nullable, mode, ...(span === undefined ? {} : { span }) };
}

/** Widening of number literals, which cannot fail; undefined: not one of these. */
function castLiteral(value: Value, from: DataType, to: DataType): Value | undefined {
  if (value === null) return from.kind === "null" || (!isNested(from) && !isNested(to)) ? null : undefined;
  if (isIntegral(from) && (typeof value === "number" || typeof value === "bigint")) {
    if (to.kind === "double" && (typeof value === "number" || Number.isSafeInteger(Number(value)))) return Number(value);
    if (to.kind === "long") return BigInt(value);
    if (to.kind === "int" && (from.kind === "byte" || from.kind === "short")) return Number(value);
    if (to.kind === "short" && from.kind === "byte") return Number(value);
    if (to.kind === "decimal") {
      const unscaled = BigInt(value) * 10n ** BigInt(to.scale);
      return digits(unscaled) <= to.precision ? unscaled : undefined;
    }
  }
  if (from.kind === "decimal" && typeof value === "bigint") {
    if (to.kind === "decimal" && to.scale >= from.scale) {
      const unscaled = value * 10n ** BigInt(to.scale - from.scale);
      return digits(unscaled) <= to.precision ? unscaled : undefined;
    }
    if (to.kind === "double") return Number(`${value}e-${from.scale}`);
  }
  return undefined;
}

export function digits(value: bigint): number {
  return (value < 0n ? -value : value).toString().length;
}

/** Whether a cast can give NULL for a value that is not. Source: Spark's `Cast.forceNullable`. */
export function castAddsNull(from: DataType, to: DataType, mode: EvalMode): boolean {
  if (from.kind === "null" || from.kind === "variant" || mode === "try") return true;
  if (to.kind === "calendar_interval" && isStringLike(from)) return true;
  if (to.kind === "decimal" && (from.kind === "float" || from.kind === "double")) return true;
  if (mode === "ansi") return false;
  if (isStringLike(from)) return !(isStringLike(to) || to.kind === "binary");
  if (isStringLike(to)) return false;
  if (from.kind === "timestamp" || from.kind === "date") return to.kind !== "timestamp" && to.kind !== "timestamp_ntz" && to.kind !== "date" && to.kind !== "long";
  if (from.kind === "double" || from.kind === "float") return to.kind === "timestamp" || to.kind === "decimal";
  if (to.kind === "decimal") return true;
  return to.kind === "date" || to.kind === "calendar_interval";
}

/** All under their common type; undefined: they have none. */
export function toCommonType(exprs: readonly Expr[], ansi: boolean): { readonly type: DataType; readonly exprs: readonly Expr[] } | undefined {
  const types = exprs.map(typeOf);
  // Structs may differ in the names of their fields, and are then compared by position.
  const type = commonTypeOf(types, ansi) ?? (types.every((t) => sameStructure(t, types[0])) ? types[0] : undefined);
  if (type === undefined) return undefined;
  const mode: EvalMode = ansi ? "ansi" : "legacy";
  return { type, exprs: exprs.map((e) => castTo(e, type, mode)) };
}

/** Spark's CASE; branches that have no common type: undefined. */
export function caseOf(branches: readonly { readonly when: Expr; readonly then: Expr }[], otherwise: Expr | undefined, ansi: boolean): Expr | undefined {
  const last = otherwise ?? nullOf(NULL);
  const common = toCommonType([...branches.map((b) => b.then), last], ansi);
  if (common === undefined) return undefined;
  const mode: EvalMode = ansi ? "ansi" : "legacy";
  const results = common.exprs.map((e) => castTo(e, common.type, mode));
  return {
    kind: "case",
    branches: branches.map((b, i) => ({ when: castTo(b.when, BOOLEAN, mode), then: results[i] })),
    otherwise: results[results.length - 1],
    type: common.type,
    nullable: results.some(isNullable),
  };
}
