import type { PhysicalJoinKind } from "../../../planner/physical.ts";
import type { SpillLayout } from "../../spill/spill-layout.ts";
import type { SpilledPage } from "../../spill/spill-store.ts";
import type { RowChunk } from "../row-store.ts";
import type { RecordCost } from "../spilled/hash-partitions.ts";
import { bytesToUse } from "../spilled/hash-partitions.ts";
import type { RunDivision } from "../spilled/run-division.ts";
import type { StoredPartition } from "../spilling-rows.ts";
import type { HashDirectory } from "./join-directory.ts";

/** Rows of both sides that a worker joins by itself. */
export interface JoinPart {
  /** Upper hash bits that all its rows have in common. */
  readonly sharedBits: number;
  /** The build rows, as many at a time as fit; the probe rows meet each of these in turn. */
  readonly rounds: readonly BuildRound[];
  readonly probe: StoredPartition;
}

/**
 * `directory`: of rows in memory that several tasks probe; others get one from whoever joins them. `isCopied`: several tasks join these rows, of which some are on disk:
 * chains lead through both, so that each task needs all of them for itself.
 */
export type BuildRound = StoredPartition & { readonly directory?: HashDirectory; readonly isCopied?: boolean };

/** The build side of a join of which not all rows are looked at together. */
export interface BuildInParts {
  readonly layout: SpillLayout;
  readonly join: PhysicalJoinKind;
  /** Match flags are read after the join. */
  readonly keepsFlags: boolean;
  readonly pages: readonly SpilledPage[];
  /** What is in memory. */
  readonly chunks: readonly RowChunk[];
  /** What there is to join, by partition, for probe rows in an exchange. `inPieces`: rows that belong together need not all be in memory. */
  readonly parts: (probe: readonly StoredPartition[], probeLayout: SpillLayout, inPieces: boolean, run: RunDivision) => Promise<readonly (readonly JoinPart[])[]>;
}

/** Joins that give build rows by their match flags, after all probe rows. */
export const FLAGS_MATCHES: ReadonlySet<PhysicalJoinKind> = new Set(["buildOuter", "fullOuter", "buildSemi", "buildAnti"]);

/** Build rows, as many at a time as fit into so many bytes. */
export function roundsOf({ chunks, pages }: StoredPartition, cost: RecordCost, bytes: number): readonly StoredPartition[] {
  if (bytesToUse({ chunks, pages }, cost) <= bytes) return [{ chunks, pages }];
  const rounds: { chunks: StoredPartition["chunks"]; pages: SpilledPage[] }[] = [{ chunks, pages: [] }];
  for (const page of pages) {
    const last = rounds[rounds.length - 1];
    if (last.pages.length > 0 && bytesToUse({ ...last, pages: [...last.pages, page] }, cost) > bytes) rounds.push({ chunks: [], pages: [page] });
    else last.pages.push(page);
  }
  return rounds;
}

export function isEmpty({ chunks, pages }: StoredPartition): boolean {
  return pages.length === 0 && chunks.every((c) => c.start === c.end);
}
