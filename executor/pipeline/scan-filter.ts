import { referencedColumns } from "../../catalog/expression.ts";
import { emitFilters } from "../emit/expression.ts";
import { mayRaise } from "../emit/expression-traits.ts";
import type { Source, Step } from "../../planner/stages.ts";
import { get, i32 } from "../wasm/instructions.ts";
import { takeBlockFilter } from "./block-filter.ts";
import type { SegmentEmitter } from "./segment-emitter.ts";

/**
 * Conditions right above a scan, compiled once more as a function of their own: a reader tests them on the columns that they read, before it decodes what
 * they let through of the others. The pipeline tests them again, so that a reader is free to do nothing of the kind.
 */
export interface ScanFilter {
  /** Per column of the scan: the conditions read it. */
  readonly reads: readonly boolean[];
  /** Offset in the state block of two uint32: where row numbers go, and how many there are. */
  readonly words: number;
}

/** The exported function `select(state, from, to)`: appends the numbers of rows that meet the conditions. */
export const SELECT_FUNCTION = "select";

/** Where more is estimated to be let through, conditions are not tested twice. */
const MAX_KEPT_SHARE = 0.5;

export interface ScanConditions {
  readonly filters: readonly FilterStep[];
  readonly reads: readonly boolean[];
}

type FilterStep = Extract<Step, { kind: "filter" }>;

/**
 * The conditions before any other step that are worth it: some columns are read by none of them. Up to the first that may raise, for which rows that later
 * ones reject count too. `steps`: of the first segment.
 */
export function scanConditions(source: Source, steps: readonly Step[]): ScanConditions | undefined {
  if (source.kind !== "scan" || source.node.cached !== undefined || steps.some((step) => step.kind === "sample")) return undefined;
  const filters: FilterStep[] = [];
  for (const step of steps) {
    if (step.kind !== "filter" || mayRaise(step.node.condition)) break;
    filters.push(step);
  }
  const read = new Set<number>();
  for (const { node } of filters) referencedColumns(node.condition, read);
  const reads = source.node.columns.map(({ column }) => read.has(column.id));
  const kept = filters.at(-1)?.node.rows ?? source.node.rows;
  return filters.length === 0 || reads.every(Boolean) || kept > source.node.rows * MAX_KEPT_SHARE ? undefined : { filters, reads };
}

/** Writes the function; the columns are bound. */
export function emitScanFilter(emitter: SegmentEmitter, { filters, reads }: ScanConditions): ScanFilter {
  const words = emitter.parts.state.reserve(8, 8);
  const { filter, steps } = takeBlockFilter(filters, emitter);
  emitter.forEachRow((skip) => {
    emitFilters(steps.flatMap((step) => (step.kind === "filter" ? [step.node.condition] : [])), emitter, skip);
    const { f } = emitter;
    const block = get(emitter.state);
    const count = f.let(i32.load(block, words + 4));
    f.store("i32", i32.add(i32.load(block, words), i32.shl(get(count), i32.const(2))), get(emitter.position));
    f.store("i32", block, i32.add(get(count), i32.const(1)), words + 4);
  }, filter);
  return { reads, words };
}
