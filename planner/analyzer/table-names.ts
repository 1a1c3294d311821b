import type { Span } from "../../catalog/errors.ts";
import type { AstExpr, FunctionArgument, Property, Query, QueryBody, Relation, Statement, TimeTravel } from "../../parser/ast.ts";

/** Something that a provider must open before analysis: a table, a view, a path (parquet.`p`), or a table function that reads files. */
export interface TableReference {
  /** As written: `[t]`, `[db, t]`, `[parquet, path]`; for a function its name. */
  readonly name: readonly string[];
  readonly version?: TimeTravel;
  readonly options?: readonly Property[];
  /** Arguments of a table function that reads files. */
  readonly call?: readonly FunctionArgument[];
  readonly span: Span;
}

/** Table functions whose rows come from files. */
const FILE_FUNCTIONS = new Set(["read_files", "table_changes", "table_changes_by_path"]);

export function isFileFunction(name: string): boolean {
  return FILE_FUNCTIONS.has(name.toLowerCase());
}

/** Equal for references that must mean the same snapshot. */
export function tableKey(reference: TableReference): string {
  const plain = (_: string, value: unknown): unknown => (value !== null && typeof value === "object" && "span" in value ? { ...value, span: undefined } : typeof value === "bigint" ? String(value) : value);
  const isPath = reference.name.length === 2 && /[/*.]/.test(reference.name[1]);
  const name = isPath ? reference.name : reference.name.map((part) => part.toLowerCase());
  return JSON.stringify([name, reference.version, reference.options, reference.call], plain);
}

/** Every table, view and file function that a statement reads, each once; names of common table expressions that cover a use are left out. */
export function collectTableNames(node: Statement | Query): TableReference[] {
  const found = new Map<string, TableReference>();
  const visit = (value: unknown, common: ReadonlySet<string>): void => {
    if (value === null || typeof value !== "object" || value instanceof Uint8Array) return;
    if (Array.isArray(value)) {
      for (const item of value) visit(item, common);
      return;
    }
    const tagged = value as Statement | Query | QueryBody | Relation | AstExpr | { readonly kind?: undefined };
    switch (tagged.kind) {
      case "query":
        visitQuery(tagged, common, visit);
        return;
      case "table":
        if (!(tagged.name.parts.length === 1 && common.has(tagged.name.parts[0].name.toLowerCase()))) add(found, tagged);
        return;
      case "function":
        if (tagged.call.name.parts.length === 1 && isFileFunction(tagged.call.name.parts[0].name)) {
          const reference: TableReference = { name: [tagged.call.name.parts[0].name], call: tagged.call.args, span: tagged.span };
          found.set(tableKey(reference), reference);
        }
        visit(tagged.call, common);
        return;
      default:
        for (const child of Object.values(tagged)) visit(child, common);
    }
  };
  visit(node, new Set());
  return [...found.values()];
}

function add(found: Map<string, TableReference>, relation: Extract<Relation | QueryBody, { kind: "table" }>): void {
  const reference = tableReference(relation);
  const key = tableKey(reference);
  if (!found.has(key)) found.set(key, reference);
}

/** The reference that a table in FROM, or TABLE t, stands for. */
export function tableReference(relation: Extract<Relation | QueryBody, { kind: "table" }>): TableReference {
  const name = relation.name.parts.map((p) => p.name);
  const from = relation as Extract<Relation, { kind: "table" }>;
  return {
    name,
    span: relation.name.span,
    ...(from.version === undefined ? {} : { version: from.version }),
    ...(from.options === undefined ? {} : { options: from.options }),
  };
}

/** A common table is known to those after it, and to the query's own body; to itself only under RECURSIVE. */
function visitQuery(query: Query, outer: ReadonlySet<string>, visit: (value: unknown, common: ReadonlySet<string>) => void): void {
  const common = new Set(outer);
  for (const table of query.with) {
    if (query.recursive) common.add(table.name.name.toLowerCase());
    visit(table.query, common);
    common.add(table.name.name.toLowerCase());
  }
  for (const [key, child] of Object.entries(query)) if (key !== "with") visit(child, common);
}
