import { tableFromIPC } from "apache-arrow";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Engine } from "../../server/engine.ts";
import { startHttpServer, type RunningServer } from "../../server/http/http-server.ts";
import { remoteClient } from "../../server/repl/remote-client.ts";
import { fakeExecutor } from "./fake-executor.ts";

const executor = fakeExecutor();
const engine = new Engine({ catalog: "memory", settings: { "spark.sql.session.timeZone": "UTC" }, createExecutor: async () => executor });
let server: RunningServer;
beforeAll(async () => {
  server = await startHttpServer(engine, 0);
});
afterAll(async () => {
  await server.close();
  await engine.close();
});

async function post(body: string, headers: Record<string, string> = {}): Promise<{ status: number; type: string | null; text: string }> {
  const response = await fetch(`${server.url}/sql`, { method: "POST", body, headers: { "content-type": "text/plain", ...headers } });
  return { status: response.status, type: response.headers.get("content-type"), text: await response.text() };
}

const QUERY = "SELECT id, CASE WHEN id > 0 THEN concat('a,\"', CAST(id AS STRING)) END AS s FROM range(3)";

test("rows come as JSON with their schema", async () => {
  expect(await post(QUERY)).toEqual({
    status: 200,
    type: "application/json",
    text: '{"schema":[{"name":"id","type":"bigint","nullable":false},{"name":"s","type":"string","nullable":true}],"rows":[\n[0,null],\n[1,"a,\\"1"],\n[2,"a,\\"2"]],"rowCount":3}\n',
  });
  expect(JSON.parse((await post("SELECT id FROM range(0)")).text)).toEqual({ schema: [{ name: "id", type: "bigint", nullable: false }], rows: [], rowCount: 0 });
});

test("as NDJSON, CSV and Arrow, by the Accept header", async () => {
  expect(await post(QUERY, { accept: "application/x-ndjson" })).toEqual({ status: 200, type: "application/x-ndjson", text: '{"id":0,"s":null}\n{"id":1,"s":"a,\\"1"}\n{"id":2,"s":"a,\\"2"}\n' });
  expect(await post(QUERY, { accept: "text/csv" })).toEqual({ status: 200, type: "text/csv", text: 'id,s\n0,\n1,"a,""1"\n2,"a,""2"\n' });
  const response = await fetch(`${server.url}/sql`, { method: "POST", body: QUERY, headers: { "content-type": "application/sql", accept: "application/vnd.apache.arrow.stream" } });
  const table = tableFromIPC(new Uint8Array(await response.arrayBuffer()));
  expect(table.toArray().map((row) => ({ ...row.toJSON() }))).toEqual([{ id: 0n, s: null }, { id: 1n, s: 'a,"1' }, { id: 2n, s: 'a,"2' }]);
});

test("values of all kinds have their JSON", async () => {
  const { text } = await post("SELECT true AS b, CAST(1.5 AS DOUBLE) AS d, CAST('NaN' AS DOUBLE) AS n, 12345678901234567890.123BD AS m, DATE '2024-02-29' AS day, TIMESTAMP '2024-02-29 12:00:00' AS t, INTERVAL '1' DAY AS i, NULL AS z");
  expect(text.slice(text.indexOf('"rows"'))).toBe('"rows":[\n[true,1.5,"NaN",12345678901234567890.123,"2024-02-29","2024-02-29 12:00:00","INTERVAL \'1\' DAY",null]],"rowCount":1}\n');
});

test("a JSON body brings parameters and settings", async () => {
  const json = { "content-type": "application/json" };
  expect((await post(JSON.stringify({ sql: "SELECT :a + 1 AS a", parameters: { a: 41 } }), json)).text).toContain("[42]");
  expect((await post(JSON.stringify({ sql: "SELECT 1 DIV (? - 1) AS a FROM range(1)", parameters: [1], settings: { "spark.sql.ansi.enabled": "false" } }), json)).text).toContain("[null]");
  expect(await post('{"sql": 1}', json)).toMatchObject({ status: 400, text: expect.stringContaining("`sql` must be a string") as string });
  expect(await post('{"sql"', json)).toMatchObject({ status: 400, text: expect.stringContaining("errorClass") as string });
});

test("an error is Spark's error JSON", async () => {
  const { status, text } = await post("SELECT idd FROM range(1)");
  expect(status).toBe(400);
  expect(JSON.parse(text)).toEqual({
    error: {
      errorClass: "UNRESOLVED_COLUMN.WITH_SUGGESTION",
      sqlState: "42703",
      message: "A column, variable, or function parameter with name `idd` cannot be resolved. Did you mean one of the following? [`id`].",
      messageParameters: { objectName: "`idd`", proposal: "`id`" },
      queryContext: [{ startIndex: 8, stopIndex: 10, fragment: "idd" }],
    },
  });
});

test("an error at the first row is a status, one in the midst of rows is told in the JSON, and breaks CSV off", async () => {
  expect((await post("SELECT 1 DIV id FROM range(5)")).status).toBe(400);
  const later = "SELECT 1 DIV (id - 4) FROM range(9)";
  const { status, text } = await post(later);
  expect(status).toBe(200);
  expect(JSON.parse(text)).toMatchObject({ rows: [[0], [0], [0], [-1]], error: { errorClass: "DIVIDE_BY_ZERO" } });
  await expect(post(later, { accept: "text/csv" })).rejects.toThrow(/terminated/);
  expect((await post("SELECT 1 AS a")).text).toContain("[1]");
});

