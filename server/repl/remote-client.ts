import { SparrowError } from "../../catalog/errors.ts";
import { SESSION_HEADER, type ErrorBody } from "../http/protocol.ts";
import { CONTENT_TYPES, type ResultFormat } from "../results/formats.ts";
import type { ColumnHead } from "../results/table-text.ts";
import type { TextRow } from "../results/text-rows.ts";
import type { SqlClient } from "./client.ts";

/** A session on a server that `sparrow serve` runs. Raises CONNECTION_FAILED when it cannot be reached. */
export function remoteClient(url: string): SqlClient {
  const base = url.endsWith("/") ? url : `${url}/`;
  const session = crypto.randomUUID();

  const post = async (sql: string, format: ResultFormat, signal?: AbortSignal): Promise<ReadableStream<Uint8Array>> => {
    const headers = { "content-type": "text/plain; charset=utf-8", accept: CONTENT_TYPES[format], [SESSION_HEADER]: session };
    const response = await reachable(base, () => fetch(new URL("sql", base), { method: "POST", headers, body: sql, signal }));
    if (!response.ok) throw remoteError(response.status, await response.text());
    if (response.body === null) throw new SparrowError("CONNECTION_FAILED", "08006", `The server at ${url} gave no answer.`, { url }, { origin: "resource" });
    return response.body;
  };

  return {
    execute: async (sql, signal) => {
      const lines = linesOf(await post(sql, "textRows", signal));
      const first = await lines.next();
      const { schema } = JSON.parse(first.done === true ? '{"schema":[]}' : first.value) as { schema: ColumnHead[] };
      return { columns: schema, rows: batchesOf(lines) };
    },
    stream: async function* (sql, format, signal) {
      yield* await post(sql, format, signal);
    },
    close: async () => {
      await fetch(new URL("session", base), { method: "DELETE", headers: { [SESSION_HEADER]: session } }).catch(() => undefined);
    },
  };
}

const ROWS_PER_BATCH = 1000;

async function* batchesOf(lines: AsyncIterable<string>): AsyncGenerator<TextRow[]> {
  let rows: TextRow[] = [];
  for await (const line of lines) {
    const parsed = JSON.parse(line) as TextRow | ErrorBody;
    if (!Array.isArray(parsed)) throw errorFromBody((parsed as ErrorBody).error);
    rows.push(parsed);
    if (rows.length < ROWS_PER_BATCH) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = "";
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + piece).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
  }
  if (rest !== "") yield rest;
}

async function reachable(url: string, request: () => Promise<Response>): Promise<Response> {
  try {
    return await request();
  } catch (error) {
    if (error instanceof Error && error.name === "AbortError") throw error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new SparrowError("CONNECTION_FAILED", "08001", `Cannot reach ${url}: ${cause}.`, { url }, { origin: "resource", cause: error, hint: "Is the server running? `sparrow serve` starts one." });
  }
}

function remoteError(status: number, text: string): SparrowError {
  let body: ErrorBody | undefined;
  try {
    body = JSON.parse(text) as ErrorBody;
  } catch {
    body = undefined;
  }
  if (body?.error?.errorClass !== undefined) return errorFromBody(body.error);
  return new SparrowError("CONNECTION_FAILED", "08006", `The server answered with status ${status}.`, { status: String(status) }, { origin: "resource", detail: text.slice(0, 1000) });
}

function errorFromBody(error: ErrorBody["error"]): SparrowError {
  const [context] = error.queryContext;
  return new SparrowError(error.errorClass, error.sqlState, error.message, error.messageParameters, {
    span: context === undefined ? undefined : { start: context.startIndex - 1, end: context.stopIndex },
    detail: error.detail,
    hint: error.hint,
  });
}
