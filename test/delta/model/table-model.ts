import { columnsOf, type Condition, conditionValue, exprValue, type Row, UnknownColumn } from "./expressions.ts";
import { earlier, type MergeClause, type ModelColumn, type NamedRows, type Operation, type TableDefinition } from "./operations.ts";
import { compareValues, type ModelValue } from "./values.ts";

/** One version of a table, as plain values. */
export interface ModelState {
  readonly columns: readonly ModelColumn[];
  readonly partitionedBy: readonly string[];
  readonly constraints: ReadonlyMap<string, Condition>;
  /** `delta.columnMapping.mode`: unless it is `none`, names of columns may change, for the files have others. */
  readonly mapping: string;
  /** By column. */
  readonly rows: readonly (readonly ModelValue[])[];
}

/** What an operation must come to. */
export type Expected =
  /** `affected`: the row of counts that the statement gives. */
  | { readonly kind: "done"; readonly state: ModelState; readonly affected?: readonly number[] }
  /** Conditions of the errors of which one must be raised. */
  | { readonly kind: "refused"; readonly conditions: readonly string[] }
  /** The operation makes no sense for this table. */
  | { readonly kind: "senseless" };

const VIOLATED = "DELTA_VIOLATE_CONSTRAINT_WITH_VALUES";
const NULL_VIOLATED = "DELTA_NOT_NULL_CONSTRAINT_VIOLATED";
const SEVERAL_MATCHES = "DELTA_MULTIPLE_SOURCE_ROW_MATCHING_TARGET_ROW_IN_MERGE";

export function initialState({ columns, partitionedBy, properties }: TableDefinition): ModelState {
  return { columns, partitionedBy, constraints: new Map(), mapping: properties["delta.columnMapping.mode"] ?? "none", rows: [] };
}

/** Applies an operation to the last of a table's versions. */
export function applyOperation(versions: readonly ModelState[], operation: Operation): Expected {
  try {
    requireNamed(versions[versions.length - 1], operation);
    return apply(versions, operation);
  } catch (error) {
    if (error instanceof UnknownColumn) return { kind: "senseless" };
    throw error;
  }
}

/** Raises `UnknownColumn` for a column that an operation's conditions and values name, rows or none. */
function requireNamed(state: ModelState, operation: Operation): void {
  const row: Row = new Map(state.columns.map(({ name }) => [name, null]));
  switch (operation.kind) {
    case "insertSelect":
      for (const name of operation.columns) requiredColumn(row, name);
      exprValue(operation.changed.value, row);
      conditionValue(operation.where, row);
      return;
    case "update":
      for (const { column, value } of operation.set) exprValue(value, requiredColumn(row, column));
      if (operation.where !== undefined) conditionValue(operation.where, row);
      return;
    case "merge":
      requiredColumn(row, operation.key);
      for (const clause of operation.clauses) {
        const assignments = clause.when === "notMatched" ? clause.insert : clause.set === "delete" ? [] : clause.set;
        for (const { column, value } of assignments) exprValue(value, requiredColumn(row, column));
        if (clause.condition !== undefined) conditionValue(clause.condition, row);
      }
      return;
    case "addConstraint":
      conditionValue(operation.check, row);
      return;
    case "replaceWhere":
      for (const { name } of operation.rows.columns) requiredColumn(row, name);
      conditionValue(operation.where, row);
      return;
    case "optimize":
      if (operation.zOrderBy !== undefined) requiredColumn(row, operation.zOrderBy);
      return;
    case "delete":
    case "travel":
      if (operation.where !== undefined) conditionValue(operation.where, row);
      return;
    case "renameColumn":
    case "dropColumn":
    case "dropNotNull":
      requiredColumn(row, operation.column);
      return;
    case "insert":
    case "overwrite":
      for (const { name } of operation.rows.columns) requiredColumn(row, name);
      return;
    case "addColumn":
    case "dropConstraint":
    case "setProperty":
    case "purge":
    case "vacuum":
    case "restore":
      return;
  }
}

function requiredColumn(row: Row, column: string): Row {
  if (!row.has(column)) throw new UnknownColumn(column);
  return row;
}

