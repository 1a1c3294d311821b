import { RandomStream } from "../../../bench/generate/random.ts";
import type { Condition, Expr } from "./expressions.ts";
import type { Assignment, MergeClause, ModelColumn, NamedRows, Operation, TableDefinition } from "./operations.ts";
import { applyOperation, initialState, type ModelState } from "./table-model.ts";
import { MODEL_TYPES, type ModelType, randomValue } from "./values.ts";

/** A table and what is done to it. */
export interface Sequence {
  readonly definition: TableDefinition;
  readonly operations: readonly Operation[];
}

const MAX_OPERATIONS = 12;
const MAX_ROWS = 8;
const PARTITION_TYPES: readonly ModelType[] = ["INT", "BIGINT", "DECIMAL(10,2)", "STRING", "BOOLEAN", "DATE", "TIMESTAMP"];
/** Of the key `id`: few, so that MERGE meets some. */
const KEYS = 12;

/** Sequence `number` of a seed is always the same. */
export function randomSequence(seed: number, number: number): Sequence {
  const random = new RandomStream(seed, `delta sequence ${number}`);
  const definition = randomDefinition(random);
  const operations: Operation[] = [];
  // The model is run along, so that statements name columns that are there.
  const versions = [initialState(definition)];
  const count = random.int(3, MAX_OPERATIONS);
  for (let i = 0; i < count; i++) {
    const operation = i === 0 ? insert(random, versions[0]) : randomOperation(random, versions[versions.length - 1]);
    operations.push(operation);
    const expected = applyOperation(versions, operation);
    if (expected.kind === "done") versions.push(expected.state);
  }
  return { definition, operations };
}

function randomDefinition(random: RandomStream): TableDefinition {
  const columns: ModelColumn[] = [{ name: "id", type: "INT", notNull: random.chance(0.3) }];
  const more = random.int(1, 4);
  for (let i = 0; i < more; i++) columns.push({ name: random.pick(["c", "Wide-Name", "ü"]) + i, type: random.pick(MODEL_TYPES), notNull: random.chance(0.1) });
  const partitionedBy: string[] = [];
  const parts = random.chance(0.5) ? random.int(1, 2) : 0;
  for (let i = 0; i < parts; i++) {
    columns.splice(random.int(0, columns.length), 0, { name: `p${i}`, type: random.pick(PARTITION_TYPES), notNull: false });
    partitionedBy.push(`p${i}`);
  }
  const properties: Record<string, string> = {};
  if (random.chance(0.5)) properties["delta.checkpointInterval"] = String(random.int(1, 5));
  if (random.chance(0.2)) properties["delta.dataSkippingNumIndexedCols"] = String(random.int(-1, 2));
  if (random.chance(0.4)) properties["delta.enableDeletionVectors"] = "true";
  if (random.chance(0.3)) properties["delta.checkpointPolicy"] = "v2";
  if (random.chance(0.4)) properties["delta.columnMapping.mode"] = random.pick(["name", "id"]);
  if (random.chance(0.3)) properties["delta.enableChangeDataFeed"] = "true";
  if (random.chance(0.2)) properties["delta.enableInCommitTimestamps"] = "true";
  if (random.chance(0.25)) properties["delta.enableRowTracking"] = "true";
  if (random.chance(0.3)) Object.assign(properties, { "delta.checkpoint.writeStatsAsJson": String(random.chance(0.5)), "delta.checkpoint.writeStatsAsStruct": "true" });
  return { columns, partitionedBy, properties };
}

/** Kinds by how often they come. */
const KINDS: readonly (readonly [Operation["kind"], number])[] = [
  ["insert", 16],
  ["insertSelect", 5],
  ["overwrite", 5],
  ["replaceWhere", 5],
  ["delete", 12],
  ["update", 12],
  ["merge", 18],
  ["addColumn", 5],
  ["renameColumn", 4],
  ["dropColumn", 3],
  ["dropNotNull", 2],
  ["addConstraint", 4],
  ["dropConstraint", 2],
  ["setProperty", 3],
  ["optimize", 6],
  ["purge", 2],
  ["vacuum", 3],
  ["restore", 5],
  ["travel", 6],
];

