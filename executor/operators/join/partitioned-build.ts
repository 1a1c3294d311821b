import type { PhysicalJoinKind } from "../../../planner/physical.ts";
import type { Arena } from "../../memory/arena.ts";
import type { SpillLayout } from "../../spill/spill-layout.ts";
import { spillLayout } from "../../spill/spill-layout.ts";
import type { SpilledPage } from "../../spill/spill-store.ts";
import type { DivideTask } from "../spilled/divide-task.ts";
import type { HashPartition, RecordCost } from "../spilled/hash-partitions.ts";
import { bytesToUse, divideUntil, hardlyDivides, sharedBits } from "../spilled/hash-partitions.ts";
import type { RunDivision } from "../spilled/run-division.ts";
import type { StoredPartition } from "../spilling-rows.ts";
import type { RowChunk } from "../row-store.ts";
import type { BuildInParts, JoinPart } from "./build-in-parts.ts";
import { FLAGS_MATCHES, isEmpty, roundsOf } from "./build-in-parts.ts";
import type { BuildShape } from "./join-build.ts";
import { BUILD_RECORD } from "./join-build.ts";
import { withMarks } from "./page-marks.ts";

/** Beside each record: its slots in a hash directory (join-directory.ts). */
const BESIDE_BYTES = 24;

/** Joins to which probe rows without any partner mean nothing. */
const DROPS_UNMATCHED: ReadonlySet<PhysicalJoinKind> = new Set(["inner", "buildOuter", "probeSemi", "buildSemi", "buildAnti"]);

/**
 * The build side of a hash join that is made part by part, because some of its rows are on disk or because the plan says so: each part fits into a worker's memory
 * together with its directory. Probe rows are spread in the same way, and the parts are joined one after the other. Source: the Grace hash join (Kitsuregawa, Tanaka, Moto-oka 1983).
 */
export class PartitionedBuild implements BuildInParts {
  readonly layout: SpillLayout;
  readonly join: PhysicalJoinKind;
  readonly #bytes: number;
  readonly #parts: readonly HashPartition[];

  private constructor(layout: SpillLayout, join: PhysicalJoinKind, bytes: number, parts: readonly HashPartition[]) {
    this.layout = layout;
    this.join = join;
    this.#bytes = bytes;
    this.#parts = parts;
  }

  /** `bytes`: what a worker may take for one part. `arena`: lives as long as the rows. */
  static async divide({ layout }: BuildShape, join: PhysicalJoinKind, stored: readonly StoredPartition[], bytes: number, arena: Arena, run: RunDivision): Promise<PartitionedBuild> {
    const spilled = spillLayout(layout.bytes, layout.fields);
    const partitions = stored.map((partition, number): HashPartition => ({ ...partition, path: [number] }));
    const divide = (large: readonly HashPartition[]) => run(large.map((partition): DivideTask => ({ kind: "divide", partition, layout: spilled, hash: BUILD_RECORD.hash })));
    const parts = await divideUntil(partitions, (p) => bytesToUse(p, costOf(spilled)) <= bytes, divide, hardlyDivides(layout.bytes));
    return new PartitionedBuild(spilled, join, bytes, FLAGS_MATCHES.has(join) ? parts.map((part) => ({ ...part, pages: withMarks(part.pages, arena) })) : parts);
  }

  /** Match flags are read after the join. */
  get keepsFlags(): boolean {
    return FLAGS_MATCHES.has(this.join);
  }

  get pages(): readonly SpilledPage[] {
    return this.#parts.flatMap((part) => part.pages);
  }

  /** What is in memory; rows of a partition that had to be divided are on disk. */
  get chunks(): readonly RowChunk[] {
    return this.#parts.flatMap((part) => part.chunks);
  }

  /** What there is to join, by partition, for probe rows in an exchange over the same hash; its records begin with it. `inPieces`: one key's rows need not all be in memory. */
  async parts(probe: readonly StoredPartition[], probeLayout: SpillLayout, inPieces: boolean, run: RunDivision): Promise<readonly (readonly JoinPart[])[]> {
    const deeper = (path: readonly number[]): boolean => this.#parts.some((part) => part.path.length > path.length && path.every((number, i) => part.path[i] === number));
    const divided = await divideUntil(
      probe.map((partition, number): HashPartition => ({ ...partition, path: [number] })),
      (partition) => !deeper(partition.path),
      (large) => run(large.map((partition): DivideTask => ({ kind: "divide", partition, layout: probeLayout, hash: 0 }))),
    );
    const byPath = new Map(this.#parts.map((part) => [part.path.join(), part]));
    const parts: JoinPart[][] = probe.map(() => []);
    for (const rows of divided) {
      const build = byPath.get(rows.path.join());
      if (isEmpty(rows) || (DROPS_UNMATCHED.has(this.join) && (build === undefined || isEmpty(build)))) continue;
      parts[rows.path[0]].push({ sharedBits: sharedBits(rows), rounds: build === undefined ? [{ chunks: [], pages: [] }] : inPieces ? roundsOf(build, costOf(this.layout), this.#bytes) : [build], probe: rows });
    }
    return parts;
  }
}

function costOf({ recordBytes }: SpillLayout): RecordCost {
  return { recordBytes, besideBytes: BESIDE_BYTES };
}