function apply(versions: readonly ModelState[], operation: Operation): Expected {
  const state = versions[versions.length - 1];
  switch (operation.kind) {
    case "insert":
      return withRows(state, state.rows, tableRows(state, operation.rows));
    case "insertSelect": {
      const { columns, changed, where } = operation;
      const chosen = matching(state, where).map((row) => tableRow(state, new Map(columns.map((name) => [name, exprValue(name === changed.column ? changed.value : { kind: "column", name }, row)]))));
      return withRows(state, state.rows, chosen);
    }
    case "overwrite": {
      const rows = tableRows(state, operation.rows);
      const isPartial = operation.dynamic && state.partitionedBy.length > 0;
      const replaced = new Set(rows.map((row) => partitionKey(state, row)));
      return withRows(state, isPartial ? state.rows.filter((row) => !replaced.has(partitionKey(state, row))) : [], rows);
    }
    case "replaceWhere": {
      const rows = tableRows(state, operation.rows);
      const kept = state.rows.filter((row) => conditionValue(operation.where, named(state, row)) !== true);
      return withRows(state, kept, rows, rows.some((row) => conditionValue(operation.where, named(state, row)) !== true) ? { problems: ["DELTA_REPLACE_WHERE_MISMATCH"] } : {});
    }
    case "delete": {
      const kept = state.rows.filter((row) => operation.where !== undefined && conditionValue(operation.where, named(state, row)) !== true);
      return { kind: "done", state: { ...state, rows: kept }, affected: [state.rows.length - kept.length] };
    }
    case "update": {
      const { where, set } = operation;
      const isHit = (row: readonly ModelValue[]): boolean => where === undefined || conditionValue(where, named(state, row)) === true;
      const hit = state.rows.filter(isHit);
      const changed = hit.map((row) => tableRow(state, new Map([...named(state, row), ...set.map(({ column, value }) => [column, exprValue(value, named(state, row))] as const)])));
      return withRows(state, state.rows.filter((row) => !isHit(row)), changed, { affected: [hit.length] });
    }
    case "merge":
      return merge(state, operation);
    case "addColumn": {
      const { column } = operation;
      if (state.columns.some(({ name }) => name.toLowerCase() === column.name.toLowerCase())) return { kind: "refused", conditions: ["FIELD_ALREADY_EXISTS"] };
      return { kind: "done", state: { ...state, columns: [...state.columns, column], rows: state.rows.map((row) => [...row, null]) } };
    }
    case "renameColumn": {
      const { column, to } = operation;
      const conditions = changeProblems(state, column, "DELTA_UNSUPPORTED_RENAME_COLUMN");
      if (state.columns.some(({ name }) => name.toLowerCase() === to.toLowerCase())) conditions.push("FIELD_ALREADY_EXISTS", "DELTA_DUPLICATE_COLUMNS_FOUND");
      if (conditions.length > 0) return { kind: "refused", conditions };
      const renamed = (name: string): string => (name === column ? to : name);
      return { kind: "done", state: { ...state, columns: state.columns.map((own) => ({ ...own, name: renamed(own.name) })), partitionedBy: state.partitionedBy.map(renamed) } };
    }
    case "dropColumn": {
      const { column } = operation;
      const conditions = changeProblems(state, column, "DELTA_UNSUPPORTED_DROP_COLUMN");
      if (state.partitionedBy.includes(column)) conditions.push("DELTA_UNSUPPORTED_DROP_PARTITION_COLUMN");
      if (state.columns.length === 1) conditions.push("DELTA_DROP_COLUMN_ON_SINGLE_FIELD_SCHEMA");
      // A column that is left must have the data: only partition columns have none.
      if (state.columns.every(({ name }) => name === column || state.partitionedBy.includes(name))) return { kind: "senseless" };
      if (conditions.length > 0) return { kind: "refused", conditions };
      const at = state.columns.findIndex(({ name }) => name === column);
      return { kind: "done", state: { ...state, columns: state.columns.toSpliced(at, 1), rows: state.rows.map((row) => row.toSpliced(at, 1)) } };
    }
    case "dropNotNull":
      return { kind: "done", state: { ...state, columns: state.columns.map((column) => (column.name === operation.column ? { ...column, notNull: false } : column)) } };
    case "addConstraint": {
      const { name, check } = operation;
      if (state.constraints.has(name)) return { kind: "refused", conditions: ["DELTA_CONSTRAINT_ALREADY_EXISTS"] };
      if (state.rows.some((row) => conditionValue(check, named(state, row)) !== true)) return { kind: "refused", conditions: ["DELTA_NEW_CHECK_CONSTRAINT_VIOLATION"] };
      return { kind: "done", state: { ...state, constraints: new Map([...state.constraints, [name, check]]) } };
    }
    case "dropConstraint":
      if (!state.constraints.has(operation.name)) return { kind: "refused", conditions: ["DELTA_CONSTRAINT_DOES_NOT_EXIST"] };
      return { kind: "done", state: { ...state, constraints: new Map([...state.constraints].filter(([name]) => name !== operation.name)) } };
    case "restore":
      return { kind: "done", state: versions[earlier(versions.length - 1, operation.back)] };
    case "setProperty":
      return operation.key === "delta.columnMapping.mode" ? remapped(state, operation.value) : { kind: "done", state };
    case "optimize":
    case "purge":
    case "vacuum":
    case "travel":
      return { kind: "done", state };
  }
}

/** Column mapping begins by name; where it ends, files get the names that the columns have. */
function remapped(state: ModelState, mapping: string): Expected {
  if (mapping !== "none" && state.mapping === "id") return { kind: "refused", conditions: ["DELTA_UNSUPPORTED_COLUMN_MAPPING_MODE_CHANGE"] };
  const isBlank = ({ name }: ModelColumn): boolean => name.includes(" ");
  if (mapping === "none" && state.mapping !== "none" && state.columns.some(isBlank)) return { kind: "refused", conditions: ["DELTA_INVALID_COLUMN_NAMES_WHEN_REMOVING_COLUMN_MAPPING"] };
  return { kind: "done", state: { ...state, mapping } };
}

