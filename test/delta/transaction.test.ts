import { expect, test } from "vitest";
import { SparrowError } from "../../catalog/errors.ts";
import type { Storage } from "../../catalog/ports.ts";
import type { Action } from "../../delta/actions.ts";
import type { Committer, RatifiedCommit } from "../../delta/committer.ts";
import { READS_NOTHING, READS_TABLE, type ReadScope } from "../../delta/conflicts.ts";
import { DeltaLog } from "../../delta/delta-log.ts";
import { commitName } from "../../delta/log-files.ts";
import { newMetadata } from "../../delta/new-table.ts";
import { removalOf } from "../../delta/remove-file.ts";
import { protocolFor } from "../../delta/table-features.ts";
import { commit } from "../../delta/transaction.ts";
import { INT } from "../../catalog/types.ts";

/** A storage in memory; `putIfAbsent` can be made to fail before or after it has written. */
class MemoryStorage {
  readonly objects = new Map<string, Uint8Array>();
  fault: "none" | "before" | "after" = "none";

  readonly port: Storage = {
    read: async (path) => {
      const bytes = this.objects.get(path);
      if (bytes === undefined) throw new SparrowError("PATH_NOT_FOUND", "42K03", `Path does not exist: ${path}.`, { path });
      return bytes;
    },
    readRange: async (path, start, end) => (await this.port.read(path)).subarray(start, end),
    stat: async (path) => (this.objects.has(path) ? { path, bytes: 1, modifiedMs: 0 } : undefined),
    list: (folder, options) => listed([...this.objects.keys()], folder, options?.startAfter),
    write: async (path, bytes) => void this.objects.set(path, bytes),
    putIfAbsent: async (path, bytes) => {
      const { fault } = this;
      this.fault = "none";
      if (fault === "before") throw new Error("the connection was lost");
      if (this.objects.has(path)) return false;
      this.objects.set(path, bytes);
      if (fault === "after") throw new Error("the connection was lost");
      return true;
    },
    create: () => Promise.reject(new Error("commits write whole objects")),
    delete: async (path) => void this.objects.delete(path),
    listUnfinished: () => listed([], ""),
  };
}

async function* listed(paths: readonly string[], folder: string, startAfter = "") {
  for (const path of paths.toSorted()) {
    const name = path.slice(folder.length + 1);
    if (path.startsWith(`${folder}/`) && name > startAfter) yield { path: name, bytes: 1, modifiedMs: Number(name.slice(0, 20)) };
  }
}

const add = (path: string): Extract<Action, { kind: "add" }> => ({ kind: "add", add: { path, partitionValues: {}, size: 1, modificationTime: 0, dataChange: true } });
const fields = [{ name: "id", type: INT, nullable: true }];

async function newTable(): Promise<{ storage: MemoryStorage; log: DeltaLog; run: (readVersion: bigint, actions: readonly Action[], reads?: ReadScope) => Promise<bigint> }> {
  const storage = new MemoryStorage();
  const log = new DeltaLog("/t", storage.port, { readParquetRows: () => Promise.reject(new Error("there is no checkpoint")) });
  const run = (readVersion: bigint, actions: readonly Action[], reads: ReadScope = READS_NOTHING): Promise<bigint> =>
    commit(log, { readVersion, actions, reads, operation: "WRITE", operationParameters: {}, operationMetrics: {}, engineInfo: "test" });
  await run(-1n, [{ kind: "protocol", protocol: protocolFor({ fields, configuration: {} }) }, { kind: "metaData", metaData: newMetadata({ fields, partitionColumns: [], configuration: {} }) }, add("a"), add("b")]);
  return { storage, log, run };
}

async function failure(work: Promise<unknown>): Promise<string> {
  return work.then(() => "none").catch((error: unknown) => (error instanceof SparrowError ? error.condition : (error as Error).message));
}

test("appends go behind one another", async () => {
  const { log, run } = await newTable();
  expect([await run(0n, [add("c")]), await run(0n, [add("d")]), await run(1n, [add("e")])]).toEqual([1n, 2n, 3n]);
  expect([...(await log.latest()).files.keys()]).toEqual(["a", "b", "c", "d", "e"]);
});

test("what reads and what removes is checked against commits that came between", async () => {
  const removeA = removalOf(add("a").add, true, 1);
  const readsA: ReadScope = { wholeTable: false, files: new Set(["a"]), wouldRead: (file) => file.path === "like-a" };
  const after = async (...winner: readonly Action[]): Promise<(actions: readonly Action[], reads: ReadScope) => Promise<string>> => {
    const { run } = await newTable();
    await run(0n, winner, READS_TABLE);
    return (actions, reads) => failure(run(0n, actions, reads));
  };
  expect(await (await after(add("c")))([removeA, add("a2")], READS_TABLE)).toBe("DELTA_CONCURRENT_APPEND");
  expect(await (await after(add("like-a")))([removeA, add("a2")], readsA)).toBe("DELTA_CONCURRENT_APPEND");
  expect(await (await after(add("c")))([removeA, add("a2")], readsA)).toBe("none");
  expect(await (await after(removeA))([add("a2")], readsA)).toBe("DELTA_CONCURRENT_DELETE_READ");
  expect(await (await after(removeA))([removeA], READS_NOTHING)).toBe("DELTA_CONCURRENT_DELETE_DELETE");
  expect(await (await after(removeA))([add("c")], READS_NOTHING)).toBe("none");
  expect(await (await after({ kind: "metaData", metaData: newMetadata({ fields, partitionColumns: [], configuration: {} }) }))([add("c")], READS_NOTHING)).toBe("DELTA_METADATA_CHANGED");
  expect(await (await after({ kind: "txn", txn: { appId: "x", version: 1n } }))([{ kind: "txn", txn: { appId: "x", version: 2n } }, add("c")], READS_NOTHING)).toBe("DELTA_CONCURRENT_TRANSACTION");
});

