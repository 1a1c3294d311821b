import type { PhysicalJoinKind } from "../../../planner/physical.ts";
import type { Arena } from "../../memory/arena.ts";
import type { SpillLayout } from "../../spill/spill-layout.ts";
import type { SpilledPage } from "../../spill/spill-store.ts";
import type { RowChunk } from "../row-store.ts";
import type { StoredPartition } from "../spilling-rows.ts";
import type { BuildInParts, JoinPart } from "./build-in-parts.ts";
import { FLAGS_MATCHES, isEmpty, roundsOf } from "./build-in-parts.ts";
import { withMarks } from "./page-marks.ts";

/** Beside each record: its address. */
const BESIDE_BYTES = 4;

/** Tasks for each worker, so that all have work to the end; each reads all that is on disk of the build side. */
const TASKS_PER_WORKER = 2;

/** The build side of a nested loop of which some rows are on disk: all probe rows meet all of it, piece by piece. Which of its rows have met a partner is noted beside them. */
export class LoopBuildInParts implements BuildInParts {
  readonly layout: SpillLayout;
  readonly join: PhysicalJoinKind;
  readonly #bytes: number;
  readonly #tasks: number;
  readonly #rows: StoredPartition;

  /** `bytes`: what a worker may take for one piece. `arena`: lives as long as the rows. */
  constructor(layout: SpillLayout, join: PhysicalJoinKind, stored: readonly StoredPartition[], bytes: number, workers: number, arena: Arena) {
    this.layout = layout;
    this.join = join;
    this.#bytes = bytes;
    this.#tasks = TASKS_PER_WORKER * workers;
    const { chunks, pages } = together(stored);
    this.#rows = { chunks, pages: this.keepsFlags ? withMarks(pages, arena) : pages };
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

  async parts(probe: readonly StoredPartition[], _probeLayout: SpillLayout, inPieces: boolean): Promise<readonly (readonly JoinPart[])[]> {
    const rounds = inPieces ? roundsOf(this.#rows, { recordBytes: this.layout.recordBytes, besideBytes: BESIDE_BYTES }, this.#bytes) : [this.#rows];
    const sides = Array.from({ length: this.#tasks }, (_, task) => together(probe.filter((_partition, i) => i % this.#tasks === task)));
    return sides.map((rows) => (isEmpty(rows) ? [] : [{ sharedBits: 0, rounds, probe: rows }]));
  }
}

function together(stored: readonly StoredPartition[]): StoredPartition {
  return { chunks: stored.flatMap((p) => p.chunks), pages: stored.flatMap((p) => p.pages) };
}
