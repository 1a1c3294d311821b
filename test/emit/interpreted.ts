import { expect } from "vitest";
import { SparrowError } from "../../catalog/errors.ts";
import type { Column, Expr } from "../../catalog/expression.ts";
import type { Value } from "../../catalog/values.ts";
import { evaluate } from "../../executor/interpret.ts";
import type { RunOptions } from "./row-runner.ts";
import { runExpression } from "./row-runner.ts";

/** Rows for which raising is checked one by one. */
const MAX_RAISING = 5;

export function interpret(expr: Expr, columns: readonly Column[], row: readonly Value[], timeZone = "UTC"): Value | SparrowError {
  try {
    return evaluate(expr, (id) => row[columns.findIndex((c) => c.id === id)], { timeZone, queryTime: 0n, user: "u", database: "default", catalog: "c" });
  } catch (error) {
    if (error instanceof SparrowError) return error;
    throw error;
  }
}

/** Compiled code gives what the interpreter gives, row by row, and raises the same condition where it raises. Says how many rows raised. */
export async function expectInterpreted(expr: Expr, columns: readonly Column[], rows: readonly (readonly Value[])[], timeZone = "UTC", more: Pick<RunOptions, "coded" | "ranged"> = {}): Promise<number> {
  const wanted = rows.map((row) => interpret(expr, columns, row, timeZone));
  const kept = rows.flatMap((row, i) => (wanted[i] instanceof SparrowError ? [] : [{ row, value: wanted[i] }]));
  const outcome = await runExpression(expr, columns, kept.map(({ row }) => row), { timeZone, ...more });
  if (outcome.error !== undefined) throw new Error(`raised for ${JSON.stringify(kept[outcome.values.length].row, (_, v: unknown) => (typeof v === "bigint" ? `${v}n` : v))}`, { cause: outcome.error });
  expect(outcome.values.map((value, i) => ({ row: kept[i].row, value }))).toEqual(kept);
  const raising = rows.flatMap((row, i) => (wanted[i] instanceof SparrowError ? [{ row, error: wanted[i] }] : []));
  for (const { row, error } of raising.slice(0, MAX_RAISING)) {
    const raised = await runExpression(expr, columns, [row], { timeZone, ...more });
    expect({ row, condition: raised.error?.condition, parameters: raised.error?.parameters }).toEqual({ row, condition: error.condition, parameters: error.parameters });
  }
  return raising.length;
}