/** What forbids to rename or drop a column: a table whose files have the same names, or a constraint that names it. */
function changeProblems(state: ModelState, column: string, withoutMapping: string): string[] {
  if (state.mapping === "none") return [withoutMapping];
  const named = [...state.constraints.values()].some((check) => columnsOf(check).includes(column));
  return named ? ["DELTA_CONSTRAINT_DEPENDENT_COLUMN_CHANGE"] : [];
}

/** Rows of a version for which a condition is true. */
export function matching(state: ModelState, where: Condition): Row[] {
  return state.rows.map((row) => named(state, row)).filter((row) => conditionValue(where, row) === true);
}

/** Rows that stay and rows that come; `problems`: what else speaks against the latter. */
function withRows(state: ModelState, kept: ModelState["rows"], added: ModelState["rows"], { problems = [], affected }: { readonly problems?: readonly string[]; readonly affected?: readonly number[] } = {}): Expected {
  const conditions = [...problems, ...violations(state, added)];
  return conditions.length > 0 ? { kind: "refused", conditions } : { kind: "done", state: { ...state, rows: [...kept, ...added] }, affected };
}

function violations(state: ModelState, rows: ModelState["rows"]): string[] {
  const nulls = state.columns.some((column, i) => column.notNull && rows.some((row) => row[i] === null));
  const checks = [...state.constraints.values()].some((check) => rows.some((row) => conditionValue(check, named(state, row)) !== true));
  return [...(nulls ? [NULL_VIOLATED] : []), ...(checks ? [VIOLATED] : [])];
}

function merge(state: ModelState, { source, key, clauses }: Extract<Operation, { kind: "merge" }>): Expected {
  const sources = source.rows.map((row): Row => new Map(source.columns.map(({ name }, i) => [name, row[i]])));
  const isMatch = (target: Row, other: Row): boolean => {
    const [a, b] = [target.get(key), other.get(key)];
    if (b === undefined) throw new UnknownColumn(key);
    return a != null && b !== null && compareValues(a, b) === 0;
  };
  const matched = clauses.flatMap((clause) => (clause.when === "matched" ? [clause] : []));
  const deletesMatched = matched.length === 1 && matched[0].condition === undefined && matched[0].set === "delete";
  const result = { kept: [] as (readonly ModelValue[])[], written: [] as (readonly ModelValue[])[], updated: 0, deleted: 0, inserted: 0 };
  const insertsOnly = clauses.every((clause) => clause.when === "notMatched");
  let ambiguous = false;
  for (const row of state.rows) {
    const target = named(state, row);
    const own = sources.filter((other) => isMatch(target, other));
    const clause = firstOf(clauses, own.length > 0 ? "matched" : "notMatchedBySource", target);
    // Whether a clause applies to the row or not.
    ambiguous ||= own.length > 1 && !insertsOnly && !deletesMatched;
    if (clause === undefined || clause.when === "notMatched") result.kept.push(row);
    else if (clause.set === "delete") result.deleted++;
    else {
      result.updated++;
      const changes = clause.set.map(({ column, value, fromSource }) => [column, exprValue(value, fromSource ? own[0] : target)] as const);
      result.written.push(tableRow(state, new Map([...target, ...changes])));
    }
  }
  for (const other of sources) {
    if (state.rows.some((row) => isMatch(named(state, row), other))) continue;
    const clause = firstOf(clauses, "notMatched", other);
    if (clause?.when !== "notMatched") continue;
    result.inserted++;
    const given = clause.insert.map(({ column, value }) => [column, exprValue(value, other)] as const);
    result.written.push(tableRow(state, new Map(given)));
  }
  const conditions = [...violations(state, result.written), ...(ambiguous ? [SEVERAL_MATCHES] : [])];
  const { updated, deleted, inserted } = result;
  if (conditions.length > 0) return { kind: "refused", conditions };
  return { kind: "done", state: { ...state, rows: [...result.kept, ...result.written] }, affected: [updated + deleted + inserted, updated, deleted, inserted] };
}

function firstOf(clauses: readonly MergeClause[], when: MergeClause["when"], row: Row): MergeClause | undefined {
  return clauses.find((clause) => clause.when === when && (clause.condition === undefined || conditionValue(clause.condition, row) === true));
}

function tableRows(state: ModelState, { columns, rows }: NamedRows): ModelState["rows"] {
  return rows.map((row) => tableRow(state, new Map(columns.map(({ name }, i) => [name, row[i]]))));
}

/** A row as the table holds it: columns without a value are NULL, and so is the empty text in a partition column, for the log writes both alike. */
function tableRow(state: ModelState, values: Row): readonly ModelValue[] {
  return state.columns.map(({ name }) => {
    const value = values.get(name) ?? null;
    return value === "" && state.partitionedBy.includes(name) ? null : value;
  });
}

function named(state: ModelState, row: readonly ModelValue[]): Row {
  return new Map(state.columns.map(({ name }, i) => [name, row[i]]));
}

function partitionKey(state: ModelState, row: readonly ModelValue[]): string {
  return state.partitionedBy.map((name) => String(row[state.columns.findIndex((column) => column.name === name)])).join("\n");
}
