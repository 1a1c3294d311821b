import type { JoinRead, Slice } from "../../../planner/partitioning.ts";
import { edgesOf, sliceOf } from "../../job-sources.ts";
import type { Arena } from "../../memory/arena.ts";
import type { Morsels } from "../../pipeline/morsels.ts";
import type { LinkTask } from "../finish-task.ts";
import type { RowChunk } from "../row-store.ts";
import { recordsOf } from "../spilled/hash-partitions.ts";
import type { StoredPartition } from "../spilling-rows.ts";
import type { HashDirectory } from "./join-directory.ts";
import { directoryBits, directoryBytes, joinLinkModule } from "./join-directory.ts";
import type { JoinParts } from "./join-part.ts";
import type { BuildRound, JoinPart } from "./build-in-parts.ts";

type JoinTask = readonly JoinPart[];

/** What workers join; `link` makes directories that several of them probe. */
export async function joinMorsels(parts: readonly (readonly JoinPart[])[], reads: readonly JoinRead[] | undefined, sides: Omit<JoinParts, "tasks">, arena: Arena, link: (tasks: readonly LinkTask[]) => Promise<unknown>): Promise<Morsels> {
  const tasks = joinTasks(parts, reads, sides);
  const directories = new SharedDirectories(tasks, sides.build.recordBytes, arena);
  await link(directories.links);
  return { kind: "joinParts", join: { ...sides, tasks: directories.in(tasks) } };
}

/** The tasks of a join in parts: those that the plan asks for, or one for each partition. */
function joinTasks(parts: readonly (readonly JoinPart[])[], reads: readonly JoinRead[] | undefined, { build, probe }: Omit<JoinParts, "tasks">): readonly JoinTask[] {
  if (reads === undefined) return parts.flat().map((part) => [part]);
  const pieces = new BuildPieces(build.recordBytes);
  const cut = (part: JoinPart, read: JoinRead): readonly JoinPart[] => {
    if (read.probe === undefined && read.build === undefined) return [part];
    const rounds = pieces.of(part, read.build).map((round): BuildRound => (round.pages.length > 0 && round.chunks.length > 0 ? { ...round, isCopied: true } : round));
    return [{ ...part, rounds, probe: pieceOf(part.probe, probe.recordBytes, read.probe) }];
  };
  return reads.map((read) => read.partitions.flatMap((partition) => parts[partition].flatMap((part) => cut(part, read)))).filter((task) => task.length > 0);
}

/** Pieces of build sides: the same object for all tasks that join one. */
class BuildPieces {
  readonly #recordBytes: number;
  readonly #known = new Map<JoinPart, Map<number, readonly BuildRound[]>>();

  constructor(recordBytes: number) {
    this.#recordBytes = recordBytes;
  }

  of(part: JoinPart, slice: Slice | undefined): readonly BuildRound[] {
    if (slice === undefined) return part.rounds;
    const known = this.#known.get(part) ?? new Map<number, readonly BuildRound[]>();
    this.#known.set(part, known);
    const rounds = known.get(slice.index) ?? part.rounds.map((round) => pieceOf(round, this.#recordBytes, slice));
    known.set(slice.index, rounds);
    return rounds;
  }
}

/** About so much of a partition: records in memory one by one, those on disk by pages. */
function pieceOf({ chunks, pages }: StoredPartition, recordBytes: number, slice: Slice | undefined): StoredPartition {
  if (slice === undefined) return { chunks, pages };
  const [from, to] = edgesOf(recordsOf({ chunks, pages: [] }, recordBytes), slice);
  const cut: RowChunk[] = [];
  let before = 0;
  for (const { start, end } of chunks) {
    const records = (end - start) / recordBytes;
    const [first, last] = [Math.max(from, before) - before, Math.min(to, before + records) - before];
    if (first < last) cut.push({ start: start + first * recordBytes, end: start + last * recordBytes });
    before += records;
  }
  return { chunks: cut, pages: sliceOf(pages, slice) };
}

/** Directories of build rows in memory that several tasks probe: they are made before, for no task may write what another one reads. */
class SharedDirectories {
  readonly links: LinkTask[] = [];
  readonly #made = new Map<StoredPartition["chunks"], HashDirectory>();

  /** `recordBytes`: of build rows. */
  constructor(tasks: readonly JoinTask[], recordBytes: number, arena: Arena) {
    const met = new Set<StoredPartition["chunks"]>();
    for (const { rounds, sharedBits } of tasks.flat()) {
      for (const { chunks, isCopied } of rounds) {
        if (isCopied === true) continue;
        if (met.has(chunks) && chunks.length > 0 && !this.#made.has(chunks)) this.#link(chunks, recordBytes, sharedBits, arena);
        met.add(chunks);
      }
    }
  }

  /** The tasks, with what is made for them. */
  in(tasks: readonly JoinTask[]): readonly JoinTask[] {
    const withDirectory = (round: BuildRound): BuildRound => {
      const directory = round.isCopied === true ? undefined : this.#made.get(round.chunks);
      return directory === undefined ? round : { ...round, directory };
    };
    return tasks.map((task) => task.map((part) => ({ ...part, rounds: part.rounds.map(withDirectory) })));
  }

  #link(chunks: readonly RowChunk[], recordBytes: number, sharedBits: number, arena: Arena): void {
    const bits = directoryBits(recordsOf({ chunks, pages: [] }, recordBytes));
    const bytes = directoryBytes(bits);
    const directory: HashDirectory = { kind: "hash", address: arena.allocate(bytes), bits };
    this.#made.set(chunks, directory);
    this.links.push({ kind: "link", module: joinLinkModule(), chunks, rowBytes: recordBytes, directory, slots: { address: directory.address, bytes }, sharedBits, key: undefined });
  }
}
