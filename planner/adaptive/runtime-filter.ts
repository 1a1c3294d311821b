import { columnExpr, typeOf } from "../../catalog/expression.ts";
import { sameType } from "../../catalog/types.ts";
import type { PhysicalPlan, PhysicalScan } from "../physical.ts";
import { joinExchange } from "../partitioned-join.ts";
import { physicalOutput } from "../physical.ts";
import type { CompleteJoin, KeyColumns } from "./key-flow.ts";
import { reduceReads, scanOf } from "./key-flow.ts";
import type { AdaptiveRule, AdaptiveSettings, RuleContext } from "./rule.ts";
import { latestJoin } from "./rule.ts";

/** Share of the rows that may be left by a filter that pays. */
const MAX_KEPT_SHARE = 0.5;
/** Assumed width of a column in memory. */
const BYTES_PER_COLUMN = 8;

/**
 * Rows of a scan that a join drops in the end are dropped as they are read, where they would go into another hash table, a grouping or a sort before. The
 * complete hash table itself is the filter, where all workers share it: its Bloom bits turn most rows away, and it is exact. Source: Spark's `InjectRuntimeFilter`.
 */
export const runtimeFilter: AdaptiveRule = {
  name: "InjectRuntimeFilter",
  isEnabled: (settings) => settings.bloomFilter,
  apply: (plan, context) => {
    if (!context.state.someScan((scan) => isLarge(scan, context.settings))) return plan;
    const join = latestJoin(plan, context.state);
    const build = join && context.state.complete(join);
    if (join === undefined || build === undefined || joinExchange(join) !== undefined || build.bytes > context.settings.bloomFilterCreationBytes) return plan;
    const share = keptShare(join, build.rows);
    if (share > MAX_KEPT_SHARE) return plan;
    return reduceReads(plan, join, context.state, (read, keys, apart) => (apart ? filtered(read, keys, join, build.rows, share, context) : read));
  },
};

function isLarge(scan: PhysicalPlan & PhysicalScan, settings: AdaptiveSettings): boolean {
  return scan.rows * scan.columns.length * BYTES_PER_COLUMN >= settings.bloomFilterApplicationBytes;
}

/** The estimated share of probe rows that find a partner, corrected by what the build side turned out to have. */
function keptShare(join: CompleteJoin, buildRows: number): number {
  if (join.join !== "inner" && join.join !== "probeSemi") return 1;
  return Math.min(1, (join.rows / Math.max(1, join.probe.rows)) * (buildRows / Math.max(1, join.build.rows)));
}

function filtered(read: PhysicalPlan, keys: KeyColumns, join: CompleteJoin, buildRows: number, share: number, { settings, nextNodeId, decide }: RuleContext): PhysicalPlan {
  const scan = scanOf(read);
  if (scan === undefined || !isLarge(scan, settings)) return read;
  const given = physicalOutput(read);
  const probeKeys = join.keys.flatMap((key, i) => {
    const column = given.find((candidate) => candidate.id === keys[i]);
    return column === undefined || !sameType(column.type, typeOf(key.probe)) ? [] : [{ ...key, probe: columnExpr(column) }];
  });
  if (probeKeys.length < join.keys.length) return read;
  const id = nextNodeId();
  decide({ rule: runtimeFilter.name, node: id, reason: `${buildRows} rows in the hash table of node ${join.id}, estimated ${join.build.rows}: about ${Math.max(1, Math.round(share * 100))} % of ${scan.rows} rows of ${scan.table} are kept` });
  return { id, rows: Math.round(read.rows * share), kind: "runtimeFilter", input: read, join: join.id, keys: probeKeys };
}