function randomOperation(random: RandomStream, state: ModelState): Operation {
  const kind = weighted(random);
  switch (kind) {
    case "insert":
      return insert(random, state);
    case "insertSelect":
      return { kind, columns: state.columns.map(({ name }) => name), changed: assignment(random, state, random.pick(state.columns)), where: condition(random, state.columns) };
    case "overwrite":
      return { kind, rows: rowsFor(random, state), dynamic: random.chance(0.5) };
    case "replaceWhere": {
      const column = random.pick(state.columns);
      const value = randomValue(random, column.type, 0);
      const rows = rowsFor(random, state, true);
      const at = rows.columns.findIndex(({ name }) => name === column.name);
      // Mostly rows that the condition takes.
      const fits = random.chance(0.8) ? rows.rows.map((row) => row.with(at, value)) : rows.rows;
      return { kind, where: { kind: "compare", column: column.name, operator: "=", value, type: column.type }, rows: { ...rows, rows: fits } };
    }
    case "delete":
      return { kind, where: random.chance(0.05) ? undefined : condition(random, state.columns) };
    case "update":
      return { kind, set: assignments(random, state), where: random.chance(0.1) ? undefined : condition(random, state.columns) };
    case "merge":
      return randomMerge(random, state);
    case "addColumn":
      return { kind, column: { name: `added${random.int(0, 3)}`, type: random.pick(MODEL_TYPES), notNull: false } };
    case "renameColumn":
    case "dropColumn": {
      const others = state.columns.filter(({ name }) => name !== "id");
      if (others.length === 0) return { kind: "optimize" };
      const column = random.pick(others).name;
      return kind === "dropColumn" ? { kind, column } : { kind, column, to: random.pick(["renamed", "c1", "other name", "added1"]) };
    }
    case "dropNotNull":
      return { kind, column: random.pick(state.columns).name };
    case "addConstraint":
      return { kind, name: `check${random.int(0, 2)}`, check: { kind: "or", left: { kind: "compare", column: "id", operator: ">=", value: random.int(-1, 1), type: "INT" }, right: condition(random, state.columns) } };
    case "dropConstraint":
      return { kind, name: `check${random.int(0, 2)}` };
    case "setProperty":
      return random.pick([
        { kind, key: "delta.checkpointInterval", value: String(random.int(1, 4)) },
        { kind, key: "delta.enableDeletionVectors", value: String(random.chance(0.7)) },
        { kind, key: "delta.columnMapping.mode", value: random.pick(["none", "name"]) },
      ]);
    case "optimize": {
      const columns = state.columns.filter(({ name, type }) => !state.partitionedBy.includes(name) && type !== "BOOLEAN");
      return columns.length > 0 && random.chance(0.4) ? { kind, zOrderBy: random.pick(columns).name } : { kind };
    }
    case "purge":
    case "vacuum":
      return { kind };
    case "restore":
      return { kind, back: random.int(1, 5) };
    case "travel":
      return { kind, back: random.int(0, 6), where: condition(random, state.columns.slice(0, 2)) };
  }
}

function weighted(random: RandomStream): Operation["kind"] {
  let at = random.int(1, KINDS.reduce((sum, [, weight]) => sum + weight, 0));
  for (const [kind, weight] of KINDS) if ((at -= weight) <= 0) return kind;
  throw new Error("the weights add up to more than their sum");
}

function insert(random: RandomStream, state: ModelState): Operation {
  return { kind: "insert", rows: rowsFor(random, state) };
}

/** Rows for some columns of a table, all that may not be NULL among them. */
function rowsFor(random: RandomStream, { columns }: ModelState, all = random.chance(0.7)): NamedRows {
  const chosen = columns.filter(({ name, notNull }) => all || notNull || name === "id" || random.chance(0.7));
  // Now and then one that is refused.
  const nulls = (column: ModelColumn): number => (column.notNull ? 0.02 : 0.15);
  const rows = Array.from({ length: random.int(1, MAX_ROWS) }, () => chosen.map((column) => (column.name === "id" && !random.chance(0.05) ? random.int(0, KEYS) : randomValue(random, column.type, nulls(column)))));
  return { columns: chosen.map(({ name, type }) => ({ name, type })), rows };
}

