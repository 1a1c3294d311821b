import { unreachable } from "../../catalog/errors.ts";
import { isNested, sqlTypeName } from "../../catalog/types.ts";
import { frameBoundText } from "../frame-text.ts";
import { CALL_FORMS } from "./call-forms.ts";
import type { AstExpr, SortItem, WindowReference, WindowSpec, AstFrameBound } from "../../parser/ast.ts";

/**
 * What only resolution knows of how a node is shown: `t.a` is `a`, `mean(x)` keeps its alias, `d + 1` over a date is `date_add(d, 1)`.
 * Nodes that are not in here are shown by their form alone.
 */
export type PrettyNames = Map<AstExpr, string | (() => string)>;

/**
 * The name of a column that has none, and an expression as errors quote it. Source: Spark's `toPrettySQL`: implicit casts left out,
 * strings without quotes, every operator in parentheses.
 */
export function prettySql(ast: AstExpr, names: PrettyNames): string {
  const known = names.get(ast);
  if (known !== undefined) return typeof known === "string" ? known : known();
  const show = (e: AstExpr): string => prettySql(e, names);
  const list = (items: readonly AstExpr[]): string => items.map(show).join(", ");
  switch (ast.kind) {
    case "null":
      return "NULL";
    case "boolean":
      return String(ast.value);
    case "number":
      return numberText(ast.text, ast.suffix);
    case "string":
      return ast.value;
    case "binary":
      return `X'${Array.from(ast.value, (b) => b.toString(16).padStart(2, "0").toUpperCase()).join("")}'`;
    case "typedLiteral":
      return `${(ast.type === "timestamp_ltz" ? "timestamp" : ast.type).toUpperCase()} '${ast.value}'`;
    case "interval":
      return `INTERVAL ${ast.parts.map((p) => `${p.value.kind === "string" ? `'${p.value.value}'` : show(p.value)} ${p.unit.toUpperCase()}${p.to === undefined ? "" : ` TO ${p.to.toUpperCase()}`}`).join(" ")}`;
    case "name":
      return ast.name.parts.map((p) => p.name).join(".");
    case "star":
      return ast.qualifier === undefined ? "*" : `${ast.qualifier.parts.map((p) => p.name).join(".")}.*`;
    case "unary":
      return unaryText(ast.operator, ast.operand, show);
    case "binary_op":
      return binaryText(ast.operator, show(ast.left), show(ast.right));
    case "isNull":
      return `(${show(ast.operand)} IS ${ast.negated ? "NOT " : ""}NULL)`;
    case "isBoolean": {
      const value = ast.value === null ? undefined : String(ast.value).toUpperCase();
      if (value === undefined) return `(${show(ast.operand)} IS ${ast.negated ? "NOT " : ""}NULL)`;
      return ast.negated ? `(NOT (${show(ast.operand)} <=> ${value.toLowerCase()}))` : `(${show(ast.operand)} <=> ${value.toLowerCase()})`;
    }
    case "isDistinctFrom": {
      const same = `(${show(ast.left)} <=> ${show(ast.right)})`;
      return ast.negated ? same : `(NOT ${same})`;
    }
    case "between": {
      const text = `between(${show(ast.operand)}, ${show(ast.low)}, ${show(ast.high)})`;
      return ast.negated ? `(NOT ${text})` : text;
    }
    case "in": {
      const text = `(${show(ast.operand)} IN (${list(ast.list)}))`;
      return ast.negated ? `(NOT ${text})` : text;
    }
    case "inSubquery": {
      const operand = ast.operand.kind === "row" ? `named_struct(${ast.operand.items.map((item) => `${fieldName(item, names)}, ${show(item)}`).join(", ")})` : show(ast.operand);
      const text = `(${operand} IN (listquery()))`;
      return ast.negated ? `(NOT ${text})` : text;
    }
    case "exists":
      return "exists()";
    case "scalarSubquery":
      return "scalarsubquery()";
    case "like": {
      const text =
        ast.operator === "rlike"
          ? `RLIKE(${show(ast.operand)}, ${show(ast.pattern)})`
          : ast.operator === "ilike"
            ? `ilike(${show(ast.operand)}, ${show(ast.pattern)}${ast.escape === undefined ? "" : `, ${show(ast.escape)}`})`
            : `${show(ast.operand)} LIKE ${show(ast.pattern)}${ast.escape === undefined ? "" : ` ESCAPE '${show(ast.escape)}'`}`;
      return ast.negated ? `(NOT ${text})` : text;
    }
    case "likeQuantified": {
      const name = `${ast.negated ? "not" : ""}like${ast.quantifier}`;
      return `${name}(${[ast.operand, ...ast.patterns].map(show).join(", ")})`;
    }
    case "case": {
      const operand = ast.operand;
      const branches = ast.branches.map((b) => ` WHEN ${operand === undefined ? show(b.when) : `(${show(operand)} = ${show(b.when)})`} THEN ${show(b.then)}`);
      return `CASE${branches.join("")}${ast.otherwise === undefined ? "" : ` ELSE ${show(ast.otherwise)}`} END`;
    }
    case "cast":
      // A NULL of a nested type is a literal in Spark.
      if (ast.operand.kind === "null" && isNested(ast.type)) return "NULL";
      return `${ast.try ? "TRY_CAST" : "CAST"}(${show(ast.operand)} AS ${sqlTypeName(ast.type)})`;
    case "call":
      return callText(ast, ast.name.parts[ast.name.parts.length - 1].name.toLowerCase(), names);
    case "extract":
      return `extract(${ast.field} FROM ${show(ast.source)})`;
    case "lambda": {
      const parameters = ast.parameters.map(() => `namedlambdavariable()`);
      return `lambdafunction(${[show(ast.body), ...parameters].join(", ")})`;
    }
    case "index":
      return `${show(ast.base)}[${show(ast.index)}]`;
    case "field":
      return `${show(ast.base)}.${ast.name.name}`;
    case "row":
      return `named_struct(${ast.items.map((item, i) => `${fieldName(item, names, i)}, ${show(item.kind === "alias" ? item.operand : item)}`).join(", ")})`;
    case "alias":
      return `${show(ast.operand)} AS ${ast.names.map((n) => n.name).join(", ")}`;
    case "parameter":
      return ast.name === undefined ? "?" : `:${ast.name}`;
    case "collate":
      return `collate(${show(ast.operand)}, ${ast.collation})`;
    case "default":
      return "DEFAULT";
    case "tableArgument":
      return "TABLE()";
  }
  return unreachable(ast);
}

