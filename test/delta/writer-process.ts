import { open } from "../../server/library.ts";
import { killAtCall } from "./faulty-file-system.ts";

/**
 * One of several processes that write to one table: `node writer-process.ts <folder> <name> <milliseconds> [call]`. Each acknowledged change is reported as a line
 * of JSON as soon as the statement has come back. The table has the columns `writer`, `id`, `n`; a writer changes rows of its own alone, but reads and rewrites files
 * with rows of all. With a call given the process is killed at that call of the file system below the table, counted from its first change.
 */
const [folder, writer, milliseconds, lastCall] = process.argv.slice(2);
const sparrow = await open({ settings: { "spark.sql.session.timeZone": "UTC", "sparrow.workers": "1", "sparrow.memory.limit": "128m", "spark.sql.warehouse.dir": `${folder}/${writer}` }, catalog: "memory" });
const table = `delta.\`${folder}/t\``;

const sql = async (text: string): Promise<void> => {
  for await (const batch of await sparrow.sql(text)) void batch;
};
// However slow the machine is and whatever the others do, it gets each kind of change acknowledged.
const missing = new Set(["insert", "update", "delete", "merge", "optimize"]);
const acknowledge = (change: { readonly kind: string; readonly id: number }): void => {
  process.stdout.write(`${JSON.stringify({ writer, ...change })}\n`);
  missing.delete(change.kind);
};

// Threads and caches are made before the time begins to run.
await sql(`SELECT count(*) FROM ${table}`);
if (lastCall !== undefined) killAtCall(`${folder}/t`, Number(lastCall));
const end = Date.now() + Number(milliseconds);
for (let id = 1; Date.now() < end || missing.size > 0; id++) {
  await sql(`INSERT INTO ${table} VALUES ('${writer}', ${id}, 0)`);
  acknowledge({ kind: "insert", id });
  switch (id % 4) {
    case 0:
      await sql(`UPDATE ${table} SET n = n + 1 WHERE writer = '${writer}' AND id = ${id}`);
      acknowledge({ kind: "update", id });
      break;
    case 1:
      await sql(`DELETE FROM ${table} WHERE writer = '${writer}' AND id = ${id}`);
      acknowledge({ kind: "delete", id });
      break;
    case 2:
      await sql(`MERGE INTO ${table} t USING (SELECT '${writer}' AS w, ${id} AS i) s ON t.writer = s.w AND t.id = s.i WHEN MATCHED THEN UPDATE SET n = t.n + 10 WHEN NOT MATCHED THEN INSERT (writer, id, n) VALUES (s.w, s.i, -1)`);
      acknowledge({ kind: "merge", id });
      break;
    default:
      await sql(`OPTIMIZE ${table}`);
      acknowledge({ kind: "optimize", id });
  }
}
await sparrow.close();
