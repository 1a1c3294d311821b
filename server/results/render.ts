import { assert } from "../../catalog/errors.ts";
import type { ResultBatch } from "../../executor/result-batch.ts";
import type { StatementResult } from "../statement-result.ts";
import { csvLine } from "./csv-text.ts";
import type { ResultFormat } from "./formats.ts";
import { jsonArrays, jsonObjects, jsonSchema } from "./json-text.ts";
import { textRows } from "./text-rows.ts";

/** The result in pieces of a batch each, made as they are asked for. What fails while rows are read is raised from the iterator. */
export async function* renderResult(result: StatementResult, format: ResultFormat, timeZone: string): AsyncGenerator<string | Uint8Array> {
  const { columns } = result;
  const batches = nonEmpty(result.batches);
  switch (format) {
    case "csv":
      if (columns.length > 0) yield csvLine(columns.map((column) => column.name));
      for await (const batch of batches) yield textRows(batch, columns, timeZone).map(csvLine).join("");
      return;
    case "ndjson":
      for await (const batch of batches) yield jsonObjects(batch, columns, timeZone).join("\n") + "\n";
      return;
    case "json": {
      let rows = 0;
      yield `{"schema":${jsonSchema(columns)},"rows":[`;
      for await (const batch of batches) {
        yield (rows === 0 ? "\n" : ",\n") + jsonArrays(batch, columns, timeZone).join(",\n");
        rows += batch.rows;
      }
      yield `],"rowCount":${rows}}\n`;
      return;
    }
    case "textRows":
      yield `{"schema":${jsonSchema(columns)}}\n`;
      for await (const batch of batches) yield textRows(batch, columns, timeZone).map((row) => `${JSON.stringify(row)}\n`).join("");
      return;
    case "arrow": {
      const { arrowStream } = await import("./arrow-stream.ts");
      yield* arrowStream(result);
      return;
    }
  }
  assert(false, `no such format: ${String(format satisfies never)}`);
}

async function* nonEmpty(batches: AsyncIterable<ResultBatch>): AsyncGenerator<ResultBatch> {
  for await (const batch of batches) if (batch.rows > 0) yield batch;
}
