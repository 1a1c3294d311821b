import type { DataType } from "../../catalog/types.ts";
import { isIntegral, typeName } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import { show } from "../oracle/compare.ts";
import { duckdbText } from "../oracle/differences.ts";
import type { Expr, Query, Select, SortKey, Source, Tail } from "./tree.ts";
import { outputs } from "./tree.ts";

export type Dialect = "spark" | "duckdb";

export function printQuery(query: Query, dialect: Dialect): string {
  return new Printer(dialect).query(query);
}

export function printExpr(expr: Expr, dialect: Dialect): string {
  return new Printer(dialect).expr(expr);
}

export function printSource(source: Source, dialect: Dialect): string {
  return new Printer(dialect).source(source);
}

const POSTFIX = new Set(["IS NULL", "IS NOT NULL", "IS TRUE", "IS FALSE"]);
const PREFIX = new Set(["NOT", "-", "~"]);
const INFIX = new Set(["+", "-", "*", "/", "%", "&", "|", "^", "=", "<>", "<", "<=", ">", ">=", "<=>", "IS DISTINCT FROM", "AND", "OR", "LIKE", "RLIKE", "div"]);

class Printer {
  readonly #dialect: Dialect;

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  query(query: Query): string {
    switch (query.kind) {
      case "select":
        return this.#select(query);
      case "set":
        return `(${this.query(query.left)}) ${query.operator} (${this.query(query.right)})${tail(query.tail)}`;
      case "with":
        return `WITH ${query.name} AS (${this.query(query.definition)}) ${this.query(query.body)}`;
    }
  }

  #select(select: Select): string {
    const items = select.items.map((item) => `${this.expr(item.expr)} AS ${item.name}`).join(", ");
    let text = `SELECT ${select.distinct ? "DISTINCT " : ""}${items} FROM ${this.source(select.from)}`;
    if (select.where !== undefined) text += ` WHERE ${this.expr(select.where)}`;
    if (select.grouping !== undefined && select.grouping.keys.length > 0) {
      const keys = select.grouping.keys.map((key) => this.expr(key)).join(", ");
      text += ` GROUP BY ${select.grouping.kind === "plain" ? keys : `${select.grouping.kind.toUpperCase()}(${keys})`}`;
    }
    const having = select.having === undefined ? "" : this.expr(select.having);
    const totals = select.grouping === undefined || select.grouping.kind === "plain" ? undefined : this.#differing("grouping:total", [having], "");
    if ((totals ?? having) !== "") text += ` HAVING ${totals ?? having}`;
    return text + tail(select.tail);
  }

  source(source: Source): string {
    switch (source.kind) {
      case "table":
        return source.table === source.alias ? source.table : `${source.table} AS ${source.alias}`;
      case "derived":
        return `(${this.query(source.query)}) AS ${source.alias}`;
      case "join": {
        const right = source.right.kind === "join" ? `(${this.source(source.right)})` : this.source(source.right);
        const join = this.#differing(`join:${source.type}`, [], "") ?? `${source.type.toUpperCase()} JOIN`;
        return `${this.source(source.left)} ${join} ${right}${source.on === undefined ? "" : ` ON ${this.expr(source.on)}`}`;
      }
    }
  }

  expr(expr: Expr): string {
    switch (expr.kind) {
      case "column":
        return `${expr.relation}.${expr.name}`;
      case "literal":
        return this.#literal(expr.value, expr.type);
      case "call":
        return this.#call(expr);
      case "cast":
        return this.#cast(expr.input, expr.type);
      case "case": {
        const branches = expr.branches.map(({ when, then }) => `WHEN ${this.expr(when)} THEN ${this.expr(then)}`).join(" ");
        return `CASE ${branches}${expr.otherwise === undefined ? "" : ` ELSE ${this.expr(expr.otherwise)}`} END`;
      }
      case "in":
        return `(${this.expr(expr.input)} ${expr.negated ? "NOT IN" : "IN"} (${expr.list.map((item) => this.expr(item)).join(", ")}))`;
      case "aggregate":
        return this.#aggregate(expr);
      case "window":
        return this.#window(expr);
      case "scalarSubquery":
        return `(${this.query(expr.query)})`;
      case "exists":
        // In Spark's grammar EXISTS is a condition: in parentheses it may be an operand too.
        return `(${expr.negated ? "NOT " : ""}EXISTS (${this.query(expr.query)}))`;
      case "inSubquery":
        return `(${this.expr(expr.input)} ${expr.negated ? "NOT IN" : "IN"} (${this.query(expr.query)}))`;
    }
  }

  #call(expr: Extract<Expr, { kind: "call" }>): string {
    const args = expr.args.map((arg) => this.expr(arg));
    const text = this.#differing(`call:${expr.name}`, args, this.#type(expr.type)) ?? sparkCall(expr.name, args);
    return expr.type.kind === "decimal" ? (this.#differing("result:decimal", [text], this.#type(expr.type)) ?? text) : text;
  }

  #cast(input: Expr, type: DataType): string {
    const fraction = input.type.kind === "decimal" || input.type.kind === "double" || input.type.kind === "float";
    const key = fraction && isIntegral(type) ? "cast:fraction:integer" : `cast:${input.type.kind}:${type.kind}`;
    const text = this.expr(input);
    return this.#differing(key, [text], this.#type(type)) ?? `CAST(${text} AS ${this.#type(type)})`;
  }

  #aggregate(expr: Extract<Expr, { kind: "aggregate" }>): string {
    const args = expr.args.length === 0 ? "*" : expr.args.map((arg) => this.expr(arg)).join(", ");
    const filter = expr.filter === undefined ? "" : ` FILTER (WHERE ${this.expr(expr.filter)})`;
    const text = `${expr.name}(${expr.distinct ? "DISTINCT " : ""}${args})${filter}`;
    return this.#differing(aggregateKey(expr.name, expr.type), [text], this.#type(expr.type)) ?? text;
  }

  #window(expr: Extract<Expr, { kind: "window" }>): string {
    const args = expr.args.map((arg) => this.expr(arg)).join(", ");
    const parts: string[] = [];
    if (expr.over.partition.length > 0) parts.push(`PARTITION BY ${expr.over.partition.map((key) => this.expr(key)).join(", ")}`);
    if (expr.over.order.length > 0) parts.push(`ORDER BY ${expr.over.order.map((key) => this.#sortKey(key)).join(", ")}`);
    if (expr.over.frame !== undefined) parts.push(expr.over.frame);
    const over = `(${parts.join(" ")})`;
    const star = expr.name === "count" && expr.args.length === 0 ? "*" : args;
    const plain = `${expr.name}(${star}) OVER ${over}`;
    if (expr.ignoreNulls) return this.#differing("window:ignore_nulls", [expr.name, args, over], "") ?? `${expr.name}(${args}) IGNORE NULLS OVER ${over}`;
    return this.#differing(aggregateKey(expr.name, expr.type), [plain], this.#type(expr.type)) ?? plain;
  }

  #sortKey({ key, descending, nulls }: SortKey): string {
    return `${this.expr(key)}${descending ? " DESC" : ""}${nulls === undefined ? "" : ` NULLS ${nulls.toUpperCase()}`}`;
  }

  #literal(value: Value, type: DataType): string {
    if (value === null) return `CAST(NULL AS ${this.#type(type)})`;
    const digits = show(value, type);
    const spark = sparkLiteral(value, type, digits);
    return this.#differing(`literal:${type.kind}`, [type.kind === "timestamp_ntz" ? `'${digits}'` : digits.replace(/^X/, "")], "") ?? spark;
  }

  #type(type: DataType): string {
    return this.#differing(`type:${type.kind}`, [], "") ?? typeName(type).toUpperCase();
  }

  #differing(key: string, args: readonly string[], type: string): string | undefined {
    return this.#dialect === "duckdb" ? duckdbText(key, args, type) : undefined;
  }
}

