import { typeName } from "../../catalog/types.ts";
import type { ResultFormat } from "../results/formats.ts";
import type { ColumnHead } from "../results/table-text.ts";
import type { TextRow } from "../results/text-rows.ts";
import type { Session } from "../session.ts";

export interface TextResult {
  readonly columns: readonly ColumnHead[];
  readonly rows: AsyncIterable<readonly TextRow[]>;
}

/** What the command talks to: an engine in this process, or a server. One session each. */
export interface SqlClient {
  /** Runs one statement; its rows as texts. */
  readonly execute: (sql: string, signal?: AbortSignal) => Promise<TextResult>;
  /** Runs one statement; its result as the bytes of a format. */
  readonly stream: (sql: string, format: ResultFormat, signal?: AbortSignal) => AsyncIterable<string | Uint8Array>;
  readonly close: () => Promise<void>;
}

export function embeddedClient(session: Session): SqlClient {
  const run = async (sql: string, signal?: AbortSignal) => {
    const { runText } = await import("../run-text.ts");
    return runText(session, sql, { signal });
  };
  return {
    execute: async (sql, signal) => {
      const result = await run(sql, signal);
      const { textRows } = await import("../results/text-rows.ts");
      const zone = session.timeZone;
      return {
        columns: result.columns.map(({ name, type }) => ({ name, type: typeName(type) })),
        rows: (async function* () {
          for await (const batch of result.batches) yield textRows(batch, result.columns, zone);
        })(),
      };
    },
    stream: async function* (sql, format, signal) {
      const result = await run(sql, signal);
      const { renderResult } = await import("../results/render.ts");
      yield* renderResult(result, format, session.timeZone);
    },
    close: () => session.engine.close(),
  };
}
