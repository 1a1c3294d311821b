import { SparrowError } from "../../catalog/errors.ts";
import { sqlTypeName } from "../../catalog/types.ts";
import type { AstExpr, QualifiedName, Statement } from "../../parser/ast.ts";
import type { Parameters, TypedValue } from "../../planner/analyzer/context.ts";
import { partsOf, quoted } from "../object-names.ts";
import { parseText } from "../parse-text.ts";
import type { RunOptions } from "../run-query.ts";
import type { Session } from "../session.ts";
import { emptyResult, type StatementResult } from "../statement-result.ts";
import { everyNode, holdsQuery } from "../syntax-tree.ts";
import { runStatement } from "./run-statement.ts";
import { assignmentTargets, assignRow, rowOf, selectOf } from "./variables.ts";

type ExecuteImmediate = Extract<Statement, { kind: "executeImmediate" }>;

/** A text may execute itself through a variable. */
const MAX_DEPTH = 50;

/**
 * EXECUTE IMMEDIATE text [INTO variables] [USING arguments]: the text is a constant string, the arguments are constants for its `?` or `:name`. The
 * text runs without the parameters of the statement around it. Source: Spark's `ResolveExecuteImmediate`.
 */
export async function runExecuteImmediate(session: Session, statement: ExecuteImmediate, options: RunOptions): Promise<StatementResult> {
  const depth = (options.depth ?? 0) + 1;
  if (depth > MAX_DEPTH) throw new SparrowError("STATEMENT_TOO_COMPLEX", "54001", `The statement is too complex: EXECUTE IMMEDIATE within EXECUTE IMMEDIATE, more than ${MAX_DEPTH} of them.`, { limit: String(MAX_DEPTH) }, { span: statement.span });
  const text = await statementText(session, statement.text, options);
  const given = await givenArguments(session, statement.using, options);
  const bound = boundBy(given);
  const { statement: parsed, text: key } = await parseText(text, session, { bound });
  checkNames(parsed, given, options);
  const inner: RunOptions = { signal: options.signal, bound, text: key, depth };
  if (statement.into.length === 0) return runStatement(session, parsed, inner);
  if (parsed.kind !== "select") {
    const sqlString = text.toUpperCase();
    throw new SparrowError("INVALID_STATEMENT_FOR_EXECUTE_INTO", "07501", `The INTO clause of EXECUTE IMMEDIATE is only valid for queries but the given statement is not a query: ${sqlString}.`, { sqlString });
  }
  await assignRow(session, assignmentTargets(session, statement.into), parsed.query, inner);
  return emptyResult();
}

async function statementText(session: Session, expr: AstExpr, options: RunOptions): Promise<string> {
  const { type, value } = await constantOf(session, expr, options);
  if (type.kind !== "string" && type.kind !== "null") {
    const exprType = `"${sqlTypeName(type)}"`;
    throw new SparrowError("INVALID_EXPR_TYPE_FOR_QUERY_EXECUTE_IMMEDIATE", "42K09", `Expression type must be string type but got ${exprType}.`, { exprType }, { span: expr.span });
  }
  if (value !== null) return String(value);
  const varName = expr.kind === "name" ? quoted(...partsOf(expr.name)) : "NULL";
  throw new SparrowError("NULL_QUERY_STRING_EXECUTE_IMMEDIATE", "22004", `Execute immediate requires a non-null variable as the query string, but the provided variable ${varName} is null.`, { varName }, { span: expr.span });
}

async function constantOf(session: Session, expr: AstExpr, options: RunOptions): Promise<TypedValue> {
  if (holdsQuery(expr)) {
    throw new SparrowError("UNSUPPORTED_EXPR_FOR_PARAMETER", "42K0E", "A query parameter contains unsupported expression. Parameters can either be variables or literals. Invalid expression: a subquery.", { invalidExprSql: '"scalarsubquery()"' }, { span: expr.span });
  }
  const [value] = await rowOf(session, selectOf([expr]), [undefined], { ...options, text: undefined });
  return value;
}

interface Argument {
  /** After AS, or the variable that it is. */
  readonly name: string | undefined;
  readonly written: AstExpr;
  readonly value: TypedValue;
}

async function givenArguments(session: Session, using: readonly AstExpr[], options: RunOptions): Promise<readonly Argument[]> {
  const given: Argument[] = [];
  for (const written of using) {
    const operand = written.kind === "alias" ? written.operand : written;
    const name = written.kind === "alias" ? written.names[0].name : operand.kind === "name" ? lastPart(operand.name) : undefined;
    given.push({ name, written, value: await constantOf(session, operand, options) });
  }
  return given;
}

function boundBy(given: readonly Argument[]): Parameters {
  const named = new Map(given.flatMap(({ name, value }) => (name === undefined ? [] : [[name, value] as const])));
  return { named, positional: given.map(({ value }) => value) };
}

/** A text with `:name` takes arguments with names alone, each once. */
function checkNames(statement: Statement, given: readonly Argument[], options: RunOptions): void {
  if (takesNames(statement) !== true) return;
  const unnamed = given.filter(({ name }) => name === undefined).map(({ written }) => `"${shown(written, options)}"`);
  if (unnamed.length > 0) {
    const exprs = unnamed.join(", ");
    throw new SparrowError("ALL_PARAMETERS_MUST_BE_NAMED", "07001", `Using name parameterized queries requires all parameters to be named. Parameters missing names: ${exprs}.`, { exprs });
  }
  const names = given.map(({ name }) => String(name).toLowerCase());
  const twice = names.find((name, i) => names.indexOf(name) < i);
  if (twice !== undefined) {
    const aliases = quoted(twice);
    throw new SparrowError("EXEC_IMMEDIATE_DUPLICATE_ARGUMENT_ALIASES", "42701", `The USING clause of this EXECUTE IMMEDIATE command has several arguments of one name (${aliases}). Give each a name of its own.`, { aliases });
  }
}

function lastPart(name: QualifiedName): string {
  const parts = partsOf(name);
  return parts[parts.length - 1];
}

function shown(expr: AstExpr, { text }: RunOptions): string {
  return text?.slice(expr.span.start, expr.span.end) ?? expr.kind;
}

/** Whether the text's parameters have names; undefined without parameters. */
function takesNames(statement: Statement): boolean | undefined {
  const kinds = new Set<boolean>();
  everyNode(statement, (node) => {
    if (node.kind === "parameter") kinds.add(node.name !== undefined);
    return true;
  });
  if (kinds.size > 1) throw new SparrowError("INVALID_QUERY_MIXED_QUERY_PARAMETERS", "42613", "Parameterized query must either use positional, or named parameters, but not both.", {});
  return kinds.values().next().value;
}
