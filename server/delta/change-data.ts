import { STRING, type StructField } from "../../catalog/types.ts";
import type { ChangeFile } from "../../delta/actions.ts";
import { recordsChanges } from "../../delta/change-data-feed.ts";
import type { DeltaSnapshot } from "../../delta/snapshot.ts";
import type { ResultBatch, ResultColumn } from "../../executor/result-batch.ts";
import type { Session } from "../session.ts";
import { dataFileTarget } from "./rows-to-files.ts";
import { DataFileWriter } from "./write-files.ts";

/** What happened to a row. Source: the protocol's section "Change Data Files". */
export type ChangeType = "insert" | "update_preimage" | "update_postimage" | "delete";

/** The column of change files that says what happened. */
export const CHANGE_TYPE: StructField = { name: "_change_type", type: STRING, nullable: true };

const FOLDER = "_change_data";
const NO_BATCHES: readonly ResultBatch[] = [];

/** What records the rows that a statement changes; undefined for a table that does not ask for it (`delta.enableChangeDataFeed`). */
export function changeDataOf(session: Session, { location, fields, metadata }: DeltaSnapshot): ChangeData | undefined {
  if (!recordsChanges(metadata)) return undefined;
  return new ChangeData(new DataFileWriter({ ...dataFileTarget(session, location, [...fields, CHANGE_TYPE], metadata, false), folder: FOLDER }), fields.length);
}

/** The change files of one commit. A commit that has any must have all of its changes in them. */
export class ChangeData {
  readonly #writer: DataFileWriter;
  readonly #columns: number;

  /** `columns`: of the table. */
  constructor(writer: DataFileWriter, columns: number) {
    this.#writer = writer;
    this.#columns = columns;
  }

  /** `batch`: rows whose first columns are the table's. */
  async record(batch: ResultBatch, type: ChangeType): Promise<void> {
    await this.#writer.append({ rows: batch.rows, columns: [...batch.columns.slice(0, this.#columns), repeated(type, batch.rows)] });
  }

  /** The files, durable. */
  async finish(): Promise<ChangeFile[]> {
    const { adds } = await this.#writer.finish();
    return adds.map(({ path, partitionValues, size }) => ({ path, partitionValues, size, dataChange: false }));
  }

  abandon(): Promise<void> {
    return this.#writer.abandon();
  }
}

/** The batches, recorded on their way. */
export async function* recorded(changes: ChangeData | undefined, batches: AsyncIterable<ResultBatch>, type: ChangeType): AsyncGenerator<ResultBatch> {
  for await (const batch of batches) {
    await changes?.record(batch, type);
    yield batch;
  }
}

/** Records rows that are written nowhere else: no batches. */
export async function* recordedOnly(changes: ChangeData, batches: AsyncIterable<ResultBatch>, type: ChangeType): AsyncGenerator<ResultBatch> {
  for await (const batch of batches) {
    await changes.record(batch, type);
    yield* NO_BATCHES;
  }
}

function repeated(text: string, rows: number): ResultColumn {
  const bytes = new Uint8Array(Buffer.from(text.repeat(rows)));
  return { type: STRING, data: new Uint8Array(0), offsets: Int32Array.from({ length: rows + 1 }, (_, i) => i * text.length), bytes };
}
