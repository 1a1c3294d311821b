import { SparrowError } from "../../../catalog/errors.ts";
import type { StructField } from "../../../catalog/types.ts";
import { sameType } from "../../../catalog/types.ts";
import type { Action, Metadata } from "../../../delta/actions.ts";
import { clusteringAction, clusteringColumnsOf, clusteringFields } from "../../../delta/clustering.ts";
import { READS_NOTHING, READS_TABLE, type ReadScope } from "../../../delta/conflicts.ts";
import { schemaText } from "../../../delta/schema-json.ts";
import type { DeltaSnapshot } from "../../../delta/snapshot.ts";
import { upgradedProtocol } from "../../../delta/table-features.ts";
import { checkWrite } from "../../../delta/write-requirements.ts";
import type { AlterAction } from "../../../parser/ast.ts";
import { commitStatement, rerunOnConflict } from "../../delta/commit-statement.ts";
import type { DeltaTarget } from "../../delta/delta-target.ts";
import { matchingRows, targetFiles } from "../../delta/row-changes.ts";
import { requestedProperties } from "../../delta/table-properties.ts";
import { partsOf, quoted, unsupportedOperation } from "../../object-names.ts";
import type { RunOptions } from "../../run-query.ts";
import type { Session } from "../../session.ts";
import { emptyResult, type StatementResult } from "../../statement-result.ts";
import { fieldsOf } from "../column-definitions.ts";
import { propertiesOf } from "../create-view.ts";
import { alterDefault, syncIdentity } from "./alter-column-values.ts";

type DeltaAction = Exclude<AlterAction, { kind: "rename" }>;

/** ALTER TABLE of a Delta table, as far as it changes its metadata alone. */
export async function alterDeltaTable(session: Session, target: DeltaTarget, action: DeltaAction, options: RunOptions): Promise<StatementResult> {
  await rerunOnConflict(async () => {
    const snapshot = await target.log.latest();
    checkWrite(snapshot, "append");
    const change = await changeOf(session, target, snapshot, action, options);
    if (change === undefined) return;
    const metadata: Metadata = { ...snapshot.metadata, ...change.metadata };
    await commitStatement(session, target.log, {
      snapshot,
      actions: [
        ...protocolChange(snapshot, metadata, change.metadata.schemaString === undefined ? snapshot.fields : (change.fields ?? snapshot.fields), change.features),
        ...(Object.keys(change.metadata).length === 0 ? [] : [{ kind: "metaData", metaData: metadata } as const]),
        ...(change.domains ?? []),
      ],
      reads: change.reads ?? READS_NOTHING,
      operation: change.operation,
      operationParameters: change.parameters,
      operationMetrics: {},
    });
  });
  return emptyResult();
}

/** COMMENT ON TABLE: the description in the table's metadata. */
export async function commentOnDeltaTable(session: Session, { log }: DeltaTarget, comment: string | null): Promise<StatementResult> {
  await rerunOnConflict(async () => {
    const snapshot = await log.latest();
    checkWrite(snapshot, "append");
    const { description: _, ...rest } = snapshot.metadata;
    const metaData: Metadata = comment === null ? rest : { ...rest, description: comment };
    await commitStatement(session, log, { snapshot, actions: [{ kind: "metaData", metaData }], reads: READS_NOTHING, operation: "SET TBLPROPERTIES", operationParameters: { properties: { comment } }, operationMetrics: {} });
  });
  return emptyResult();
}

/** What an ALTER TABLE comes to. */
export interface MetadataChange {
  readonly metadata: Partial<Metadata>;
  readonly fields?: readonly StructField[];
  /** Table features that are asked for by name. */
  readonly features?: readonly string[];
  /** Metadata domains with new contents. */
  readonly domains?: readonly Extract<Action, { kind: "domainMetadata" }>[];
  readonly operation: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly reads?: ReadScope;
}

