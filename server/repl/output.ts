import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import type { Writable } from "node:stream";
import type { OutputFormat } from "../cli-arguments.ts";
import type { SqlClient } from "./client.ts";

/** Where results go and how they look: `\o`, `\x` and `\timing` change it. */
export class Output {
  readonly #stdout: Writable;
  readonly #format: OutputFormat;
  #file: WriteStream | undefined;
  expanded = false;
  timing = false;

  constructor(stdout: Writable, format: OutputFormat) {
    this.#stdout = stdout;
    this.#format = format;
  }

  /** Results go to a file from now on, or back to standard output. Rejects when the file cannot be opened. */
  async redirect(path: string | undefined): Promise<void> {
    const before = this.#file;
    this.#file = undefined;
    if (before !== undefined) await new Promise<void>((resolve) => before.end(resolve));
    if (path === undefined) return;
    const file = createWriteStream(path);
    await once(file, "open");
    this.#file = file;
  }

  /** Runs a statement and writes its result as it comes, no faster than it is taken. */
  async run(client: SqlClient, sql: string, signal?: AbortSignal): Promise<void> {
    const started = performance.now();
    for await (const piece of this.#pieces(client, sql, signal)) await this.write(piece);
    if (this.timing) await this.write(`Time: ${(performance.now() - started).toFixed(3)} ms\n`);
  }

  async write(piece: string | Uint8Array): Promise<void> {
    const target = this.#file ?? this.#stdout;
    if (!target.write(piece)) await once(target, "drain");
  }

  async *#pieces(client: SqlClient, sql: string, signal: AbortSignal | undefined): AsyncGenerator<string | Uint8Array> {
    if (this.#format !== "table") {
      yield* client.stream(sql, this.#format, signal);
      return;
    }
    const { columns, rows } = await client.execute(sql, signal);
    const { recordText, tableText } = await import("../results/table-text.ts");
    yield* this.expanded ? recordText(columns, rows) : tableText(columns, rows);
  }
}