/** The name that a struct's field or a select item has by itself. */
export function fieldName(item: AstExpr, names: PrettyNames, index = 0): string {
  if (item.kind === "alias") return item.names[0].name;
  if (item.kind === "name") return item.name.parts[item.name.parts.length - 1].name;
  if (item.kind === "field") return item.name.name;
  return `col${index + 1}`;
}

/** A call under the name that Spark shows for it. */
export function callText(ast: AstExpr & { kind: "call" }, name: string, names: PrettyNames): string {
  const show = (e: AstExpr): string => prettySql(e, names);
  const args = ast.args.map((a) => show(a.value.kind === "star" && name === "count" && !ast.distinct ? { kind: "number", text: "1", suffix: "", span: ast.span } : a.value.kind === "alias" ? a.value.operand : a.value));
  const form = ast.distinct ? undefined : CALL_FORMS.get(name);
  let text = form === undefined ? `${name}(${ast.distinct ? "DISTINCT " : ""}${args.join(", ")})` : form(args);
  if (ast.nulls === "ignore") text += " ignore nulls";
  if (ast.withinGroup !== undefined) text += ` WITHIN GROUP (ORDER BY ${ast.withinGroup.map((s) => (name.startsWith("percentile_") ? `${show(s.expr)}${s.ascending ? "" : " DESC"}` : sortText(s, names))).join(", ")})`;
  if (ast.filter !== undefined) text += ` FILTER (WHERE ${show(ast.filter)})`;
  if (ast.over !== undefined) text += ` OVER ${windowText(ast.over, names)}`;
  return text;
}

