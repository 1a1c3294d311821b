import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DataType } from "../../catalog/types.ts";
import { typeName } from "../../catalog/types.ts";
import { DIFFERENCES } from "./differences.ts";
import type { Difference } from "./differences.ts";
import { DuckDBOracle } from "./duckdb.ts";

let duckdb: DuckDBOracle;
beforeAll(async () => {
  duckdb = await DuckDBOracle.open({ threads: 1 });
});
afterAll(() => duckdb.close());

/** Value as text and type of an expression in DuckDB (a constant NULL has no type there); the message when it is refused. */
async function answer(expression: string): Promise<string> {
  try {
    const typed = await duckdb.query(`SELECT ${expression}`);
    const text = await duckdb.query(`SELECT CAST((${expression}) AS VARCHAR)`);
    return shown(text.rows[0][0] as string | null, typed.columns[0].type);
  } catch (error) {
    return `refused: ${String(error)}`;
  }
}

function shown(value: string | null, type: DataType): string {
  return value === null ? "NULL" : `${value} ${typeName(type)}`;
}

/** The translation of the proof; where a translation is only a word of a larger text, the text with that word. */
function translated({ key, duckdb: translate, proof }: Difference): string {
  const text = translate(proof.args, typeName(proof.type));
  if (key === "type:timestamp_ntz") return proof.spark.replace("TIMESTAMP_NTZ", text);
  if (key.startsWith("join:")) return proof.spark.replace(/LEFT (SEMI|ANTI) JOIN/, text);
  if (key === "grouping:total") return proof.spark.replace("ROLLUP(a)", `ROLLUP(a) HAVING ${text}`);
  if (key === "literal:int") return proof.args[0];
  return text;
}

describe("differences between Spark and DuckDB", () => {
  it.each(DIFFERENCES.map((d) => [d.key, d] as const))("%s", async (_, difference) => {
    const { proof } = difference;
    const sparks = shown(proof.value, proof.type);
    expect(await answer(proof.spark)).not.toBe(sparks);
    expect(await answer(translated(difference))).toBe(sparks);
  });

  it("are named once each", () => {
    expect(new Set(DIFFERENCES.map((d) => d.key)).size).toBe(DIFFERENCES.length);
  });
});