test("sessions keep settings and views apart", async () => {
  await post("CREATE TEMPORARY VIEW v AS SELECT 7 AS seven", { "sparrow-session": "a" });
  expect((await post("SELECT * FROM v", { "sparrow-session": "a" })).text).toContain("[7]");
  expect((await post("SELECT * FROM v", { "sparrow-session": "b" })).status).toBe(400);
  expect((await post("SELECT * FROM v")).status).toBe(400);
  expect((await fetch(`${server.url}/session`, { method: "DELETE", headers: { "sparrow-session": "a" } })).status).toBe(204);
  expect((await post("SELECT * FROM v", { "sparrow-session": "a" })).status).toBe(400);
});

test("a client that leaves cancels its statement", async () => {
  const before = executor.abandoned();
  const abort = new AbortController();
  const response = await fetch(`${server.url}/sql`, { method: "POST", body: "SELECT id FROM range(100000000)", signal: abort.signal });
  await response.body?.getReader().read();
  abort.abort();
  await expect.poll(() => executor.abandoned()).toBe(before + 1);
});

test("a statement of 10 MB is read, one beyond the limit is refused", async () => {
  const long = `SELECT '${"x".repeat(10 * 1024 * 1024)}' = 'y' AS same`;
  expect((await post(long)).text).toContain("[false]");
  expect(await post("x".repeat(17 * 1024 * 1024)).catch((error: Error) => ({ status: error.message }))).toMatchObject({ status: expect.anything() as unknown });
  expect((await post("SELECT 1 AS a")).status).toBe(200);
});

test("other routes, methods and formats", async () => {
  expect(await (await fetch(`${server.url}/health`)).json()).toMatchObject({ status: "ok" });
  expect((await fetch(`${server.url}/nothing`)).status).toBe(404);
  expect((await fetch(`${server.url}/sql`)).status).toBe(404);
  expect(await post("SELECT 1", { accept: "image/png" })).toMatchObject({ status: 400, text: expect.stringContaining("NOT_ACCEPTABLE") as string });
  expect(await post("SELECT 1", { "content-type": "image/png" })).toMatchObject({ status: 415 });
});

test("the server listens on the loopback interface alone", async () => {
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
  await new Promise((resolve) => socket.once("connect", resolve));
  socket.destroy();
});

test("the command's client has one session, texts, formats and errors", async () => {
  const client = remoteClient(server.url);
  await client.execute("CREATE TEMPORARY VIEW mine AS SELECT id FROM range(3)");
  const { columns, rows } = await client.execute("SELECT id, CAST(NULL AS STRING) AS n FROM mine");
  expect(columns).toEqual([{ name: "id", type: "bigint", nullable: false }, { name: "n", type: "string", nullable: true }]);
  expect((await Array.fromAsync(rows)).flat()).toEqual([["0", null], ["1", null], ["2", null]]);
  const pieces = await Array.fromAsync(client.stream("SELECT id FROM mine", "csv"));
  expect(Buffer.concat(pieces.map((piece) => Buffer.from(piece))).toString()).toBe("id\n0\n1\n2\n");
  await expect(client.execute("SELECT x FROM mine")).rejects.toMatchObject({ condition: "UNRESOLVED_COLUMN.WITH_SUGGESTION", span: { start: 7, end: 8 } });
  const failing = await client.execute("SELECT 1 DIV (id - 2) FROM mine");
  await expect(Array.fromAsync(failing.rows)).rejects.toMatchObject({ condition: "DIVIDE_BY_ZERO" });
  await client.close();
  await expect(client.execute("SELECT * FROM mine")).rejects.toMatchObject({ condition: "TABLE_OR_VIEW_NOT_FOUND" });
  await expect(remoteClient("http://127.0.0.1:1").execute("SELECT 1")).rejects.toMatchObject({ condition: "CONNECTION_FAILED" });
});

test("events of queries as lines of JSON and as server-sent events, of one query until it ends", async () => {
  await post("SELECT 1 AS before FROM range(2)");
  const all = await fetch(`${server.url}/v1/events?after=0`, { headers: { accept: "application/x-ndjson" } });
  const reader = all.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!/"queryEnded".*\n/.test(text)) text += (await reader.read()).value ?? "";
  const { query } = JSON.parse(text.split("\n")[0]) as { query: number };
  await reader.cancel();
  const one = await (await fetch(`${server.url}/v1/events?query=${query}`)).text();
  const kinds = [...one.matchAll(/^id: \d+\nevent: (\w+)\ndata: \{"query":(\d+),/gm)].map(([, kind, of]) => [kind, Number(of)]);
  expect(kinds[0]).toEqual(["queryStarted", query]);
  expect(kinds.at(-1)).toEqual(["queryEnded", query]);
  const last = [...one.matchAll(/^id: (\d+)$/gm)].at(-1)![1];
  const next = await fetch(`${server.url}/v1/events`, { headers: { "last-event-id": last } });
  const rest = next.body!.pipeThrough(new TextDecoderStream()).getReader();
  await post("SELECT 2 AS later FROM range(2)");
  let later = "";
  while (!later.includes("later")) later += (await rest.read()).value ?? "";
  expect(later).toContain(`id: ${Number(last) + 1}\n`);
  await rest.cancel();
  const refused = await fetch(`${server.url}/v1/events?query=all`);
  expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining("`query` and `after` are numbers")]);
});
