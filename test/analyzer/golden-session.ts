import { SparrowError } from "../../catalog/errors.ts";
import { lookupFunction } from "../../catalog/functions/registry.ts";
import type { DataType, StructField } from "../../catalog/types.ts";
import { INT, STRING, typeName } from "../../catalog/types.ts";
import { evaluate } from "../../executor/interpret.ts";
import type { Query, Statement } from "../../parser/ast.ts";
import { parseStatement } from "../../parser/parse.ts";
import type { AnalysisContext, AnalyzedQuery, TableLookup } from "../../planner/analyzer/context.ts";
import { analysisSettings } from "../../planner/analyzer/context.ts";
import { analyzeQuery } from "../../planner/analyzer/queries.ts";
import { bindInsert } from "../../planner/analyzer/insert.ts";
import { checkPlan } from "../../planner/plan-invariants.ts";
import { columnList } from "../schemas/column-list.ts";
import { emptyTable } from "./table-shapes.ts";

const TENK = columnList("unique1 int, unique2 int, two int, four int, ten int, twenty int, hundred int, thousand int, twothousand int, fivethous int, tenthous int, odd int, even int, stringu1 string, stringu2 string, string4 string");
const ARRAY_OF_INTS: DataType = { kind: "array", element: INT, containsNull: true };

/** Tables that Spark's test suite makes before it runs a file. */
const SUITE_TABLES: Readonly<Record<string, readonly StructField[]>> = {
  tenk1: TENK,
  onek: TENK,
  aggtest: columnList("a int, b double").map((f) => (f.name === "b" ? { ...f, type: { kind: "float" } } : f)),
  testdata: columnList("key int, value string"),
  arraydata: [
    { name: "arraycol", type: ARRAY_OF_INTS, nullable: true },
    { name: "nestedarraycol", type: { kind: "array", element: ARRAY_OF_INTS, containsNull: true }, nullable: true },
  ],
  mapdata: [{ name: "mapcol", type: { kind: "map", key: INT, value: STRING, valueContainsNull: true }, nullable: true }],
};

const FACTS = { queryTime: 1_700_000_000_000_000n, user: "tester", database: "default", catalog: "spark_catalog" };

function readsNoColumn(): never {
  throw new Error("a constant reads no column");
}

/** Runs a golden file's statements as far as analysis goes: views and tables are shapes without rows. */
export class GoldenSession {
  private readonly tables = new Map<string, TableLookup>();
  private readonly values = new Map<string, string>([["spark.sql.session.timezone", "America/Los_Angeles"]]);
  private database = "default";

  constructor() {
    for (const [name, columns] of Object.entries(SUITE_TABLES)) this.tables.set(`default.${name}`, { kind: "table", snapshot: emptyTable(name, columns) });
  }

  /** The schema that Spark would print; `struct<>` for a statement that gives no rows. */
  run(sql: string): string {
    const statement = parseStatement(sql);
    if (statement.kind === "select") {
      const { columns, plan } = this.analyze(statement.query);
      checkPlan(plan);
      return `struct<${columns.map((c) => `${c.name}:${typeName(c.type)}`).join(",")}>`;
    }
    this.command(statement);
    return "struct<>";
  }

  private context(): AnalysisContext {
    let id = 0;
    const settings = analysisSettings((key) => this.values.get(key.toLowerCase()));
    return {
      settings,
      lookupFunction,
      lookupTable: ({ name }) => this.tables.get(this.key(name)),
      evaluate: (expr) => evaluate(expr, readsNoColumn, { ...FACTS, timeZone: settings.timeZone }),
      session: { timestamp: 1_700_000_000_000_000n, date: 19_675, user: "tester", catalog: "spark_catalog", database: this.database },
      nextId: () => ++id,
    };
  }

  private key(name: readonly string[]): string {
    const parts = name.map((p) => p.toLowerCase());
    if (parts.length === 3 && parts[0] === "spark_catalog") parts.shift();
    return parts.length === 1 && !this.tables.has(parts[0]) ? `${this.database}.${parts[0]}` : parts.join(".");
  }

  private analyze(query: Query): AnalyzedQuery {
    return analyzeQuery(query, this.context());
  }

  private command(statement: Statement): void {
    switch (statement.kind) {
      case "createView": {
        this.analyze(statement.query);
        const name = statement.name.parts.map((p) => p.name);
        const key = statement.temporary ? (statement.global ? `global_temp.${name[0].toLowerCase()}` : name[0].toLowerCase()) : this.key(name);
        const columns = statement.columns.length === 0 ? {} : { columns: statement.columns.map((c) => c.name.name) };
        this.tables.set(key, { kind: "view", query: statement.query, settings: this.context().settings, isTemporary: statement.temporary, ...columns });
        return;
      }
      case "createTable": {
        const fields: StructField[] = statement.query === undefined ? statement.columns.map((c) => ({ name: c.name.name, type: c.type, nullable: c.nullable })) : this.analyze(statement.query).columns.map((c) => ({ name: c.name, type: c.type, nullable: c.nullable }));
        const partitions = new Set(statement.partitionedBy.map((p) => ("type" in p ? p.name.name : p.name).toLowerCase()));
        const more = statement.partitionedBy.flatMap((p) => ("type" in p && !fields.some((f) => f.name === p.name.name) ? [{ name: p.name.name, type: p.type, nullable: true }] : fields.filter((f) => !("type" in p) && f.name.toLowerCase() === p.name.toLowerCase())));
        const name = this.key(statement.name.parts.map((p) => p.name));
        this.tables.set(name, { kind: "table", snapshot: emptyTable(name, [...fields.filter((f) => !partitions.has(f.name.toLowerCase())), ...more]) });
        return;
      }
      case "drop":
        this.tables.delete(this.key(statement.name.parts.map((p) => p.name)));
        return;
      case "set":
        if (statement.key !== undefined && statement.value !== undefined) this.values.set(statement.key.toLowerCase(), statement.value);
        return;
      case "setTimeZone":
        this.values.set("spark.sql.session.timezone", statement.value);
        return;
      case "use":
        this.database = statement.name.parts[statement.name.parts.length - 1].name.toLowerCase();
        return;
      case "insert": {
        const name = statement.table.parts.map((p) => p.name);
        const table = this.tables.get(this.key(name));
        if (table?.kind === "table") bindInsert({ ...statement, table: name, fields: table.snapshot.columns, defaultOf: () => undefined }, this.context());
        return;
      }
      default:
        return;
    }
  }
}

export function conditionOf(error: unknown): string {
  return error instanceof SparrowError ? error.condition : `${error instanceof Error ? error.stack : String(error)}`;
}