test("an error of the storage is raised if the commit did not land, and only then", async () => {
  const { storage, log, run } = await newTable();
  storage.fault = "before";
  expect(await failure(run(0n, [add("c")]))).toBe("the connection was lost");
  expect((await log.latest()).version).toBe(0n);
  storage.fault = "after";
  expect(await run(0n, [add("c")])).toBe(1n);
  expect([...(await log.latest()).files.keys()]).toEqual(["a", "b", "c"]);
});

test("snapshots go on by new commits alone", async () => {
  const { storage, log, run } = await newTable();
  await log.latest();
  const read: string[] = [];
  const { read: original } = storage.port;
  (storage.port as { read: Storage["read"] }).read = (path) => {
    read.push(path.slice("/t/_delta_log/".length));
    return original(path);
  };
  await run(0n, [add("c")]);
  await log.latest();
  await log.latest();
  // The commit looks whether others were faster, and the snapshot reads what is new, once.
  expect(read.filter((name) => name === commitName(0n))).toEqual([]);
  expect(read.filter((name) => name === commitName(1n))).toHaveLength(1);
});

test("a catalog as the committer decides who wins, and where a commit lies", async () => {
  const storage = new MemoryStorage();
  const staged: RatifiedCommit[] = [];
  const catalog: Committer = {
    commit: async (folder, version, bytes) => {
      const name = `_staged_commits/${commitName(version).replace(".json", `.${crypto.randomUUID()}.json`)}`;
      await storage.port.write(`${folder}/${name}`, bytes);
      if (staged.some((known) => known.version === version)) return false;
      staged.push({ version, name, modifiedMs: Number(version) });
      return true;
    },
    ratified: async (_folder, after) => staged.filter(({ version }) => version > after),
  };
  const reader = { readParquetRows: () => Promise.reject(new Error("there is no checkpoint")) };
  const [log, other] = [1, 2].map(() => new DeltaLog("/t", storage.port, reader, catalog));
  const run = (through: DeltaLog, readVersion: bigint, actions: readonly Action[]): Promise<bigint> => commit(through, { readVersion, actions, reads: READS_NOTHING, operation: "WRITE", operationParameters: {}, operationMetrics: {}, engineInfo: "test" });
  await run(log, -1n, [{ kind: "protocol", protocol: protocolFor({ fields, configuration: {} }) }, { kind: "metaData", metaData: newMetadata({ fields, partitionColumns: [], configuration: {} }) }, add("a")]);
  expect((await other.latest()).version).toBe(0n);
  expect(await Promise.all([run(log, 0n, [add("b")]), run(other, 0n, [add("c")])])).toEqual(expect.arrayContaining([1n, 2n]));
  expect([...(await log.latest()).files.keys()].sort()).toEqual(["a", "b", "c"]);
  // A commit that has been published is read under its own name.
  await storage.port.write(`/t/_delta_log/${commitName(2n)}`, storage.objects.get(`/t/_delta_log/${staged[2].name}`) as Uint8Array);
  storage.objects.delete(`/t/_delta_log/${staged[2].name}`);
  staged.pop();
  expect((await log.history()).map(({ version }) => version)).toEqual([2n, 1n, 0n]);
  expect([...(await log.latest()).files.keys()].sort()).toEqual(["a", "b", "c"]);
});

test("in-commit timestamps grow past a winner's clock, and are read once", async () => {
  const storage = new MemoryStorage();
  const log = new DeltaLog("/t", storage.port, { readParquetRows: () => Promise.reject(new Error("there is no checkpoint")) });
  const configuration = { "delta.enableInCommitTimestamps": "true" };
  const metaData = newMetadata({ fields, partitionColumns: [], configuration });
  const read = { protocol: protocolFor({ fields, configuration }), metadata: metaData, domains: new Map() };
  const run = (readVersion: bigint, actions: readonly Action[]): Promise<bigint> => commit(log, { readVersion, ...(readVersion >= 0n && { read }), actions, reads: READS_NOTHING, operation: "WRITE", operationParameters: {}, operationMetrics: {}, engineInfo: "test" });
  await run(-1n, [{ kind: "protocol", protocol: read.protocol }, { kind: "metaData", metaData }]);
  const future = Date.now() + 3_600_000;
  await storage.port.write(`/t/_delta_log/${commitName(1n)}`, new TextEncoder().encode(`{"commitInfo":{"inCommitTimestamp":${future}}}\n`));
  // It has not seen version 1.
  expect(await run(0n, [add("c")])).toBe(2n);
  expect((await log.commitTimes()).map(({ timestampMs }) => timestampMs).slice(1)).toEqual([future, future + 1]);
  const names: string[] = [];
  const { read: original } = storage.port;
  (storage.port as { read: Storage["read"] }).read = (path) => {
    names.push(path.slice("/t/_delta_log/".length));
    return original(path);
  };
  await run(2n, [add("d")]);
  expect(await log.versionAt(future + 1)).toBe(2n);
  expect(names).not.toContain(commitName(1n));
});
