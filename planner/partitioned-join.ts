import type { JoinKey, PhysicalExchange, PhysicalHashJoin, PhysicalPlan } from "./physical.ts";
import { physicalOutput } from "./physical.ts";

/** Partitions of a partitioned join: the records of every hash table lie in so many, by the uppermost bits of the hash. */
export const JOIN_PARTITIONS = 16;

/** Assumed width of a column in memory; a record's header has twice as much. */
const BYTES_PER_COLUMN = 8;

/**
 * The exchange of a partitioned join: its probe rows are spread by the hash of the keys, as the build rows are, so that each partition of both sides can be joined by
 * itself. Undefined where all workers share one hash table.
 */
export function joinExchange({ probe }: PhysicalHashJoin): (PhysicalPlan & PhysicalExchange) | undefined {
  return probe.kind === "exchange" && probe.origin === "ENSURE_REQUIREMENTS" ? probe : undefined;
}

/** Such an exchange above `input`. */
export function spreadByKeys(input: PhysicalPlan, keys: readonly JoinKey[]): PhysicalExchange {
  return { kind: "exchange", input, partitioning: { keys: keys.map((key) => key.probe), partitions: JOIN_PARTITIONS }, origin: "ENSURE_REQUIREMENTS" };
}

/** The probe side as it is before it is spread. */
export function probeInput(join: PhysicalHashJoin): PhysicalPlan {
  return joinExchange(join)?.input ?? join.probe;
}

/** Estimated bytes of a hash table over so many rows of a plan, without its directory and texts. */
export function hashTableBytes(build: PhysicalPlan, rows: number): number {
  return rows * BYTES_PER_COLUMN * (2 + physicalOutput(build).length);
}
