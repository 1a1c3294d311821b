import type { Column } from "../../catalog/expression.ts";
import type { Split } from "../../catalog/table.ts";
import { type DataType, sameType, sqlTypeName, type StructField } from "../../catalog/types.ts";
import type { Value } from "../../catalog/values.ts";
import type { DeltaSnapshot } from "../../delta/snapshot.ts";
import { valueReader } from "../../executor/result-values.ts";
import type { AstExpr } from "../../parser/ast.ts";
import { splitsWithValues } from "../../planner/pruning.ts";
import { ListedValues, type WantedValues } from "../../planner/wanted-values.ts";
import { quoted } from "../object-names.ts";
import type { RunOptions } from "../run-query.ts";
import type { Session } from "../session.ts";
import type { MergeSource } from "./merge-rows.ts";
import { queryTarget, targetTable } from "./row-changes.ts";

/** Up to so many values of a key each file is asked for them, beyond for their bounds. */
const MAX_VALUES = 10_000;

/** A column of the target that ON sets equal to one of the source, and the values that the source has there. */
interface MergeKey {
  readonly column: Column;
  readonly field: number;
  /** Undefined when there is none: no row can match. */
  readonly wanted: WantedValues | undefined;
}

/** What must hold for a file of the target to have rows that a source row matches. */
export class MergeKeys {
  readonly #keys: readonly MergeKey[];

  constructor(keys: readonly MergeKey[]) {
    this.#keys = keys;
  }

  mayMatch(splits: readonly Split[]): boolean {
    return this.#keys.every(({ column, field, wanted }) => wanted !== undefined && splitsWithValues(splits, column, field, wanted).length > 0);
  }
}

/** The keys of a MERGE: conjuncts `target.column = source.column` of ON whose types are alike. Nothing is known of others. */
export async function mergeKeys(session: Session, snapshot: DeltaSnapshot, source: MergeSource, on: AstExpr, alias: string, options: RunOptions): Promise<MergeKeys> {
  const keys: MergeKey[] = [];
  for (const [left, right] of equalities(on)) {
    const target = columnOf(left, alias, snapshot.columns, source.fields) ?? columnOf(right, alias, snapshot.columns, source.fields);
    const own = columnOf(left, source.alias, source.fields, snapshot.columns) ?? columnOf(right, source.alias, source.fields, snapshot.columns);
    if (target === undefined || own === undefined) continue;
    const { name, type, nullable } = snapshot.columns[target];
    if (!isOrdered(type) || !(sameType(type, source.fields[own].type) || (isInteger(type) && isInteger(source.fields[own].type)))) continue;
    keys.push({ column: { id: target, name, type, nullable }, field: target, wanted: await wantedValues(session, source, source.fields[own], type, options, snapshot) });
  }
  return new MergeKeys(keys);
}

/** Pairs of sides of `=` of which all must be equal. */
function equalities(on: AstExpr): (readonly [AstExpr, AstExpr])[] {
  if (on.kind !== "binary_op") return [];
  if (on.operator === "and") return [...equalities(on.left), ...equalities(on.right)];
  return on.operator === "=" ? [[on.left, on.right]] : [];
}

/** The position of the column that a name means on this side; undefined when it may be the other side's. */
function columnOf(expr: AstExpr, alias: string, own: readonly StructField[], other: readonly StructField[]): number | undefined {
  if (expr.kind !== "name" || expr.name.parts.length > 2) return undefined;
  const names = expr.name.parts.map((part) => part.name.toLowerCase());
  const column = names[names.length - 1];
  if (names.length === 2 ? names[0] !== alias.toLowerCase() : other.some(({ name }) => name.toLowerCase() === column)) return undefined;
  const at = own.findIndex(({ name }) => name.toLowerCase() === column);
  return at < 0 ? undefined : at;
}

function isInteger({ kind }: DataType): boolean {
  return kind === "byte" || kind === "short" || kind === "int" || kind === "long";
}

/** Types whose statistics order them as `=` compares: not DOUBLE, whose NaN they do not count, and not texts with a collation. */
function isOrdered(type: DataType): boolean {
  return isInteger(type) || (type.kind === "string" && type.collation === undefined) || type.kind === "date" || type.kind === "timestamp" || type.kind === "timestamp_ntz" || type.kind === "decimal";
}

async function wantedValues(session: Session, source: MergeSource, { name }: StructField, type: DataType, options: RunOptions, snapshot: DeltaSnapshot): Promise<WantedValues | undefined> {
  // A key that does not fit into the target's type is in none of its rows.
  const key = `try_cast(${quoted(source.alias, name)} AS ${sqlTypeName(type)})`;
  const truth: AstExpr = { kind: "boolean", value: true, span: source.span };
  const read = async (items: string): Promise<Value[][]> => {
    const rows: Value[][] = [];
    const query = source.select(items, truth);
    for await (const batch of queryTarget(session, targetTable({ snapshot, files: [] }), query, options, undefined, source.tables)) {
      const readers = batch.columns.map(valueReader);
      for (let row = 0; row < batch.rows; row++) rows.push(readers.map((reader) => reader(row)));
    }
    return rows;
  };
  const [[min, max, count]] = await read(`min(${key}), max(${key}), approx_count_distinct(${key})`);
  if (min === null || max === null) return undefined;
  if (Number(count) > MAX_VALUES) return { min, max };
  return new ListedValues((await read(`collect_set(${key})`))[0][0] as readonly Value[], type);
}
