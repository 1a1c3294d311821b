import type { StructField } from "../../catalog/types.ts";
import { lookupFunction } from "../../catalog/functions/registry.ts";
import type { Value } from "../../catalog/values.ts";
import { castValue } from "../../executor/functions/cast.ts";
import { formatValue } from "../../executor/functions/format-value.ts";
import type { EvalContext } from "../../executor/functions/scalar-function.ts";
import { evaluate } from "../../executor/interpret.ts";
import type { Query, Statement } from "../../parser/ast.ts";
import { parseStatement } from "../../parser/parse.ts";
import type { AnalysisContext, AnalyzedQuery, TableLookup } from "../../planner/analyzer/context.ts";
import { analysisSettings } from "../../planner/analyzer/context.ts";
import { analyzeQuery } from "../../planner/analyzer/queries.ts";
import { emptyTable } from "../analyzer/table-shapes.ts";
import { PlanRows } from "./plan-rows.ts";

const QUERY_TIME = 1_700_000_000_000_000n;

/** Runs a golden file's statements over rows in memory: parser, analyzer, function library, and no engine. */
export class GoldenRows {
  private readonly tables = new Map<string, TableLookup>();
  private readonly contents = new Map<string, (readonly Value[])[]>();
  private readonly values: Map<string, string>;
  private database = "default";

  constructor(settings: Readonly<Record<string, string>> = {}) {
    this.values = new Map(Object.entries({ "spark.sql.session.timezone": "America/Los_Angeles", ...settings }));
  }

  /** The result's lines, columns between tabs; none for a command. */
  run(sql: string): readonly string[] | undefined {
    const statement = parseStatement(sql);
    if (statement.kind !== "select") {
      this.command(statement);
      return undefined;
    }
    const { plan, columns } = this.analyze(statement.query);
    const options = { timeZone: this.evalContext().timeZone, binaryStyle: this.values.get("spark.sql.binaryoutputstyle") === "HEX" ? ("hex" as const) : ("utf8" as const) };
    return this.planRows()
      .rows(plan)
      .map((row) => columns.map((column) => formatValue(row.get(column.id) ?? null, column.type, options)).join("\t"));
  }

  private planRows(): PlanRows {
    return new PlanRows(this.evalContext(), (name) => this.contents.get(name) ?? []);
  }

  private evalContext(): EvalContext {
    const { timeZone } = analysisSettings((key) => this.values.get(key.toLowerCase()));
    return { timeZone, queryTime: QUERY_TIME, user: "tester", database: this.database, catalog: "spark_catalog" };
  }

  private context(): AnalysisContext {
    let id = 0;
    const settings = analysisSettings((key) => this.values.get(key.toLowerCase()));
    const context = this.evalContext();
    return {
      settings,
      lookupFunction,
      lookupTable: ({ name }) => this.tables.get(this.key(name)),
      evaluate: (expr) => evaluate(expr, () => null, context),
      session: { timestamp: QUERY_TIME, date: 19_675, user: "tester", catalog: "spark_catalog", database: this.database },
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

  private valuesOf(query: Query): { readonly analyzed: AnalyzedQuery; readonly rows: readonly (readonly Value[])[] } {
    const analyzed = this.analyze(query);
    return { analyzed, rows: this.planRows().rows(analyzed.plan).map((row) => analyzed.columns.map((column) => row.get(column.id) ?? null)) };
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
        const made = statement.query === undefined ? undefined : this.valuesOf(statement.query);
        const fields: StructField[] = made === undefined ? statement.columns.map((c) => ({ name: c.name.name, type: c.type, nullable: c.nullable })) : made.analyzed.columns.map((c) => ({ name: c.name, type: c.type, nullable: c.nullable }));
        const more = statement.partitionedBy.flatMap((p) => ("type" in p && !fields.some((f) => f.name === p.name.name) ? [{ name: p.name.name, type: p.type, nullable: true }] : []));
        const key = this.key(statement.name.parts.map((p) => p.name));
        this.tables.set(key, { kind: "table", snapshot: emptyTable(key, [...fields, ...more]) });
        this.contents.set(key, [...(made?.rows ?? [])]);
        return;
      }
      case "insert": {
        const { analyzed, rows } = this.valuesOf(statement.query);
        const key = this.key(statement.table.parts.map((p) => p.name));
        const table = this.tables.get(key);
        if (table?.kind !== "table") throw new Error(`no table ${key}`);
        const fields = table.snapshot.columns;
        const { timeZone } = this.evalContext();
        const position = (field: StructField, i: number): number => (statement.columns === undefined ? i : statement.columns.findIndex((c) => c.name.toLowerCase() === field.name.toLowerCase()));
        const stored = rows.map((row) =>
          fields.map((field, i) => {
            const at = position(field, i);
            return at < 0 ? null : castValue(row[at], analyzed.columns[at].type, field.type, "ansi", timeZone);
          }),
        );
        this.contents.set(key, [...(statement.mode === "overwrite" ? [] : (this.contents.get(key) ?? [])), ...stored]);
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
      default:
        return;
    }
  }
}
