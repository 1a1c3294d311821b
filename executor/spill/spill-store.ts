import { closeSync, fstatSync, mkdirSync, openSync, readSync } from "node:fs";
import { dirname, join } from "node:path";
import { threadId } from "node:worker_threads";
import type { Account } from "../memory/accounts.ts";
import type { Allocator } from "../memory/arena.ts";
import type { Pool } from "../memory/pool.ts";
import type { RecordRun } from "../pipeline/morsels.ts";
import { diskFailure, writeAll } from "./disk-file.ts";
import { PAGE_BYTES, PageBuilder, relocate } from "./page.ts";
import type { SpillLayout } from "./spill-layout.ts";

/** Records in a file of their query's folder: plain data that any thread of the query can read them back by. */
export interface SpilledPage {
  readonly file: string;
  readonly offset: number;
  /** Bytes in the file, and of memory when it is read back. */
  readonly bytes: number;
  readonly records: number;
  /** uint64: the first eight bytes of the first record. A sort's records begin with their prefix. */
  readonly first: bigint;
  /** Address of a bit for each record, where several threads note what they find of them (page-marks.ts). */
  readonly marks?: number;
}

/**
 * What a thread spills in one job of a query, and reads back. Each thread appends to a file of its own, so that nothing is locked; the folder is made
 * with the first page and removed by the main thread when the query ends. Writes and reads are synchronous: they are made by workers.
 *
 *     const pages = store.write(layout, runs);            // records in pages, in the order of the runs
 *     const run = store.read(page, layout, arena);        // the page's records, and what they point to, in memory of the arena
 */
export class SpillStore {
  readonly eager: boolean;
  readonly #pool: Pool;
  readonly #account: Account;
  readonly #folder: string;
  readonly #readers = new Map<string, number>();
  #writer: { readonly path: string; readonly fd: number; end: number } | undefined;

  /** `eager`: sinks shall leave all that they can here, and nothing in memory. */
  constructor(pool: Pool, account: Account, folder: string, eager = false) {
    this.eager = eager;
    this.#pool = pool;
    this.#account = account;
    this.#folder = folder;
  }

  /** Writes records in the order of the runs. Raises SPILL_OUT_OF_MEMORY when the disk fails. */
  write(layout: SpillLayout, runs: readonly RecordRun[]): readonly SpilledPage[] {
    if (layout.strings.length === 0 && layout.lists.length === 0 && runs.every((run) => run.stride === layout.recordBytes)) return this.#writePlain(layout, runs);
    const part = this.openPartitions(layout, 1);
    const { u32 } = this.#pool;
    for (const { base, count, stride } of runs) {
      for (let i = 0; i < count; i++) part.add(0, stride === 0 ? u32[(base >>> 2) + i] : base + i * stride);
    }
    return part.finish()[0];
  }

  /** Writes records to one of several parts, each in pages of its own. */
  openPartitions(layout: SpillLayout, count: number, pageBytes = PAGE_BYTES): SpilledPartitions {
    return new SpilledPartitions(Array.from({ length: count }, () => new PageBuilder(this.#pool, layout, pageBytes)), (page) => this.append(page.parts(), page.count));
  }

  /** Writes a page that is made (page.ts); `parts`: its bytes, one after the other. Raises SPILL_OUT_OF_MEMORY when the disk fails. */
  append(parts: readonly Uint8Array[], records: number): SpilledPage {
    const bytes = parts.reduce((sum, part) => sum + part.length, 0);
    // Counted before the folder is made, so that it is known to exist even if this thread dies here.
    this.#pool.accounts.countSpilled(this.#account, bytes);
    const writer = this.#openWriter();
    onDisk("writing", writer.path, () => {
      writeAll(writer.fd, parts, bytes);
    });
    const [head] = parts;
    const page = { file: writer.path, offset: writer.end, bytes, records, first: new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true) };
    writer.end += bytes;
    return page;
  }

  /** Records without strings are pages as they lie in memory. */
  #writePlain({ recordBytes }: SpillLayout, runs: readonly RecordRun[]): readonly SpilledPage[] {
    const perPage = Math.max(1, Math.floor(PAGE_BYTES / recordBytes));
    return runs.flatMap(({ base, count }) => {
      const pages: SpilledPage[] = [];
      for (let from = 0; from < count; from += perPage) {
        const records = Math.min(perPage, count - from);
        const start = base + from * recordBytes;
        pages.push(this.append([this.#pool.u8.subarray(start, start + records * recordBytes)], records));
      }
      return pages;
    });
  }

  /** The records of a page. Raises SPILL_OUT_OF_MEMORY when the disk fails, MEMORY_LIMIT_EXCEEDED when there is no room. */
  read(page: SpilledPage, layout: SpillLayout, allocator: Allocator): RecordRun {
    const base = allocator.allocate(page.bytes);
    const { u8 } = this.#pool;
    onDisk("reading", page.file, () => {
      let fd = this.#readers.get(page.file);
      if (fd === undefined) this.#readers.set(page.file, (fd = openSync(page.file, "r")));
      for (let done = 0; done < page.bytes; ) {
        const count = readSync(fd, u8, base + done, page.bytes - done, page.offset + done);
        if (count === 0) throw new Error(`it ends at byte ${page.offset + done}`);
        done += count;
      }
    });
    relocate(this.#pool, layout, base, page.records);
    return { base, count: page.records, stride: layout.recordBytes };
  }

  /** Closes files; pages stay readable through other stores. */
  close(): void {
    for (const fd of this.#readers.values()) closeSync(fd);
    this.#readers.clear();
    if (this.#writer !== undefined) closeSync(this.#writer.fd);
    this.#writer = undefined;
  }

  #openWriter(): { readonly path: string; readonly fd: number; end: number } {
    if (this.#writer !== undefined) return this.#writer;
    const path = join(this.#folder, `${threadId}.spill`);
    this.#writer = onDisk("creating", path, () => {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      const fd = openSync(path, "a+");
      return { path, fd, end: fstatSync(fd).size };
    });
    return this.#writer;
  }
}

/** Pages that are being filled, one for each part. */
class SpilledPartitions {
  readonly #filling: readonly PageBuilder[];
  readonly #pages: SpilledPage[][];
  readonly #append: (page: PageBuilder) => SpilledPage;

  constructor(filling: readonly PageBuilder[], append: (page: PageBuilder) => SpilledPage) {
    this.#filling = filling;
    this.#pages = this.#filling.map(() => []);
    this.#append = append;
  }

  add(part: number, record: number): void {
    const page = this.#filling[part];
    if (!page.hasRoom(record)) this.#flush(part);
    page.add(record);
  }

  /** Writes what is left; all pages by part. */
  finish(): readonly (readonly SpilledPage[])[] {
    for (let part = 0; part < this.#filling.length; part++) this.#flush(part);
    return this.#pages;
  }

  #flush(part: number): void {
    const page = this.#filling[part];
    if (page.count > 0) this.#pages[part].push(this.#append(page));
    page.clear();
  }
}

function onDisk<T>(doing: string, path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw diskFailure(doing, path, error);
  }
}