async function changeOf(session: Session, { name }: DeltaTarget, snapshot: DeltaSnapshot, action: DeltaAction, options: RunOptions): Promise<MetadataChange | undefined> {
  const { configuration } = snapshot.metadata;
  const table = quoted(...name);
  switch (action.kind) {
    case "setProperties": {
      const { configuration: properties, features } = requestedProperties(propertiesOf(action.properties), table);
      return { metadata: { configuration: { ...configuration, ...properties } }, features, operation: "SET TBLPROPERTIES", parameters: { properties } };
    }
    case "unsetProperties":
      return { metadata: { configuration: Object.fromEntries(Object.entries(configuration).filter(([key]) => !action.keys.includes(key))) }, operation: "UNSET TBLPROPERTIES", parameters: { properties: action.keys, ifExists: action.ifExists } };
    case "addColumns":
      return addColumns(snapshot, action);
    case "alterColumn":
      return alterColumn(session, snapshot, table, action);
    case "addConstraint":
      return addConstraint(session, snapshot, action, options);
    case "dropConstraint": {
      const key = `delta.constraints.${action.name.toLowerCase()}`;
      if (configuration[key] === undefined) {
        if (action.ifExists) return undefined;
        throw new SparrowError("DELTA_CONSTRAINT_DOES_NOT_EXIST", "42704", `Cannot drop nonexistent constraint ${action.name} from table ${table}.`, { constraintName: action.name, tableName: table });
      }
      return { metadata: { configuration: Object.fromEntries(Object.entries(configuration).filter(([other]) => other !== key)) }, operation: "DROP CONSTRAINT", parameters: { name: action.name } };
    }
    case "renameColumn":
    case "dropColumns":
    case "replaceColumns":
      throw unsupportedOperation("RENAME, DROP and REPLACE COLUMNS (they need column mapping)", table);
    case "setLocation":
    case "addPartition":
    case "dropPartition":
    case "renamePartition":
    case "recoverPartitions":
      throw unsupportedOperation("SET LOCATION and partition commands", table);
    case "clusterBy":
      return clusterBy(snapshot, table, action.columns.map(partsOf));
    case "dropFeature":
      throw unsupportedOperation("DROP FEATURE", table);
    case "syncIdentity":
      return syncIdentity(session, snapshot, action.column, options);
  }
}

/** CLUSTER BY, also NONE: files are laid out so from the next OPTIMIZE on. */
function clusterBy(snapshot: DeltaSnapshot, table: string, names: readonly (readonly string[])[]): MetadataChange | undefined {
  const { metadata, fields, mapping } = snapshot;
  if (metadata.partitionColumns.length > 0) throw new SparrowError("DELTA_ALTER_TABLE_CLUSTER_BY_ON_PARTITIONED_TABLE_NOT_ALLOWED", "42000", `ALTER TABLE CLUSTER BY cannot be applied to the partitioned table ${table}.`, {});
  const before = clusteringFields(snapshot);
  if (before === undefined && names.length === 0) return undefined;
  const columns = clusteringColumnsOf(names, fields, metadata.configuration);
  const list = (clustered: readonly StructField[]): string => clustered.map(({ name }) => name).join(",");
  return { metadata: {}, features: ["clustering"], domains: [clusteringAction(columns, mapping)], operation: "CLUSTER BY", parameters: { oldClusteringColumns: list(before ?? []), newClusteringColumns: list(columns) } };
}

