import { RandomStream } from "../../bench/generate/random.ts";
import { excludableRules } from "../../planner/optimizer/optimize.ts";

/** Settings under which every query must give the rows that it gives without them. */
export interface Configuration {
  readonly name: string;
  /** Settings that are fixed when the engine opens. */
  readonly engine: Readonly<Record<string, string>>;
  readonly session: Readonly<Record<string, string>>;
}

const TWO_WORKERS = { "sparrow.workers": "2" };
const EXCLUDED_RULES = "spark.sql.optimizer.excludedRules";

function inSession(name: string, session: Readonly<Record<string, string>>): Configuration {
  return { name, engine: TWO_WORKERS, session };
}

/** Every excludable rule with a chance of 30 %. */
function someRulesOff(seed: number): Configuration {
  const random = new RandomStream(seed, "excluded rules");
  const excluded = excludableRules().filter(() => random.chance(0.3));
  return inSession(`rules off by seed ${seed}: ${excluded.join(",")}`, { [EXCLUDED_RULES]: excluded.join(",") });
}

export const CONFIGURATIONS: readonly Configuration[] = [
  inSession("optimizer off", { [EXCLUDED_RULES]: "all" }),
  inSession("everything interpreted", { "sparrow.exec.emit": "false" }),
  inSession("batches of 3 rows", { "sparrow.exec.batchRows": "3" }),
  inSession("all hashes equal", { "sparrow.exec.collideHashes": "true" }),
  inSession("everything to disk", { "sparrow.exec.eagerSpill": "true" }),
  inSession("joins in partitions, all of them cut", {
    "spark.sql.autoBroadcastJoinThreshold": "-1",
    "spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes": "0",
    "spark.sql.adaptive.skewJoin.skewedPartitionFactor": "1.2",
    "spark.sql.adaptive.coalescePartitions.minPartitionSize": "64",
    "sparrow.adaptive.minRows": "0",
  }),
  someRulesOff(1),
  someRulesOff(2),
  someRulesOff(3),
  inSession("batches of 1 row, interpreted, all hashes equal", {
    "sparrow.exec.batchRows": "1",
    "sparrow.exec.emit": "false",
    "sparrow.exec.collideHashes": "true",
  }),
  { name: "1 worker", engine: { "sparrow.workers": "1" }, session: {} },
  { name: "7 workers", engine: { "sparrow.workers": "7" }, session: {} },
  {
    name: "memory above 2 GiB, between canaries",
    engine: { ...TWO_WORKERS, "sparrow.memory.limit": "3g", "sparrow.memory.firstByte": "2304m", "sparrow.memory.canaries": "true" },
    session: {},
  },
];