function aggregateKey(name: string, type: DataType): string {
  if (name !== "sum") return `aggregate:${name}`;
  return `aggregate:sum:${type.kind === "long" ? "integer" : type.kind}`;
}

function sparkCall(name: string, args: readonly string[]): string {
  if (name === "array_element") return `array(${args.slice(1).join(", ")})[${args[0]}]`;
  if (name === "struct_field") return `named_struct('x', ${args[0]}, 'y', ${args[1]}).x`;
  if (POSTFIX.has(name)) return `(${args[0]} ${name})`;
  if (args.length === 1 && PREFIX.has(name)) return `(${name} ${args[0]})`;
  if (INFIX.has(name)) return `(${args.join(` ${name} `)})`;
  if (name === "BETWEEN") return `(${args[0]} BETWEEN ${args[1]} AND ${args[2]})`;
  return `${name}(${args.join(", ")})`;
}

function sparkLiteral(value: Value, type: DataType, digits: string): string {
  switch (type.kind) {
    case "byte":
      return `${digits}Y`;
    case "short":
      return `${digits}S`;
    case "long":
      return `${digits}L`;
    case "float":
      return `CAST(${digits} AS FLOAT)`;
    case "double":
      return `${digits}D`;
    case "decimal":
      return `CAST('${digits}' AS DECIMAL(${type.precision},${type.scale}))`;
    case "date":
      return `DATE '${digits}'`;
    case "timestamp_ntz":
      return `TIMESTAMP_NTZ '${digits}'`;
    case "string":
      return `'${value as string}'`; // The generator makes no quotes and no backslashes.
    default:
      return digits;
  }
}

function tail(part: Tail | undefined): string {
  if (part === undefined) return "";
  const keys = part.descending.map((down, i) => `${i + 1}${down ? " DESC" : ""}`).join(", ");
  const limit = part.limit === undefined ? "" : ` LIMIT ${part.limit}`;
  return ` ORDER BY ${keys}${limit}${part.offset === undefined ? "" : ` OFFSET ${part.offset}`}`;
}

/** Whether rows come in an order that the query fixes: it sorts by all of its columns. */
export function isOrdered(query: Query): boolean {
  switch (query.kind) {
    case "with":
      return isOrdered(query.body);
    case "select":
    case "set":
      return query.tail !== undefined && query.tail.descending.length === outputs(query).length;
  }
}
