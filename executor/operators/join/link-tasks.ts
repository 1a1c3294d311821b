import type { Arena } from "../../memory/arena.ts";
import type { DirectKey, FinishTask, FinishTasks } from "../finish-task.ts";
import type { StoredPartition } from "../spilling-rows.ts";
import type { BuildShape } from "./join-build.ts";
import type { JoinDirectory, KeyedDirectory } from "./join-directory.ts";
import { directoryBits, directoryBytes, joinLinkModule, partitionSlots } from "./join-directory.ts";
import type { RankedDirectory } from "./ranked-directory.ts";
import { allocateRanked, wordsOf } from "./ranked-directory.ts";

export interface Linking {
  readonly directory: JoinDirectory;
  readonly tasks: FinishTasks;
  /** After the tasks: no key repeats. Known of keyed directories only. */
  readonly isUnique: () => boolean;
}

/** The one directory that all workers share, and the tasks that enter the records: a task for each partition. `keyed`: by the values of the one key, from `min` on. */
export function linkTasks(shape: BuildShape, partitions: readonly StoredPartition[], records: number, keyed: KeyedDirectory | undefined, arena: Arena): Linking {
  const { pool } = arena;
  const rowBytes = shape.layout.bytes;
  const directory = allocateDirectory(records, keyed, arena);
  const [keyField] = shape.keys;
  const repeated = arena.allocateZeroed(4);
  const key: DirectKey = { offset: keyField.offset, width: keyField.storage.kind === "i32" ? 32 : 64, repeated };
  const module = joinLinkModule();
  const links = partitions.map(({ chunks }, partition): FinishTask => {
    const slots = directory.kind === "hash" ? partitionSlots(directory, partition) : undefined;
    return { kind: "link", module, chunks, rowBytes, directory, slots, sharedBits: 0, key: directory.kind === "hash" ? undefined : key };
  });
  const link: FinishTasks = { tasks: links, sites: [] };
  if (directory.kind !== "ranked") return { directory, tasks: link, isUnique: () => directory.kind === "direct" && pool.u32[repeated >>> 2] === 0 };
  const marks = partitions.map(({ chunks }): FinishTask => ({ kind: "mark", module, chunks, rowBytes, directory, key }));
  const linkRanked = (): FinishTasks => {
    countKeys(module, directory, pool.memory);
    return link;
  };
  return { directory, tasks: { tasks: marks, sites: [], then: linkRanked }, isUnique: () => pool.u32[repeated >>> 2] === 0 };
}

function allocateDirectory(records: number, keyed: KeyedDirectory | undefined, arena: Arena): JoinDirectory {
  if (keyed?.kind === "direct") return { ...keyed, kind: "direct", address: arena.allocateZeroed(4 * keyed.slots) };
  const ranked = keyed && allocateRanked(arena, keyed.min, keyed.slots, records);
  if (ranked !== undefined) return ranked;
  const bits = directoryBits(records);
  return { kind: "hash", address: arena.allocate(directoryBytes(bits)), bits };
}

/** In the main thread: a millisecond for 64 million slots. */
function countKeys(module: WebAssembly.Module, { bits, ranks, slots }: RankedDirectory, memory: WebAssembly.Memory): void {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  (exports["countKeys"] as (bits: number, ranks: number, words: number) => void)(bits, ranks, wordsOf(slots));
}
