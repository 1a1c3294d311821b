import type { Metadata } from "./actions.ts";
import { protectionOf } from "./checkpoint-protection.ts";
import { identityOf, withHighWaterMark } from "./identity-columns.ts";
import { parseSchema, schemaText } from "./schema-json.ts";

const MAX_COLUMN_ID = "delta.columnMapping.maxColumnId";

/** The metadata of an earlier version for a table to go back to, but for what only grows: marks of identity columns, the largest column id and the protected part of the log. */
export function restoredMetadata(earlier: Metadata, current: Metadata): Metadata {
  const ids = [earlier, current].map(({ configuration }) => configuration[MAX_COLUMN_ID]);
  const grown = ids.every((id) => id !== undefined) && Number(ids[1]) > Number(ids[0]);
  return {
    ...earlier,
    ...(earlier.schemaString !== undefined && current.schemaString !== undefined && { schemaString: withLaterMarks(earlier.schemaString, current.schemaString) }),
    configuration: { ...earlier.configuration, ...(grown && { [MAX_COLUMN_ID]: current.configuration[MAX_COLUMN_ID] }), ...protectionOf(current) },
  };
}

/** The very same text where no mark has moved. */
function withLaterMarks(earlier: string, current: string): string {
  const marks = new Map(parseSchema(current).map((field) => [field.name, identityOf(field)]));
  let moved = false;
  const fields = parseSchema(earlier).map((field) => {
    const own = identityOf(field);
    const later = marks.get(field.name);
    if (own === undefined || later?.highWaterMark === undefined || own.step > 0n !== later.step > 0n) return field;
    const isBehind = own.highWaterMark === undefined || (own.step > 0n ? own.highWaterMark < later.highWaterMark : own.highWaterMark > later.highWaterMark);
    if (!isBehind) return field;
    moved = true;
    return withHighWaterMark(field, later.highWaterMark);
  });
  return moved ? schemaText(fields) : earlier;
}
