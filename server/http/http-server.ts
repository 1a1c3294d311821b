import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { SparrowError } from "../../catalog/errors.ts";
import type { Engine } from "../engine.ts";
import { runText } from "../run-text.ts";
import { CONTENT_TYPES, type ResultFormat } from "../results/formats.ts";
import { renderResult } from "../results/render.ts";
import { packageVersion } from "../version.ts";
import { EventLog } from "./event-log.ts";
import { streamEvents } from "./event-stream.ts";
import { errorBody, errorStatus, SESSION_HEADER } from "./protocol.ts";
import { HttpSessions } from "./sessions.ts";
import { acceptedFormat, sqlRequest } from "./sql-request.ts";

/** There is no login yet: nobody but this machine is let in. */
const LOOPBACK = "127.0.0.1";
const MAX_BODY_BYTES = 16 * 1024 * 1024;

export interface RunningServer {
  readonly url: string;
  /** Ends the server after the statements that run; the engine stays open. */
  readonly close: () => Promise<void>;
}

/** Serves `POST /sql`, `DELETE /session`, `GET /v1/events` and `GET /health` on the loopback interface. Port 0 takes a free one. */
export async function startHttpServer(engine: Engine, port: number): Promise<RunningServer> {
  const { default: fastify } = await import("fastify");
  const server = fastify({ bodyLimit: MAX_BODY_BYTES, forceCloseConnections: "idle" });
  const sessions = new HttpSessions(engine);
  const events = new EventLog(engine.events);

  server.addContentTypeParser(["text/plain", "application/sql"], { parseAs: "string" }, (_request, body, done) => done(null, body));
  server.setErrorHandler((error: Error & { statusCode?: number; code?: string }, _request, reply) => {
    const known = error.statusCode !== undefined && error.statusCode < 500;
    const shown = known ? new SparrowError(error.code ?? "INVALID_REQUEST", "22023", error.message) : error;
    return reply.status(error.statusCode ?? errorStatus(error)).send(errorBody(shown, ""));
  });
  server.setNotFoundHandler((request, reply) => reply.status(404).send(errorBody(new SparrowError("NO_SUCH_ROUTE", "22023", `There is no ${request.method} ${request.url}; statements go to POST /sql.`), "")));

  let running = 0;
  let onQuiet = (): void => {};
  server.addHook("onRequest", async (_request, reply) => {
    running++;
    reply.raw.once("close", () => {
      if (--running === 0) onQuiet();
    });
  });
  server.get("/health", () => ({ status: "ok", version: packageVersion() }));
  server.delete("/session", (request, reply) => reply.status(sessions.close(String(request.headers[SESSION_HEADER])) ? 204 : 404).send());
  server.get("/v1/events", (request, reply) => streamEvents(events, request, reply));
  server.post("/sql", (request, reply) => answer(sessions, request, reply));

  const url = await server.listen({ host: LOOPBACK, port });
  return {
    url,
    close: async () => {
      events.close();
      const closed = server.close();
      if (running > 0) await new Promise<void>((resolve) => (onQuiet = resolve));
      // Node takes a connection over which nothing has been asked yet for a busy one.
      server.server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(sessions: HttpSessions, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const abort = new AbortController();
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) abort.abort();
  });
  let sql = "";
  try {
    const format = acceptedFormat(request.headers.accept);
    const asked = sqlRequest(request.body);
    sql = asked.sql;
    const header = request.headers[SESSION_HEADER];
    const session = sessions.get(asked.session ?? (typeof header === "string" ? header : undefined));
    const result = await runText(session, sql, { signal: abort.signal, parameters: asked.parameters, settings: asked.settings });
    const pieces = renderResult(result, format, session.timeZone);
    // An error before the first rows still becomes a status; after them the answer has begun
    const first = await pieces.next();
    const second = first.done === true ? first : await pieces.next();
    const body = Readable.from(withErrors(chained(first, second, pieces), format, sql), { objectMode: false });
    await reply.header("content-type", CONTENT_TYPES[format]).send(body);
  } catch (error) {
    await reply.status(errorStatus(error)).header("content-type", CONTENT_TYPES.json).send(errorBody(error, sql));
  }
}

type Piece = string | Uint8Array;

async function* chained(first: IteratorResult<Piece, void>, second: IteratorResult<Piece, void>, rest: AsyncIterable<Piece>): AsyncGenerator<Piece> {
  if (first.done !== true) yield first.value;
  if (second.done !== true) yield second.value;
  if (first.done !== true && second.done !== true) yield* rest;
}

/** An error in the midst of the rows: told in the body where the format has a place for it, else the connection is broken off, so that nobody takes a part for the whole. */
async function* withErrors(pieces: AsyncIterable<Piece>, format: ResultFormat, sql: string): AsyncGenerator<Piece> {
  try {
    yield* pieces;
  } catch (error) {
    const body = errorBody(error, sql);
    if (format === "json") yield `],"error":${JSON.stringify(body.error)}}\n`;
    else if (format === "textRows") yield `${JSON.stringify(body)}\n`;
    else throw error;
  }
}
