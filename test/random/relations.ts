import type { RandomStream } from "../../bench/generate/random.ts";
import { firstDifference } from "../oracle/compare.ts";
import type { ResultSet } from "../oracle/result-set.ts";
import { Expressions } from "./expressions.ts";
import { printExpr, printSource } from "./print.ts";
import type { Dialect } from "./print.ts";
import { Queries } from "./queries.ts";
import { columnLeaves } from "./scope.ts";

const MAX_COLUMNS = 4;

/**
 * Two checks that hold in any engine and need no other to compare with (Rigger and Su):
 * - ternary logic partitioning, OOPSLA 2020: the rows where p is true, where NOT p is true and where p is NULL are together all rows;
 * - NoREC, ESEC/FSE 2020: WHERE p, which an optimizer works on, keeps as many rows as have p true when p is only shown.
 *
 * @returns what is wrong, with the queries; undefined when both hold.
 */
export async function logicProblem(random: RandomStream, runOurs: (sql: string) => Promise<ResultSet>, dialect: Dialect): Promise<string | undefined> {
  const relation = new Queries(random).relation(1);
  const scope = { leaves: relation.columns };
  const predicate = printExpr(new Expressions(random).predicate(scope, 2), dialect);
  const shown = columnLeaves(scope).slice(0, MAX_COLUMNS);
  const columns = shown.map((column, i) => `${printExpr(column, dialect)} AS c${i}`).join(", ") || "1 AS c0";
  const source = printSource(relation.source, dialect);
  const select = (where: string) => `SELECT ${columns} FROM ${source}${where}`;
  const parts = [` WHERE ${predicate}`, ` WHERE NOT (${predicate})`, ` WHERE (${predicate}) IS NULL`].map(select);
  try {
    const whole = await runOurs(select(""));
    const pieces: ResultSet[] = [];
    for (const part of parts) pieces.push(await runOurs(part));
    const difference = firstDifference({ columns: whole.columns, rows: pieces.flatMap((piece) => piece.rows) }, whole);
    if (difference !== undefined) return `the three parts of WHERE are not the whole ("DuckDB" is the whole): ${difference}\n  ${parts.join("\n  ")}`;
    const kept = pieces[0].rows.length;
    const truth = await runOurs(`SELECT ${predicate} AS p FROM ${source}`);
    const expected = truth.rows.filter(([p]) => p === true).length;
    return kept === expected ? undefined : `WHERE keeps ${kept} rows, but its condition is true for ${expected}\n  ${parts[0]}`;
  } catch (error) {
    return `${String(error)}\n  ${parts.join("\n  ")}`;
  }
}
