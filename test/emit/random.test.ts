import { expect, test } from "vitest";
import type { Column, Expr } from "../../catalog/expression.ts";
import { operands } from "../../catalog/expression.ts";
import type { Value } from "../../catalog/values.ts";
import { canEmit } from "../../executor/emit/expression.ts";
import { expectInterpreted } from "./interpreted.ts";
import { describeExpression, RandomExpressions } from "./random-expressions.ts";

const FIRST_SEED = Number(process.env.EMIT_SEED ?? 1);
const SEEDS = Number(process.env.EMIT_SEEDS ?? 150);
const ROWS = 40;

/** The strings of every second tree are dictionary-coded. */
function codedColumns(seed: number, columns: readonly Column[]): readonly Column[] {
  return seed % 2 === 0 ? columns.filter((c) => c.type.kind === "string") : [];
}

/** How compiled code differs from the interpreter, if it does. */
async function difference(expr: Expr, columns: readonly Column[], rows: readonly (readonly Value[])[], coded: readonly Column[]): Promise<unknown> {
  try {
    await expectInterpreted(expr, columns, rows, "UTC", coded);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The smallest part of a failing tree that fails by itself. */
async function smallestFailing(expr: Expr, columns: readonly Column[], rows: readonly (readonly Value[])[], coded: readonly Column[]): Promise<Expr> {
  for (const operand of operands(expr)) if ((await difference(operand, columns, rows, coded)) !== undefined) return smallestFailing(operand, columns, rows, coded);
  return expr;
}

test(`random expressions give what the interpreter gives (seeds from ${FIRST_SEED})`, async () => {
  let emitted = 0;
  let raised = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    const random = new RandomExpressions(seed);
    const expr = random.expression(5);
    if (!canEmit(expr)) continue;
    emitted++;
    const rows = Array.from({ length: ROWS }, () => random.row());
    try {
      raised += await expectInterpreted(expr, random.columns, rows, "UTC", codedColumns(seed, random.columns));
    } catch {
      const coded = codedColumns(seed, random.columns);
      const smallest = await smallestFailing(expr, random.columns, rows, coded);
      throw new Error(`EMIT_SEED=${seed} EMIT_SEEDS=1: ${describeExpression(smallest)}`, { cause: await difference(smallest, random.columns, rows, coded) });
    }
  }
  // Most trees are compiled, and some rows raise: else the generator has lost its use.
  expect(emitted).toBeGreaterThan(SEEDS * 0.7);
  expect(raised).toBeGreaterThan(0);
});