function randomMerge(random: RandomStream, state: ModelState): Operation {
  const all = rowsFor(random, state, true);
  // Several rows of one key are an error, mostly: that is wanted now and then only.
  const at = all.columns.findIndex(({ name }) => name === "id");
  const rows = random.chance(0.2) ? all.rows : all.rows.filter((row, i) => all.rows.findIndex((other) => other[at] === row[at]) === i);
  const key = random.chance(0.85) ? "id" : random.pick(state.columns).name;
  const clauses: MergeClause[] = [];
  for (const when of ["matched", "notMatched", "notMatchedBySource"] as const) {
    const count = random.chance(when === "notMatchedBySource" ? 0.25 : 0.75) ? random.int(1, 2) : 0;
    for (let i = 0; i < count; i++) {
      const last = i === count - 1 && random.chance(0.6);
      const own = last ? undefined : condition(random, state.columns);
      if (when === "notMatched") clauses.push({ when, condition: own, insert: state.columns.flatMap((column) => (column.notNull || random.chance(0.8) ? [fromSource(column.name)] : [])) });
      else clauses.push({ when, condition: own, set: random.chance(0.3) ? "delete" : assignments(random, state).map((changed) => (when === "matched" && random.chance(0.5) ? fromSource(changed.column) : changed)) });
    }
  }
  const inserts = clauses.filter((clause) => clause.when !== "notMatched" || clause.insert.length > 0);
  return inserts.length === 0 ? { kind: "optimize" } : { kind: "merge", source: { ...all, rows }, key, clauses: inserts };
}

function fromSource(column: string): Assignment {
  return { column, value: { kind: "column", name: column }, fromSource: true };
}

function assignments(random: RandomStream, state: ModelState): Assignment[] {
  const chosen = state.columns.filter(() => random.chance(0.4));
  return (chosen.length === 0 ? [random.pick(state.columns)] : chosen).map((column) => assignment(random, state, column));
}

function assignment(random: RandomStream, { columns }: ModelState, { name, type, notNull }: ModelColumn): Assignment {
  const same = columns.filter((other) => other.type === type);
  const literalValue: Expr = { kind: "literal", value: randomValue(random, type, notNull ? 0.02 : 0.15), type };
  const choices: Expr[] = [literalValue, literalValue, { kind: "column", name: random.pick(same).name }];
  if (type === "INT" || type === "BIGINT") choices.push({ kind: "plus", column: name, addend: random.int(1, 5) });
  if (type === "STRING") choices.push({ kind: "concat", column: name, suffix: random.pick(["", "x", "zz"]) });
  return { column: name, value: random.pick(choices), fromSource: false };
}

function condition(random: RandomStream, columns: readonly ModelColumn[], depth = 2): Condition {
  const { name, type } = random.chance(0.5) ? (columns.find((column) => column.name === "id") ?? columns[0]) : random.pick(columns);
  const form = random.int(0, depth > 0 ? 9 : 5);
  if (form >= 8) return { kind: "not", input: condition(random, columns, depth - 1) };
  if (form >= 6) return { kind: random.pick(["and", "or"]), left: condition(random, columns, depth - 1), right: condition(random, columns, depth - 1) };
  if (form === 5) return { kind: "isNull", column: name, negated: random.chance(0.5) };
  if (form === 4 && (type === "INT" || type === "BIGINT")) return { kind: "modulo", column: name, divisor: random.int(2, 4), remainder: random.int(0, 3) };
  if (form === 3) return { kind: "in", column: name, values: [randomValue(random, type), randomValue(random, type), randomValue(random, type)], type };
  const value = name === "id" ? random.int(0, KEYS) : randomValue(random, type, 0.05);
  return { kind: "compare", column: name, operator: random.pick(["=", "<", ">=", "<=>", "<>"]), value, type };
}
