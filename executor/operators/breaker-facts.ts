import type { Value } from "../../catalog/values.ts";
import type { BuildKeys, CompleteBreaker, KeyValues } from "../../planner/adaptive/progress.ts";
import type { Pool } from "../memory/pool.ts";
import { readField } from "../pipeline/record-values.ts";
import type { RecordRun } from "../pipeline/morsels.ts";
import type { RowField } from "../pipeline/row-layout.ts";
import type { BreakerState } from "./breaker-state.ts";
import { BUILD_RECORD } from "./join/join-build.ts";
import { forEachRecord } from "./rows/sort-records.ts";

/** Records of a hash table up to which its keys are read one by one, here in the main thread. */
const MAX_LISTED_RECORDS = 1000;

/** What the plan may be corrected by: exact rows and bytes of a complete breaker, and the keys of a hash table where they are asked for. */
export function breakerFacts(state: BreakerState, pool: Pool, withKeys: boolean): CompleteBreaker {
  const { shape, runs } = state.completeRuns();
  if (shape.kind === "exchange") {
    const partitions = state.partitionSizes();
    return { rows: partitions.reduce((sum, p) => sum + p.rows, 0), bytes: partitions.reduce((sum, p) => sum + p.bytes, 0), partitions };
  }
  const { bytes: width } = shape.shape.layout;
  // Of groups on disk this is an upper bound: a group can be there several times.
  const count = state.isSpilled() ? state.recordCount() : runs.reduce((sum, run) => sum + run.count, 0);
  const bytes = count * width;
  if (shape.kind === "aggregate") return { rows: count, bytes, unsearched: state.unsearchedRows() };
  if (shape.kind !== "build") return { rows: count, bytes };
  const sawNull = state.sawNull();
  const facts = { rows: count, bytes, partitions: state.partitionSizes(), isOnDisk: state.isSpilled() };
  const isKeyed = state.keyedDirectory(shape.shape, count) !== undefined;
  if (!withKeys) return { ...facts, build: { sawNull, isKeyed, keys: [] } };
  const listed = count > 0 && count <= MAX_LISTED_RECORDS && !state.isSpilled();
  const keyValues = (field: RowField): KeyValues | undefined => (listed ? listedValues(pool, runs, field) : shape.shape.measuresKey ? rangeOf(state, field) : undefined);
  let keys: readonly (KeyValues | undefined)[] | undefined;
  const build: BuildKeys = {
    sawNull,
    isKeyed,
    // Read when a rule asks for them: most tables bound no scan that could leave splits out.
    get keys() {
      return (keys ??= shape.shape.keys.map(keyValues));
    },
  };
  return { ...facts, build };
}

function rangeOf(state: BreakerState, field: RowField): KeyValues | undefined {
  const range = state.keyRange();
  if (range === undefined) return undefined;
  const asValue = (bound: bigint): Value => (field.storage.kind === "i32" ? Number(bound) : bound);
  return { kind: "range", min: asValue(range[0]), max: asValue(range[1]) };
}

/** Undefined for values that have no order here, and where there is none but NULL. */
function listedValues(pool: Pool, runs: readonly RecordRun[], field: RowField): KeyValues | undefined {
  const values: (number | bigint | string)[] = [];
  let isPlain = true;
  forEachRecord(pool.u32, runs, (record) => {
    if (pool.u8[record + BUILD_RECORD.unlinked] !== 0) return;
    const value = readField(pool, field, record);
    if (typeof value === "bigint" || typeof value === "string" || (typeof value === "number" && !Number.isNaN(value))) values.push(value);
    else if (value !== null) isPlain = false;
  });
  return isPlain && values.length > 0 ? { kind: "list", values } : undefined;
}
