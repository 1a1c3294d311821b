import { assert } from "../../catalog/errors.ts";
import type { Column, Expr } from "../../catalog/expression.ts";
import { columnExpr, isNullable, typeOf } from "../../catalog/expression.ts";
import { BOOLEAN, containsKind, type DataType, INT, isStringLike, STRING } from "../../catalog/types.ts";
import type { Assignment, LogicalPlan } from "../logical.ts";
import type { AnalyzedQuery } from "./context.ts";
import { literal, nullOf } from "./casts.ts";
import type { QueryEnvironment } from "./scope.ts";
import { storedType } from "./store-assignment.ts";

/**
 * Values of CHAR(n) have n characters wherever a query sees them, whether their writer has padded them or not. Source: Spark's `ApplyCharTypePadding` and
 * `spark.sql.readSideCharPadding`.
 */

/** A scan whose columns of CHAR(n), also within nested values, are padded. `declared`: the columns' types in the table; `others`: what it gives beside them. */
export function withPaddedColumns(scan: LogicalPlan, columns: readonly Column[], declared: readonly DataType[], others: readonly Column[], env: QueryEnvironment): AnalyzedQuery {
  if (!env.context.settings.padsChar || !declared.some((type) => containsKind(type, "char"))) return { plan: scan, columns };
  const outputs = columns.map((column, i): Assignment => {
    if (!containsKind(declared[i], "char")) return { column, expr: columnExpr(column) };
    const padded: Column = { ...column, id: env.context.nextId() };
    env.charTypes.set(padded.id, declared[i]);
    return { column: padded, expr: paddedValue(columnExpr(column), declared[i], env) };
  });
  const beside = others.map((column) => ({ column, expr: columnExpr(column) }));
  return { plan: { kind: "project", input: scan, outputs: [...outputs, ...beside] }, columns: outputs.map((output) => output.column) };
}

const COMPARISONS: ReadonlySet<string> = new Set(["=", "<=>", "<", "<=", ">", ">=", "<>"]);

/** Operands of a comparison, or of IN: beside a column of CHAR(n), texts that are given and other such columns get the length of the longest. */
export function atOneLength(operands: readonly Expr[], env: QueryEnvironment): readonly Expr[] {
  if (env.charTypes.size === 0) return operands;
  const lengths = operands.map((operand) => charLength(operand, env) ?? textLength(operand));
  if (lengths.includes(undefined) || operands.every((operand) => charLength(operand, env) === undefined)) return operands;
  const longest = Math.max(...lengths.map(Number));
  return operands.map((operand, i) => {
    if (Number(lengths[i]) === longest) return operand;
    return operand.kind === "literal" ? literal(`${String(operand.value)}${" ".repeat(longest - Number(lengths[i]))}`, STRING) : rightPadded(operand, longest);
  });
}

/** `atOneLength` for the operands of a function, if it is a comparison. */
export function comparedAtOneLength(name: string, args: readonly Expr[], env: QueryEnvironment): readonly Expr[] {
  return COMPARISONS.has(name) ? atOneLength(args, env) : args;
}

/** Of a column of CHAR(n), or of a field of a struct in a column that has one; undefined for everything else. */
function charLength(expr: Expr, env: QueryEnvironment): number | undefined {
  const declared = declaredType(expr, env);
  return declared?.kind === "char" ? declared.length : undefined;
}

function declaredType(expr: Expr, env: QueryEnvironment): DataType | undefined {
  if (expr.kind === "column") return env.charTypes.get(expr.id);
  if (expr.kind !== "call" || expr.name !== "getfield") return undefined;
  const [base, name] = expr.args;
  const declared = declaredType(base, env);
  if (declared?.kind !== "struct" || name.kind !== "literal") return undefined;
  return declared.fields.find((field) => field.name === name.value)?.type;
}

function textLength(expr: Expr): number | undefined {
  return expr.kind === "literal" && typeof expr.value === "string" && isStringLike(expr.type) ? [...expr.value].length : undefined;
}

function call(name: string, args: readonly Expr[], type: DataType, nullable: boolean): Expr {
  return { kind: "call", name, args, type, nullable, mode: "ansi" };
}

function rightPadded(text: Expr, length: number): Expr {
  return call("rpad", [text, literal(length, INT), literal(" ", STRING)], STRING, isNullable(text));
}

/** A value of a column as its declared type has it; texts that are too long stay as they are. */
function paddedValue(value: Expr, declared: DataType, env: QueryEnvironment): Expr {
  const type = storedType(declared);
  const nullable = isNullable(value);
  switch (declared.kind) {
    case "char": {
      const isLong = call(">=", [call("length", [value], INT, nullable), literal(declared.length, INT)], BOOLEAN, nullable);
      return { kind: "case", branches: [{ when: isLong, then: value }], otherwise: rightPadded(value, declared.length), type, nullable };
    }
    case "struct": {
      const fields = declared.fields.flatMap((field) => {
        const own = call("getfield", [value, literal(field.name, STRING)], storedType(field.type), nullable || field.nullable);
        return [literal(field.name, STRING), containsKind(field.type, "char") ? paddedValue(own, field.type, env) : own];
      });
      const whole = call("named_struct", fields, type, false);
      return nullable ? { kind: "case", branches: [{ when: call("isnull", [value], BOOLEAN, false), then: nullOf(type) }], otherwise: whole, type, nullable } : whole;
    }
    case "array":
      return containsKind(declared.element, "char") ? paddedElements(value, declared, env) : value;
    case "map": {
      const parts = (name: string, part: DataType, containsNull: boolean): Expr => {
        const list: DataType = { kind: "array", element: part, containsNull };
        return paddedElements(call(name, [value], storedType(list), nullable), list, env);
      };
      return call("map_from_arrays", [parts("map_keys", declared.key, false), parts("map_values", declared.value, declared.valueContainsNull)], type, nullable);
    }
    default:
      return value;
  }
}

function paddedElements(list: Expr, declared: Extract<DataType, { kind: "array" }>, env: QueryEnvironment): Expr {
  const type = typeOf(list);
  assert(type.kind === "array", "elements are those of an array");
  const element: Column = { id: env.context.nextId(), name: "element", type: type.element, nullable: declared.containsNull };
  return call("transform", [list, { kind: "lambda", parameters: [element], body: paddedValue(columnExpr(element), declared.element, env) }], type, isNullable(list));
}
