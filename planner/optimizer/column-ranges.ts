import type { ColumnId } from "../../catalog/expression.ts";
import type { LogicalPlan } from "../logical.ts";
import { inputsOf } from "../logical.ts";
import type { ColumnRanges, Range } from "./expression-facts.ts";
import { typeRange } from "./expression-facts.ts";

/**
 * The ranges that statistics promise for the columns of the scans below. Ids are unique in a query and a column that passes through nodes
 * keeps its values (or becomes NULL), so a range found at a scan holds wherever the column is read.
 */
export function rangesOf(plan: LogicalPlan): ColumnRanges {
  const known = rangesOfPlan.get(plan);
  if (known !== undefined) return known;
  const inputs = inputsOf(plan);
  let ranges: ColumnRanges;
  if (plan.kind === "scan") ranges = scanRanges(plan);
  else if (inputs.length === 0) ranges = NONE;
  else if (inputs.length === 1) ranges = rangesOf(inputs[0]);
  else ranges = merged(inputs.map(rangesOf));
  rangesOfPlan.set(plan, ranges);
  return ranges;
}

const NONE: ColumnRanges = new Map();
const rangesOfPlan = new WeakMap<LogicalPlan, ColumnRanges>();

function merged(parts: readonly ColumnRanges[]): ColumnRanges {
  const filled = parts.filter((part) => part.size > 0);
  if (filled.length <= 1) return filled[0] ?? NONE;
  return new Map(filled.flatMap((part) => [...part]));
}

function scanRanges(plan: Extract<LogicalPlan, { kind: "scan" }>): ColumnRanges {
  const ranges = new Map<ColumnId, Range>();
  for (const { column, field } of plan.columns) {
    const statistics = plan.table.statistics.columns.get(field);
    if (statistics === undefined || typeRange(column.type) === undefined) continue;
    const min = asInteger(statistics.min);
    const max = asInteger(statistics.max);
    if (min !== undefined && max !== undefined && min <= max) ranges.set(column.id, { min, max });
  }
  return ranges;
}

function asInteger(value: unknown): bigint | undefined {
  if (typeof value === "bigint") return value;
  return typeof value === "number" && Number.isInteger(value) ? BigInt(value) : undefined;
}
