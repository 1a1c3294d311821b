import { expect, test } from "vitest";
import type { Column, Expr } from "../../catalog/expression.ts";
import { operands } from "../../catalog/expression.ts";
import type { Value } from "../../catalog/values.ts";
import { canEmit } from "../../executor/emit/expression.ts";
import type { RunOptions } from "./row-runner.ts";
import { expectInterpreted } from "./interpreted.ts";
import { describeExpression, RandomExpressions } from "./random-expressions.ts";

const FIRST_SEED = Number(process.env.EMIT_SEED ?? 1);
const SEEDS = Number(process.env.EMIT_SEEDS ?? 150);
const ROWS = 40;

/** The strings of every second tree are dictionary-coded; the columns of every third hold small numbers, and say so. */
function optionsOf(seed: number, columns: readonly Column[]): Pick<RunOptions, "coded" | "ranged"> {
  return { coded: seed % 2 === 0 ? columns.filter((c) => c.type.kind === "string") : [], ranged: seed % 3 === 0 };
}

/** How compiled code differs from the interpreter, if it does. */
async function difference(expr: Expr, columns: readonly Column[], rows: readonly (readonly Value[])[], options: Pick<RunOptions, "coded" | "ranged">): Promise<unknown> {
  try {
    await expectInterpreted(expr, columns, rows, "UTC", options);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** The smallest part of a failing tree that fails by itself. */
async function smallestFailing(expr: Expr, columns: readonly Column[], rows: readonly (readonly Value[])[], options: Pick<RunOptions, "coded" | "ranged">): Promise<Expr> {
  for (const operand of operands(expr)) if ((await difference(operand, columns, rows, options)) !== undefined) return smallestFailing(operand, columns, rows, options);
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
    const rows = Array.from({ length: ROWS }, () => random.row(seed % 3 === 0));
    try {
      raised += await expectInterpreted(expr, random.columns, rows, "UTC", optionsOf(seed, random.columns));
    } catch {
      const options = optionsOf(seed, random.columns);
      const smallest = await smallestFailing(expr, random.columns, rows, options);
      throw new Error(`EMIT_SEED=${seed} EMIT_SEEDS=1: ${describeExpression(smallest)}`, { cause: await difference(smallest, random.columns, rows, options) });
    }
  }
  // Most trees are compiled, and some rows raise: else the generator has lost its use.
  expect(emitted).toBeGreaterThan(SEEDS * 0.7);
  expect(raised).toBeGreaterThan(0);
});