function numberText(text: string, suffix: string): string {
  if (suffix === "D" || suffix === "F" || (suffix === "" && /[eE]/.test(text))) return doubleText(Number(text));
  return suffix === "BD" || /[.]/.test(text) ? decimalText(text) : BigInt(text).toString();
}

/** Java's `BigDecimal.toString`: digits as written, an exponent when there are more than six zeros after the point. */
function decimalText(text: string): string {
  const [mantissa, exponent = "0"] = text.toLowerCase().split("e");
  const negative = mantissa.startsWith("-");
  const [whole, fraction = ""] = (negative ? mantissa.slice(1) : mantissa).split(".");
  const digits = BigInt(`${whole || "0"}${fraction}`).toString();
  const scale = fraction.length - Number(exponent);
  const adjusted = digits.length - 1 - scale;
  const sign = negative && digits !== "0" ? "-" : "";
  if (scale >= 0 && adjusted >= -6) {
    const padded = digits.padStart(scale + 1, "0");
    return `${sign}${padded.slice(0, padded.length - scale)}${scale === 0 ? "" : `.${padded.slice(padded.length - scale)}`}`;
  }
  if (scale < 0) return `${sign}${digits}${"0".repeat(-scale)}`;
  return `${sign}${digits[0]}${digits.length > 1 ? `.${digits.slice(1)}` : ""}E${adjusted >= 0 ? "+" : ""}${adjusted}`;
}

/** Java's `Double.toString`. */
export function doubleText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) {
    const [mantissa, exponent] = value.toExponential().split("e");
    return `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
  }
  return Number.isInteger(value) ? `${Object.is(value, -0) ? "-0" : value}.0` : String(value);
}

function unaryText(operator: "-" | "+" | "~" | "not", operand: AstExpr, show: (e: AstExpr) => string): string {
  switch (operator) {
    case "-":
      return `(- ${show(operand)})`;
    case "+":
      return `(+ ${show(operand)})`;
    case "~":
      return `~${show(operand)}`;
    case "not":
      return `(NOT ${show(operand)})`;
  }
}

function binaryText(operator: string, left: string, right: string): string {
  switch (operator) {
    case "||":
      return `concat(${left}, ${right})`;
    case "<>":
      return `(NOT (${left} = ${right}))`;
    case "and":
    case "or":
    case "div":
      return `(${left} ${operator === "div" ? "div" : operator.toUpperCase()} ${right})`;
    default:
      return `(${left} ${operator} ${right})`;
  }
}

/** A key of ORDER BY with all that Spark writes out. */
export function sortText(item: SortItem, names: PrettyNames): string {
  const nullsFirst = item.nullsFirst ?? item.ascending;
  return `${prettySql(item.expr, names)} ${item.ascending ? "ASC" : "DESC"} NULLS ${nullsFirst ? "FIRST" : "LAST"}`;
}

function windowText(over: WindowReference, names: PrettyNames): string {
  return over.kind === "named" ? over.name.name : `(${windowSpecText(over.spec, names)})`;
}

/** A window with its frame, which Spark always writes out. */
export function windowSpecText(spec: WindowSpec, names: PrettyNames): string {
  const parts: string[] = [];
  if (spec.partitionBy.length > 0) parts.push(`PARTITION BY ${spec.partitionBy.map((e) => prettySql(e, names)).join(", ")}`);
  if (spec.orderBy.length > 0) parts.push(`ORDER BY ${spec.orderBy.map((s) => sortText(s, names)).join(", ")}`);
  const bound = (b: AstFrameBound): string => frameBoundText(b, (offset) => prettySql(offset, names));
  if (spec.frame !== undefined) parts.push(`${spec.frame.unit.toUpperCase()} BETWEEN ${bound(spec.frame.start)} AND ${bound(spec.frame.end)}`);
  else if (spec.orderBy.length > 0) parts.push("RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW");
  else parts.push("ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING");
  return parts.join(" ");
}
