import { compareValues, literal, type ModelType, type ModelValue } from "./values.ts";

/** Conditions and values of random statements, in a form that both the engine and the model understand. */
export type Expr =
  | { readonly kind: "literal"; readonly value: ModelValue; readonly type: ModelType }
  | { readonly kind: "column"; readonly name: string }
  /** An integer column plus a small number. */
  | { readonly kind: "plus"; readonly column: string; readonly addend: number }
  | { readonly kind: "concat"; readonly column: string; readonly suffix: string };

export type Condition =
  | { readonly kind: "compare"; readonly column: string; readonly operator: "=" | "<" | ">=" | "<=>" | "<>"; readonly value: ModelValue; readonly type: ModelType }
  | { readonly kind: "in"; readonly column: string; readonly values: readonly ModelValue[]; readonly type: ModelType }
  | { readonly kind: "isNull"; readonly column: string; readonly negated: boolean }
  /** `column % divisor = remainder` */
  | { readonly kind: "modulo"; readonly column: string; readonly divisor: number; readonly remainder: number }
  | { readonly kind: "and" | "or"; readonly left: Condition; readonly right: Condition }
  | { readonly kind: "not"; readonly input: Condition };

/** The values of a row by column name. Raises `UnknownColumn` for a name that there is not. */
export type Row = ReadonlyMap<string, ModelValue>;

/** A statement names a column that the table does not have: after steps were taken away it makes no sense any more. */
export class UnknownColumn extends Error {}

function get(row: Row, column: string): ModelValue {
  const value = row.get(column);
  if (value === undefined) throw new UnknownColumn(column);
  return value;
}

/** `table`: what columns are qualified with. */
export function exprText(expr: Expr, table?: string): string {
  switch (expr.kind) {
    case "literal":
      return literal(expr.value, expr.type);
    case "column":
      return qualified(expr.name, table);
    case "plus":
      return `${qualified(expr.column, table)} + ${expr.addend}`;
    case "concat":
      return `concat(${qualified(expr.column, table)}, '${expr.suffix}')`;
  }
}

export function exprValue(expr: Expr, row: Row): ModelValue {
  switch (expr.kind) {
    case "literal":
      return expr.value;
    case "column":
      return get(row, expr.name);
    case "plus": {
      const value = get(row, expr.column);
      return value === null ? null : typeof value === "bigint" ? value + BigInt(expr.addend) : (value as number) + expr.addend;
    }
    case "concat": {
      const value = get(row, expr.column);
      return value === null ? null : `${value as string}${expr.suffix}`;
    }
  }
}

export function conditionText(condition: Condition, table?: string): string {
  switch (condition.kind) {
    case "compare":
      return `${qualified(condition.column, table)} ${condition.operator} ${literal(condition.value, condition.type)}`;
    case "in":
      return `${qualified(condition.column, table)} IN (${condition.values.map((value) => literal(value, condition.type)).join(", ")})`;
    case "isNull":
      return `${qualified(condition.column, table)} IS ${condition.negated ? "NOT " : ""}NULL`;
    case "modulo":
      return `${qualified(condition.column, table)} % ${condition.divisor} = ${condition.remainder}`;
    case "and":
    case "or":
      return `(${conditionText(condition.left, table)} ${condition.kind.toUpperCase()} ${conditionText(condition.right, table)})`;
    case "not":
      return `NOT (${conditionText(condition.input, table)})`;
  }
}

/** SQL's three values: null is unknown. */
export function conditionValue(condition: Condition, row: Row): boolean | null {
  switch (condition.kind) {
    case "compare": {
      const value = get(row, condition.column);
      if (condition.operator === "<=>") return value === null || condition.value === null ? value === condition.value : compareValues(value, condition.value) === 0;
      if (value === null || condition.value === null) return null;
      const order = compareValues(value, condition.value);
      return { "=": order === 0, "<>": order !== 0, "<": order < 0, ">=": order >= 0 }[condition.operator];
    }
    case "in": {
      const value = get(row, condition.column);
      if (value === null) return null;
      if (condition.values.some((other) => other !== null && compareValues(value, other) === 0)) return true;
      return condition.values.includes(null) ? null : false;
    }
    case "isNull":
      return (get(row, condition.column) === null) !== condition.negated;
    case "modulo": {
      const value = get(row, condition.column);
      return value === null ? null : BigInt(value as number | bigint) % BigInt(condition.divisor) === BigInt(condition.remainder);
    }
    case "and": {
      const [left, right] = [conditionValue(condition.left, row), conditionValue(condition.right, row)];
      return left === false || right === false ? false : left === null || right === null ? null : true;
    }
    case "or": {
      const [left, right] = [conditionValue(condition.left, row), conditionValue(condition.right, row)];
      return left === true || right === true ? true : left === null || right === null ? null : false;
    }
    case "not": {
      const value = conditionValue(condition.input, row);
      return value === null ? null : !value;
    }
  }
}

/** Columns that a condition names. */
export function columnsOf(condition: Condition): string[] {
  switch (condition.kind) {
    case "and":
    case "or":
      return [...columnsOf(condition.left), ...columnsOf(condition.right)];
    case "not":
      return columnsOf(condition.input);
    case "compare":
    case "in":
    case "isNull":
    case "modulo":
      return [condition.column];
  }
}

export function qualified(column: string, table: string | undefined): string {
  return table === undefined ? `\`${column}\`` : `${table}.\`${column}\``;
}
