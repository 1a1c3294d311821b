import type { DataType } from "../../../catalog/types.ts";
import type { AddFile } from "../../../delta/actions.ts";
import { physicalField } from "../../../delta/column-mapping.ts";
import { inParallel } from "../../../delta/delta-log.ts";
import { absoluteFilePath } from "../../../delta/file-paths.ts";
import type { DeltaSnapshot } from "../../../delta/snapshot.ts";
import { readFooter } from "../../../executor/scan/parquet-file.ts";
import type { SchemaNode } from "../../../executor/scan/parquet-schema.ts";
import type { Statement } from "../../../parser/ast.ts";
import type { DeltaTarget } from "../../delta/delta-target.ts";
import { quoted, unsupportedOperation } from "../../object-names.ts";
import type { RunOptions } from "../../run-query.ts";
import type { Session } from "../../session.ts";
import { localFileOf } from "../../storages.ts";
import type { StatementResult } from "../../statement-result.ts";
import { layFilesOut } from "./optimize.ts";

/** REORG TABLE ... APPLY (PURGE): files with deleted rows, or with values of dropped columns, are written without them. VACUUM then deletes the old ones. */
export async function runReorg(session: Session, target: DeltaTarget, statement: Extract<Statement, { kind: "reorg" }>, options: RunOptions): Promise<StatementResult> {
  if (statement.action !== "purge") throw unsupportedOperation("REORG TABLE APPLY (UPGRADE UNIFORM)", quoted(...target.name));
  return layFilesOut(session, target, statement.where, async (snapshot) => ({ kind: "purge", files: await filesToPurge(snapshot) }), options);
}

async function filesToPurge(snapshot: DeltaSnapshot): Promise<ReadonlySet<AddFile>> {
  const files = [...snapshot.files.values()];
  // Columns can only be dropped where they are mapped.
  const purges = (file: AddFile): Promise<boolean> => (file.deletionVector !== undefined ? Promise.resolve(true) : snapshot.mapping === "none" ? Promise.resolve(false) : hasDroppedColumns(snapshot, file));
  const purged = await inParallel(files, purges);
  return new Set(files.filter((_, i) => purged[i]));
}

async function hasDroppedColumns({ location, fields, mapping, metadata }: DeltaSnapshot, { path }: AddFile): Promise<boolean> {
  const file = await localFileOf(absoluteFilePath(location, path));
  const { schema } = await readFooter(file.path, file.bytes, undefined);
  const type: DataType = { kind: "struct", fields: fields.map((field) => physicalField(field, mapping)) };
  // Row tracking keeps what it must know of moved rows in columns that the schema does not have.
  const hidden = new Set(Object.entries(metadata.configuration).flatMap(([key, name]) => (key.startsWith("delta.rowTracking.materialized") ? [name] : [])));
  return hasOthers({ ...schema, children: schema.children.filter(({ name }) => !hidden.has(name)) }, type);
}

/** Whether a node has fields that the type has not. */
function hasOthers(node: SchemaNode, type: DataType): boolean {
  switch (type.kind) {
    case "struct":
      return node.children.some((child) => {
        const field = type.fields.find(({ name }) => name.toLowerCase() === child.name.toLowerCase());
        return field === undefined || hasOthers(child, field.type);
      });
    case "array":
      // Lists have a group between them and their elements, but for those of old writers.
      return node.children.some((group) => (group.children.length === 1 ? hasOthers(group.children[0], type.element) : hasOthers(group, type.element)));
    case "map":
      return node.children.some(({ children: [key, value] }) => hasOthers(key, type.key) || (value !== undefined && hasOthers(value, type.value)));
    default:
      return false;
  }
}
