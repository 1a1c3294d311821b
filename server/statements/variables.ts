import { SparrowError } from "../../catalog/errors.ts";
import { columnExpr, isNullable } from "../../catalog/expression.ts";
import type { DataType } from "../../catalog/types.ts";
import { valueReader } from "../../executor/result-values.ts";
import type { AstExpr, QualifiedName, Query, Statement } from "../../parser/ast.ts";
import { plainQuery } from "../../parser/query.ts";
import { castTo } from "../../planner/analyzer/casts.ts";
import type { TypedValue } from "../../planner/analyzer/context.ts";
import { analyzeQuery } from "../../planner/analyzer/queries.ts";
import { collectTableNames } from "../../planner/analyzer/table-names.ts";
import { executeQuery } from "../execute-query.ts";
import { partsOf, quoted } from "../object-names.ts";
import { analysisContext, planAnalyzed, type PreparedQuery, type RunOptions } from "../run-query.ts";
import { type SessionVariable, unresolvedVariable, variableIdentity, variableName } from "../session-variables.ts";
import type { Session } from "../session.ts";
import { emptyResult, type StatementResult } from "../statement-result.ts";
import { holdsQuery } from "../syntax-tree.ts";
import { resolveTables } from "../table-resolution.ts";

/** DECLARE [OR REPLACE] [VARIABLE] name, ... [type] [DEFAULT expr]. Several variables have one default, evaluated once. */
export async function runDeclareVariable(session: Session, statement: Extract<Statement, { kind: "declareVariable" }>, options: RunOptions): Promise<StatementResult> {
  const { names, orReplace, type, span } = statement;
  const declared = names.map(declaredName);
  const twice = declared.find((name, i) => declared.indexOf(name) < i);
  if (twice !== undefined) {
    const variable = variableIdentity(twice);
    throw new SparrowError("DUPLICATE_VARIABLE_NAME_INSIDE_DECLARE", "42734", `Found duplicate variable ${variable} in the declare variable list. Please, remove one of them.`, { variableName: variable }, { span });
  }
  const known = orReplace ? undefined : declared.find((name) => session.variables.get(name) !== undefined);
  if (known !== undefined) {
    const variable = variableIdentity(known);
    throw new SparrowError("VARIABLE_ALREADY_EXISTS", "42723", `Cannot create the variable ${variable} because it already exists. Choose a different name, or drop or replace the existing variable.`, { variableName: variable }, { span: names[declared.indexOf(known)].span });
  }
  const value: AstExpr = statement.default?.expr ?? { kind: "null", span };
  if (holdsQuery(value)) {
    const colName = variableIdentity(declared[0]);
    const defaultValue = statement.default?.text ?? "";
    throw new SparrowError("INVALID_DEFAULT_VALUE.SUBQUERY_EXPRESSION", "42623", `Failed to execute DECLARE VARIABLE command because the destination column or variable ${colName} has a DEFAULT value ${defaultValue}, which contains subquery expressions.`, { statement: "DECLARE VARIABLE", colName, defaultValue }, { span: value.span });
  }
  const [typed] = await rowOf(session, selectOf([value]), [type], options);
  for (const name of declared) session.variables.put({ name, ...typed, default: value });
  return emptyResult();
}

function declaredName(name: QualifiedName): string {
  const own = variableName(partsOf(name));
  if (own === undefined) throw unresolvedVariable(name);
  return own;
}

/** DROP TEMPORARY VARIABLE [IF EXISTS] name. */
export function runDropVariable(session: Session, { name, ifExists }: Extract<Statement, { kind: "dropVariable" }>): StatementResult {
  const own = declaredName(name);
  if (!session.variables.drop(own) && !ifExists) {
    const variable = variableIdentity(own);
    throw new SparrowError("VARIABLE_NOT_FOUND", "42883", `The variable ${variable} cannot be found. Verify the spelling and correctness of the schema and catalog. To tolerate the error on drop use DROP VARIABLE IF EXISTS.`, { variableName: variable }, { span: name.span });
  }
  return emptyResult();
}

/** SET VAR a = expr, b = DEFAULT: all expressions see the values of before. */
export async function runSetVariable(session: Session, { assignments }: Extract<Statement, { kind: "setVariable" }>, options: RunOptions): Promise<StatementResult> {
  const targets = assignmentTargets(session, assignments.map(({ target }) => target));
  const values = assignments.map(({ value }, i) => withDefault(value, targets[i]));
  await assignRow(session, targets, selectOf(values), options);
  return emptyResult();
}

