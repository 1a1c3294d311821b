import { SparrowError } from "../../../catalog/errors.ts";
import type { StructField } from "../../../catalog/types.ts";
import { READS_TABLE } from "../../../delta/conflicts.ts";
import { type Identity, identityOf, syncedHighWaterMark, withHighWaterMark } from "../../../delta/identity-columns.ts";
import { fieldText, schemaText } from "../../../delta/schema-json.ts";
import type { DeltaSnapshot } from "../../../delta/snapshot.ts";
import { valueReader } from "../../../executor/result-values.ts";
import type { QualifiedName, SourceText } from "../../../parser/ast.ts";
import { parseQuery } from "../../../parser/parse.ts";
import { checkDefault } from "../../delta/declared-columns.ts";
import { fromTarget, queryTarget, targetFiles, targetTable } from "../../delta/row-changes.ts";
import { quoted } from "../../object-names.ts";
import { analysisContext, type RunOptions } from "../../run-query.ts";
import type { Session } from "../../session.ts";
import { ResolvedTables } from "../../table-resolution.ts";
import type { MetadataChange } from "./alter-table.ts";

/** ALTER COLUMN SET DEFAULT and DROP DEFAULT (null): of rows that come, not of those that are there. Raises INVALID_DEFAULT_VALUE.* */
export function alterDefault(session: Session, { fields }: DeltaSnapshot, field: StructField, value: SourceText | null): MetadataChange {
  if (identityOf(field) !== undefined) throw identityUnchangeable();
  const { CURRENT_DEFAULT: _, ...metadata } = field.metadata ?? {};
  const changed: StructField = { ...field, metadata: value === null ? metadata : { ...metadata, CURRENT_DEFAULT: value.text } };
  if (value !== null) checkDefault(changed, value.expr, "ALTER TABLE ALTER COLUMN", analysisContext(session, new ResolvedTables(), {}));
  return withField(fields, changed);
}

/** Only the comment of an identity column can be changed. */
export function identityUnchangeable(): SparrowError {
  return new SparrowError("DELTA_IDENTITY_COLUMNS_ALTER_COLUMN_NOT_SUPPORTED", "429BQ", "ALTER TABLE ALTER COLUMN is not supported for IDENTITY columns.", {});
}

/** ALTER COLUMN SYNC IDENTITY: values that statements gave are not given out again. Undefined where nothing changes. Raises DELTA_IDENTITY_COLUMNS_ALTER_NON_IDENTITY_COLUMN. */
export async function syncIdentity(session: Session, snapshot: DeltaSnapshot, column: QualifiedName, options: RunOptions): Promise<MetadataChange | undefined> {
  const wanted = column.parts.map((part) => part.name).join(".");
  const field = snapshot.fields.find((candidate) => candidate.name.toLowerCase() === wanted.toLowerCase());
  const identity = field === undefined ? undefined : identityOf(field);
  if (field === undefined || identity === undefined) {
    throw new SparrowError("DELTA_IDENTITY_COLUMNS_ALTER_NON_IDENTITY_COLUMN", "429BQ", `ALTER TABLE ALTER COLUMN SYNC IDENTITY cannot be called on a column that is not an IDENTITY column: ${quoted(wanted)}.`, { columnName: wanted }, { span: column.span });
  }
  const mark = syncedHighWaterMark(identity, await furthestValue(session, snapshot, field, identity, options));
  return mark === undefined ? undefined : { ...withField(snapshot.fields, withHighWaterMark(field, mark)), reads: READS_TABLE };
}

/** The table's largest value of an identity column, the smallest where it counts down; null for none. */
async function furthestValue(session: Session, snapshot: DeltaSnapshot, field: StructField, { step }: Identity, options: RunOptions): Promise<bigint | null> {
  const query = parseQuery(`SELECT ${step > 0n ? "max" : "min"}(${quoted("target", field.name)}) ${fromTarget("target")}`);
  for await (const batch of queryTarget(session, targetTable(await targetFiles(session, snapshot)), query, options)) {
    if (batch.rows > 0) return valueReader(batch.columns[0])(0) as bigint | null;
  }
  return null;
}

function withField(fields: readonly StructField[], changed: StructField): MetadataChange {
  const all = fields.map((field) => (field.name === changed.name ? changed : field));
  return { metadata: { schemaString: schemaText(all) }, fields: all, operation: "CHANGE COLUMN", parameters: { column: fieldText(changed) } };
}