function addColumns({ fields, metadata }: DeltaSnapshot, action: Extract<AlterAction, { kind: "addColumns" }>): MetadataChange {
  const added = fieldsOf(action.columns);
  if (action.columns.some((column) => column.path.parts.length > 1 || column.position !== undefined)) throw unsupportedOperation("ADD COLUMNS of nested fields or at a position", metadata.id);
  if (action.columns.some((column) => column.generated !== undefined || column.identity !== undefined)) throw unsupportedOperation("ADD COLUMNS of generated and identity columns", metadata.id);
  for (const field of added) {
    if (fields.some((known) => known.name.toLowerCase() === field.name.toLowerCase())) throw new SparrowError("FIELD_ALREADY_EXISTS", "42710", `Cannot add column, because ${quoted(field.name)} already exists in the table's schema.`, { op: "add", fieldNames: quoted(field.name) });
    if (!field.nullable) throw new SparrowError("DELTA_ADD_COLUMN_NOT_NULL", "42K09", `NOT NULL is not supported when columns are added: ${quoted(field.name)}; the rows that are there have no value.`, { columnName: field.name });
    if (field.metadata?.CURRENT_DEFAULT !== undefined) throw new SparrowError("WRONG_COLUMN_DEFAULTS_FOR_DELTA_ALTER_TABLE_ADD_COLUMN_NOT_SUPPORTED", "0AKDC", "A column cannot be added with a DEFAULT in one step.", {});
  }
  const all = [...fields, ...added];
  return { metadata: { schemaString: schemaText(all) }, fields: all, operation: "ADD COLUMNS", parameters: { columns: added.map((column) => ({ column: { name: column.name } })) } };
}

/** A comment, a default, and NOT NULL taken away. */
function alterColumn(session: Session, snapshot: DeltaSnapshot, table: string, { column, type, comment, nullable, ...rest }: Extract<AlterAction, { kind: "alterColumn" }>): MetadataChange {
  const { fields } = snapshot;
  const wanted = column.parts.map((part) => part.name).join(".").toLowerCase();
  const field = fields.find((candidate) => candidate.name.toLowerCase() === wanted);
  if (field !== undefined && rest.default !== undefined) return alterDefault(session, snapshot, field, rest.default);
  if (field === undefined || (type !== undefined && !sameType(type, field.type)) || nullable === false || rest.position !== undefined) throw unsupportedOperation("ALTER COLUMN of anything but a comment or DROP NOT NULL of a top-level column", table);
  const changed: StructField = { ...field, nullable: nullable ?? field.nullable, ...(comment !== undefined && { metadata: { ...field.metadata, comment } }) };
  const all = fields.map((candidate) => (candidate === field ? changed : candidate));
  return { metadata: { schemaString: schemaText(all) }, fields: all, operation: "CHANGE COLUMN", parameters: { column: { name: field.name } } };
}

/** A CHECK must hold for the rows that are there, so they are looked at, and rows that come meanwhile are a conflict. */
async function addConstraint(session: Session, snapshot: DeltaSnapshot, { name, check }: Extract<AlterAction, { kind: "addConstraint" }>, options: RunOptions): Promise<MetadataChange> {
  const { configuration } = snapshot.metadata;
  const key = `delta.constraints.${name.toLowerCase()}`;
  if (configuration[key] !== undefined) throw new SparrowError("DELTA_CONSTRAINT_ALREADY_EXISTS", "42710", `Constraint '${name}' already exists. Delete it first: its expression is ${configuration[key]}.`, { constraintName: name, oldConstraint: configuration[key] });
  const { span } = check.expr;
  const violated = { kind: "unary", operator: "not", operand: { kind: "isBoolean", operand: check.expr, value: true, negated: false, span }, span } as const;
  const counts = await matchingRows(session, await targetFiles(session, snapshot), violated, "target", options);
  const rows = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (rows > 0) throw new SparrowError("DELTA_NEW_CHECK_CONSTRAINT_VIOLATION", "23512", `${rows} rows violate the new CHECK constraint (${check.text}).`, { numRows: String(rows), checkConstraint: check.text }, { origin: "data", span });
  return { metadata: { configuration: { ...configuration, [key]: check.text } }, operation: "ADD CONSTRAINT", parameters: { name, expr: check.text }, reads: READS_TABLE };
}

/** The action that gives the table's protocol what the changed metadata needs; none where it has that already. */
function protocolChange({ protocol }: DeltaSnapshot, metadata: Metadata, fields: readonly StructField[], features: readonly string[] = []): Action[] {
  const upgraded = upgradedProtocol(protocol, { fields, configuration: metadata.configuration }, features);
  return upgraded === protocol ? [] : [{ kind: "protocol", protocol: upgraded }];
}