/** SET VAR (a, b) = (query): NULLs where the query gives no row. Raises ROW_SUBQUERY_TOO_MANY_ROWS. */
export async function runSetVariables(session: Session, statement: Extract<Statement, { kind: "setVariables" }>, options: RunOptions): Promise<StatementResult> {
  const targets = assignmentTargets(session, statement.targets);
  await assignRow(session, targets, withDefaults(statement.query, targets), options);
  return emptyResult();
}

/** The variables of these names. Raises UNRESOLVED_VARIABLE, DUPLICATE_ASSIGNMENTS. */
export function assignmentTargets(session: Session, names: readonly QualifiedName[]): readonly SessionVariable[] {
  const targets = names.map((name) => {
    const variable = session.variables.get(variableName(partsOf(name)) ?? "");
    if (variable === undefined) throw unresolvedVariable(name);
    return variable;
  });
  const twice = targets.find((variable, i) => targets.indexOf(variable) < i);
  if (twice !== undefined) {
    const nameList = quoted(twice.name);
    throw new SparrowError("DUPLICATE_ASSIGNMENTS", "42701", `The columns or variables ${nameList} appear more than once as assignment targets.`, { nameList }, { span: names[targets.lastIndexOf(twice)].span });
  }
  return targets;
}

/** Gives the variables the values of the query's only row, each cast to its variable's type. */
export async function assignRow(session: Session, targets: readonly SessionVariable[], query: Query, options: RunOptions): Promise<void> {
  const values = await rowOf(session, query, targets.map(({ type }) => type), options);
  targets.forEach((variable, i) => session.variables.put({ ...variable, ...values[i] }));
}

/** The query's only row under these types, or under its own where one is undefined; NULLs without a row. */
export async function rowOf(session: Session, query: Query, types: readonly (DataType | undefined)[], options: RunOptions): Promise<readonly TypedValue[]> {
  const plan = async (): Promise<PreparedQuery> => {
    const tables = await resolveTables(session, collectTableNames(query));
    const context = analysisContext(session, tables, options);
    const source = analyzeQuery(query, context);
    if (source.columns.length !== types.length) {
      const parameters = { numTarget: String(types.length), numExpr: String(source.columns.length) };
      throw new SparrowError("ASSIGNMENT_ARITY_MISMATCH", "42802", `The number of columns or variables assigned or aliased: ${types.length} does not match the number of source expressions: ${source.columns.length}.`, parameters, { span: query.span });
    }
    const outputs = source.columns.map((column, i) => {
      const type = types[i] ?? column.type;
      const expr = castTo(columnExpr(column), type, context.settings.ansi ? "ansi" : "legacy", query.span);
      return { expr, column: { id: context.nextId(), name: column.name, type, nullable: isNullable(expr) } };
    });
    return planAnalyzed(session, { plan: { kind: "project", input: source.plan, outputs }, columns: outputs.map(({ column }) => column) }, context, tables);
  };
  const prepared = await plan();
  let rows = 0;
  let values: readonly TypedValue[] = prepared.columns.map(({ type }) => ({ type, value: null }));
  for await (const batch of executeQuery(session, prepared, options.signal, plan)) {
    rows += batch.rows;
    if (rows > 1) throw new SparrowError("ROW_SUBQUERY_TOO_MANY_ROWS", "21000", "More than one row returned by a subquery used as a row.", {}, { span: query.span });
    if (batch.rows === 1) values = prepared.columns.map(({ type }, i) => ({ type, value: valueReader(batch.columns[i])(0) }));
  }
  return values;
}

/** `SELECT a, b`. */
export function selectOf(items: readonly AstExpr[]): Query {
  const span = { start: items[0].span.start, end: items[items.length - 1].span.end };
  return plainQuery({ kind: "select", hints: [], distinct: false, items, from: [], lateralViews: [], windows: [], span });
}

/** DEFAULT may stand for a whole column of the query's outermost SELECT or VALUES. */
function withDefaults(query: Query, targets: readonly SessionVariable[]): Query {
  const { body } = query;
  const replaced = (items: readonly AstExpr[]): readonly AstExpr[] => items.map((item, i) => (i < targets.length ? withDefault(item, targets[i]) : item));
  if (body.kind === "select") return { ...query, body: { ...body, items: replaced(body.items) } };
  if (body.kind !== "values") return query;
  return { ...query, body: { ...body, rows: body.rows.map((row) => (row.kind === "row" ? { ...row, items: replaced(row.items) } : withDefault(row, targets[0]))) } };
}

function withDefault(value: AstExpr, variable: SessionVariable): AstExpr {
  return value.kind === "default" ? variable.default : value;
}
