import { ArrowConversion } from "../../executor/result-arrow.ts";
import type { StatementResult } from "../statement-result.ts";

/** An Arrow IPC stream: the schema, then a message for each batch. */
export async function* arrowStream({ columns, batches }: StatementResult): AsyncGenerator<Uint8Array> {
  const arrow = await ArrowConversion.load();
  const schema = arrow.schema(columns);
  const writer = new arrow.library.RecordBatchStreamWriter();
  const written = writer[Symbol.asyncIterator]();
  writer.reset(undefined, schema);
  for await (const batch of batches) {
    writer.write(arrow.recordBatch(batch, columns, schema));
    yield (await written.next()).value;
  }
  writer.finish();
  for await (const piece of { [Symbol.asyncIterator]: () => written }) yield piece;
}
