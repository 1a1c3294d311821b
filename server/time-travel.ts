import { SparrowError } from "../catalog/errors.ts";
import { typeOf } from "../catalog/expression.ts";
import type { TableVersion } from "../catalog/ports.ts";
import { type DataType, STRING, TIMESTAMP } from "../catalog/types.ts";
import type { Value } from "../catalog/values.ts";
import type { AstExpr, TimeTravel } from "../parser/ast.ts";
import { analyzeExpression } from "../planner/analyzer/standalone-expressions.ts";
import { castValue } from "../executor/functions/cast.ts";
import { analysisContext } from "./run-query.ts";
import type { Session } from "./session.ts";
import { ResolvedTables } from "./table-resolution.ts";

const NO_SPAN = { start: 0, end: 0 };
const TIMESTAMP_DIGITS = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})$/;

/** The state of a table that VERSION AS OF or TIMESTAMP AS OF means; timestamps without a zone are in the session's. Raises INVALID_TIME_TRAVEL_SPEC, INVALID_TIME_TRAVEL_TIMESTAMP_EXPR. */
export async function tableVersion(session: Session, travel: TimeTravel): Promise<TableVersion> {
  const ast = travel.kind === "version" ? travel.version : travel.timestamp;
  const { value, type } = constantValue(session, ast);
  if (travel.kind === "version") {
    const text = value === null ? "" : String(value).trim();
    if (/^\d+$/.test(text)) return { kind: "version", version: BigInt(text) };
    throw new SparrowError("INVALID_TIME_TRAVEL_SPEC", "42K0E", `The version of VERSION AS OF must be a whole number that is not negative, not '${text}'.`, { version: text }, { span: ast.span });
  }
  const micros = value === null ? null : castValue(value, type, TIMESTAMP, "try", session.timeZone);
  if (micros !== null) return { kind: "timestamp", micros: micros as bigint };
  const expr = value === null ? "NULL" : String(castValue(value, type, STRING, "ansi", session.timeZone));
  throw new SparrowError("INVALID_TIME_TRAVEL_TIMESTAMP_EXPR.INPUT", "42K0E", `The time travel timestamp expression '${expr}' is invalid. It cannot be cast to the TIMESTAMP type.`, { expr }, { span: ast.span });
}

/** The value and type of an expression without columns. */
export function constantValue(session: Session, ast: AstExpr): { readonly value: Value; readonly type: DataType } {
  const context = analysisContext(session, new ResolvedTables(), {});
  const expr = analyzeExpression(ast, [], context);
  return { value: context.evaluate(expr), type: typeOf(expr) };
}

/** Delta's short form behind a path: `path@v12`, `path@20240131235959000`. */
export function splitVersionSuffix(text: string): { readonly path: string; readonly version: TimeTravel | undefined } {
  const at = text.lastIndexOf("@");
  const suffix = at < 0 ? "" : text.slice(at + 1);
  const path = text.slice(0, Math.max(at, 0));
  const digits = TIMESTAMP_DIGITS.exec(suffix);
  if (digits !== null) {
    const [, year, month, day, hour, minute, second, millis] = digits;
    return { path, version: { kind: "timestamp", timestamp: { kind: "string", value: `${year}-${month}-${day} ${hour}:${minute}:${second}.${millis}`, span: NO_SPAN } } };
  }
  if (/^v\d+$/i.test(suffix)) return { path, version: { kind: "version", version: { kind: "number", text: suffix.slice(1), suffix: "", span: NO_SPAN } } };
  return { path: text, version: undefined };
}
