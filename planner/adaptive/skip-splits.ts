import type { Column } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import type { Split } from "../../catalog/table.ts";
import { isCached } from "../../catalog/table.ts";
import type { DataType } from "../../catalog/types.ts";
import { sameType } from "../../catalog/types.ts";
import { explainValue } from "../explain-expression.ts";
import type { PhysicalPlan, PhysicalScan } from "../physical.ts";
import { compareValues, splitsWithValues } from "../pruning.ts";
import type { WantedValues } from "../wanted-values.ts";
import { ListedValues } from "../wanted-values.ts";
import type { CompleteJoin, KeyColumns } from "./key-flow.ts";
import { mapScan, reduceReads } from "./key-flow.ts";
import type { KeyValues } from "./progress.ts";
import type { AdaptiveRule, RuleContext } from "./rule.ts";
import { latestJoin } from "./rule.ts";

/**
 * A scan of a partitioned table reads only the partitions whose value is among the keys of a complete hash table. Source: Spark's dynamic partition pruning; here the
 * keys are known before the scan begins, so that nothing is estimated.
 */
export const partitionPruning: AdaptiveRule = {
  name: "PartitionPruning",
  isEnabled: (settings) => settings.partitionPruning,
  apply: (plan, context) => skipSplits(plan, context, partitionPruning.name, isPartitionValue),
};

/** The same by the statistics of files, row groups and cached segments: those whose bounds hold none of the keys are not read. */
export const rangeFilter: AdaptiveRule = {
  name: "RuntimeRangeFilter",
  isEnabled: (settings) => settings.rangeFilter,
  apply: (plan, context) => skipSplits(plan, context, rangeFilter.name, (splits, field) => !isPartitionValue(splits, field)),
};

function isPartitionValue(splits: readonly Split[], field: number): boolean {
  return splits.every(({ source }) => !isCached(source) && source.fields[field].kind === "constant");
}

function skipSplits(plan: PhysicalPlan, context: RuleContext, rule: string, applies: (splits: readonly Split[], field: number) => boolean): PhysicalPlan {
  if (!context.state.someScan(({ splits, columns }) => splits.length > 1 && columns.some(({ field }) => applies(splits, field)))) return plan;
  const join = latestJoin(plan, context.state);
  const build = join && context.state.complete(join)?.build;
  if (join === undefined || build === undefined) return plan;
  const wanted = (i: number): WantedValues | undefined => wantedValues(build.keys[i], typeOf(join.keys[i].build));
  return reduceReads(plan, join, context.state, (read, keys) => mapScan(read, keys, (scan, scanKeys) => prunedScan(scan, scanKeys, join, wanted, applies, context, rule)));
}

function wantedValues(known: KeyValues | undefined, type: DataType): WantedValues | undefined {
  if (known === undefined) return undefined;
  if (known.kind === "range") return { min: known.min, max: known.max };
  const [first] = known.values;
  return compareValues(first, first, type) === undefined ? undefined : new ListedValues(known.values, type);
}

function prunedScan(scan: PhysicalPlan & PhysicalScan, keys: KeyColumns, join: CompleteJoin, wanted: (key: number) => WantedValues | undefined, applies: (splits: readonly Split[], field: number) => boolean, context: RuleContext, rule: string): PhysicalPlan {
  let { splits } = scan;
  const reasons: string[] = [];
  keys.forEach((id, i) => {
    const found = scan.columns.find(({ column }) => column.id === id);
    if (found === undefined || splits.length === 0 || !sameType(found.column.type, typeOf(join.keys[i].build)) || !applies(splits, found.field)) return;
    const values = wanted(i);
    if (values === undefined) return;
    const kept = splitsWithValues(splits, found.column, found.field, values);
    if (kept.length < splits.length) reasons.push(`${found.column.name} ${valuesText(values, found.column)}`);
    splits = kept;
  });
  if (splits === scan.splits) return scan;
  context.decide({ rule, node: scan.id, reason: `${reasons.join(", ")} in the hash table of node ${join.id}: ${scan.table} reads ${splits.length} of ${scan.splits.length} splits` });
  return { ...scan, splits };
}

function valuesText(values: WantedValues, { type }: Column): string {
  if ("sorted" in values && values.sorted.length <= 3) return `is ${values.sorted.map((value) => explainValue(value, type)).join(", ")}`;
  const [min, max] = "sorted" in values ? [values.sorted[0], values.sorted.at(-1) ?? null] : [values.min, values.max];
  const count = "sorted" in values ? ` (${values.sorted.length} values)` : "";
  return `is from ${explainValue(min, type)} to ${explainValue(max, type)}${count}`;
}
