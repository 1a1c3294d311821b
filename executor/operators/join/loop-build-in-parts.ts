import type { PhysicalJoinKind } from "../../../planner/physical.ts";
import type { SpillLayout } from "../../spill/spill-layout.ts";
import type { SpilledPage } from "../../spill/spill-store.ts";
import type { RowChunk } from "../row-store.ts";
import type { StoredPartition } from "../spilling-rows.ts";
import type { BuildInParts, JoinPart } from "./build-in-parts.ts";
import { FLAGS_MATCHES, isEmpty, roundsOf } from "./build-in-parts.ts";

/** Beside each record: its address. */
const BESIDE_BYTES = 4;

/** The build side of a nested loop of which some rows are on disk: all probe rows meet all of it, piece by piece. */
export class LoopBuildInParts implements BuildInParts {
  readonly layout: SpillLayout;
  readonly join: PhysicalJoinKind;
  readonly #bytes: number;
  #rows: StoredPartition;

  /** `bytes`: what a worker may take for one piece. */
  constructor(layout: SpillLayout, join: PhysicalJoinKind, stored: readonly StoredPartition[], bytes: number) {
    this.layout = layout;
    this.join = join;
    this.#bytes = bytes;
    this.#rows = together(stored);
  }

  get keepsFlags(): boolean {
    return FLAGS_MATCHES.has(this.join);
  }

  get pages(): readonly SpilledPage[] {
    return this.#rows.pages;
  }

  get chunks(): readonly RowChunk[] {
    return this.#rows.chunks;
  }

  replace(_leaf: number, pages: readonly SpilledPage[]): void {
    this.#rows = { ...this.#rows, pages };
  }

  async parts(probe: readonly StoredPartition[], _probeLayout: SpillLayout, inPieces: boolean): Promise<readonly (readonly JoinPart[])[]> {
    const rounds = inPieces ? roundsOf(this.#rows, { recordBytes: this.layout.recordBytes, besideBytes: BESIDE_BYTES }, this.#bytes) : [this.#rows];
    // Match flags are written by one worker.
    const sides = this.keepsFlags ? [together(probe)] : probe;
    return sides.map((rows) => (isEmpty(rows) ? [] : [{ leaf: this.keepsFlags ? 0 : undefined, sharedBits: 0, rounds, probe: rows }]));
  }
}

function together(stored: readonly StoredPartition[]): StoredPartition {
  return { chunks: stored.flatMap((p) => p.chunks), pages: stored.flatMap((p) => p.pages) };
}
