import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import { SparrowError } from "../../catalog/errors.ts";
import type { EventLog } from "./event-log.ts";
import { errorBody } from "./protocol.ts";

const NDJSON = "application/x-ndjson";

/**
 * `GET /v1/events`: what happens in queries, as server-sent events, or as lines of JSON where the Accept header asks for them. `query=7`: of this query alone, until
 * it ends. `after=0`: from the earliest event that is kept; by default from now, and with `Last-Event-ID` from that one.
 */
export async function streamEvents(log: EventLog, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { query, after } = request.query as Readonly<Record<string, string | undefined>>;
  const wanted = numberOf(query);
  const from = numberOf(after ?? (request.headers["last-event-id"] as string | undefined)) ?? (wanted === undefined ? log.lastId : 0);
  if (Number.isNaN(wanted ?? 0) || Number.isNaN(from)) {
    const error = new SparrowError("INVALID_REQUEST", "22023", "`query` and `after` are numbers.");
    return reply.status(400).send(errorBody(error, ""));
  }
  const asLines = request.headers.accept?.includes(NDJSON) === true;
  const abort = new AbortController();
  reply.hijack();
  reply.raw.once("close", () => abort.abort());
  reply.raw.writeHead(200, { "content-type": asLines ? NDJSON : "text/event-stream", "cache-control": "no-store", connection: "close" });
  // The client is to know that it is listened for.
  reply.raw.flushHeaders();
  try {
    await pipeline(Readable.from(texts(log, from, wanted, asLines, abort.signal)), reply.raw);
  } catch (error) {
    if (!abort.signal.aborted) throw error;
  } finally {
    // Nothing else comes over this connection, whatever the client does with it.
    reply.raw.socket?.destroySoon();
  }
}

/** NaN for a text that is no number. */
function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : /^\d+$/.test(text) ? Number(text) : Number.NaN;
}

async function* texts(log: EventLog, from: number, query: number | undefined, asLines: boolean, signal: AbortSignal): AsyncGenerator<string> {
  for await (const { id, event } of log.after(from, signal)) {
    if (query !== undefined && event.query !== query) continue;
    const text = JSON.stringify(event);
    yield asLines ? `${text}\n` : `id: ${id}\nevent: ${event.kind}\ndata: ${text}\n\n`;
    if (query !== undefined && event.kind === "queryEnded") return;
  }
}
