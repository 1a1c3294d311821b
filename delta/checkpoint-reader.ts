import { InternalError } from "../catalog/errors.ts";
import type { Storage } from "../catalog/ports.ts";
import type { StructType } from "../catalog/types.ts";
import type { StructValue } from "../catalog/values.ts";
import type { Action } from "./actions.ts";
import { actionOf, parseActions } from "./actions.ts";
import { corruptLogFile } from "./errors.ts";
import type { ExactJson } from "./exact-json.ts";
import { encodeExactJson } from "./exact-json.ts";
import { type CheckpointFile, SIDECAR_FOLDER } from "./log-files.ts";
import { type ParquetRowsReader, valueToJson } from "./parquet-rows.ts";

/** Columns of a checkpoint: one struct per kind of action. */
const ACTION_COLUMNS = ["txn", "add", "remove", "metaData", "protocol", "domainMetadata", "sidecar"] as const;

/** All actions of a checkpoint: classic, in several parts, or V2 with its sidecars. */
export async function readCheckpoint(folder: string, files: readonly CheckpointFile[], storage: Storage, parquet: ParquetRowsReader): Promise<Action[]> {
  const actions: Action[] = [];
  for (const file of files) {
    const path = `${folder}/${file.name}`;
    const own = file.format === "json" ? parseLogFile(path, await storage.read(path)) : await parquetActions(path, parquet);
    for (const action of own) {
      if (action.kind === "sidecar") actions.push(...(await parquetActions(`${folder}/${SIDECAR_FOLDER}/${action.sidecar.path}`, parquet)));
      else actions.push(action);
    }
  }
  return actions;
}

/** Names of the sidecars that a checkpoint's file refers to. */
export async function sidecarsOf(folder: string, file: CheckpointFile, storage: Storage, parquet: ParquetRowsReader): Promise<string[]> {
  const path = `${folder}/${file.name}`;
  const actions = file.format === "json" ? parseLogFile(path, await storage.read(path)) : await parquetActions(path, parquet, ["sidecar"]);
  return actions.flatMap((action) => (action.kind === "sidecar" ? [action.sidecar.path] : []));
}

/** The actions of a JSON file of the log. Raises DELTA_LOG_FILE_UNREADABLE. */
export function parseLogFile(path: string, bytes: Uint8Array): Action[] {
  try {
    return parseActions(bytes);
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
    throw corruptLogFile(path, error.message, error);
  }
}

async function parquetActions(path: string, parquet: ParquetRowsReader, columns: readonly string[] = ACTION_COLUMNS): Promise<Action[]> {
  const { fields, rows } = await parquet.readParquetRows(path, columns);
  const actions: Action[] = [];
  for (const row of rows) {
    for (const [i, field] of fields.entries()) {
      const value = row[i];
      if (value === null) continue;
      if (field.type.kind !== "struct") throw corruptLogFile(path, `its column ${field.name} is not a struct`);
      const action = actionOfRow(path, field.name, value as StructValue, field.type);
      if (action !== undefined) actions.push(action);
    }
  }
  return actions;
}

function actionOfRow(path: string, kind: string, value: StructValue, type: StructType): Action | undefined {
  const body: Record<string, ExactJson> = {};
  for (const [i, field] of type.fields.entries()) {
    const own = value.fields[i];
    if (own !== null && field.name !== "stats_parsed" && field.name !== "partitionValues_parsed") body[field.name] = valueToJson(own, field.type);
  }
  // Typed statistics are written instead of, or beside, the text that everything else works with.
  if (kind === "add" && body.stats === undefined) {
    const typed = type.fields.findIndex(({ name }) => name === "stats_parsed");
    if (typed >= 0 && value.fields[typed] !== null) body.stats = encodeExactJson(valueToJson(value.fields[typed], type.fields[typed].type));
  }
  try {
    return actionOf(kind, body);
  } catch (error) {
    if (error instanceof InternalError || !(error instanceof TypeError)) throw error;
    throw corruptLogFile(path, error.message, error);
  }
}
