import { SparrowError } from "../../../catalog/errors.ts";
import { typeOf } from "../../../catalog/expression.ts";
import type { StructField } from "../../../catalog/types.ts";
import type { Action, Metadata } from "../../../delta/actions.ts";
import { checkFeedColumns } from "../../../delta/change-data-feed.ts";
import { clusteringAction, clusteringColumns, clusteringColumnsOf, columnName } from "../../../delta/clustering.ts";
import { checkModeChange, columnMappingMode, mapColumns, MAPPING_MODE } from "../../../delta/column-mapping.ts";
import { READS_NOTHING, READS_TABLE, type ReadScope } from "../../../delta/conflicts.ts";
import { checkStatisticsColumns, type LeafColumn } from "../../../delta/indexed-columns.ts";
import { tracksRows, withRowTrackingColumns } from "../../../delta/row-tracking.ts";
import { schemaText } from "../../../delta/schema-json.ts";
import type { DeltaSnapshot } from "../../../delta/snapshot.ts";
import { upgradedProtocol } from "../../../delta/table-features.ts";
import { checkWrite } from "../../../delta/write-requirements.ts";
import type { AlterAction, SourceText } from "../../../parser/ast.ts";
import { analyzeExpression } from "../../../planner/analyzer/standalone-expressions.ts";
import { commitStatement, rerunOnConflict } from "../../delta/commit-statement.ts";
import type { DeltaTarget } from "../../delta/delta-target.ts";
import { matchingRows, targetFiles } from "../../delta/row-changes.ts";
import { requestedProperties } from "../../delta/table-properties.ts";
import { partsOf, quoted, unsupportedOperation } from "../../object-names.ts";
import { analysisContext, type RunOptions } from "../../run-query.ts";
import type { Session } from "../../session.ts";
import { emptyResult, type StatementResult } from "../../statement-result.ts";
import { ResolvedTables } from "../../table-resolution.ts";
import { propertiesOf } from "../create-view.ts";
import { syncIdentity } from "./alter-column-values.ts";
import { addColumns, alterColumn, dropColumns, renameColumn, replaceColumns } from "./alter-columns.ts";

type DeltaAction = Exclude<AlterAction, { kind: "rename" }>;

/** ALTER TABLE of a Delta table, as far as it changes its metadata alone. */
export async function alterDeltaTable(session: Session, target: DeltaTarget, action: DeltaAction, options: RunOptions): Promise<StatementResult> {
  if (action.kind === "dropFeature") return (await import("./drop-feature.ts")).dropFeature(session, target, action, options);
  const unmapped = unmappedProperties(target, action);
  if (unmapped !== undefined && (await target.log.latest()).mapping !== "none") {
    await (await import("./remove-column-mapping.ts")).removeColumnMapping(session, target, unmapped, options);
    return emptyResult();
  }
  await rerunOnConflict(async () => {
    const snapshot = await target.log.latest();
    checkWrite(snapshot, "append");
    const change = await changeOf(session, target, snapshot, action, options);
    if (change === undefined) return;
    const changed: Metadata = { ...snapshot.metadata, ...change.metadata };
    const metadata: Metadata = { ...changed, configuration: withRowTrackingColumns(changed.configuration) };
    const unnumbered = filesToNumber(snapshot, metadata);
    checkFeedColumns(change.fields ?? snapshot.fields, metadata.configuration);
    checkStatisticsColumns(change.fields ?? snapshot.fields, metadata);
    await commitStatement(session, target.log, {
      snapshot,
      actions: [
        ...protocolChange(snapshot, metadata, change.metadata.schemaString === undefined ? snapshot.fields : (change.fields ?? snapshot.fields), change.features),
        ...(Object.keys(change.metadata).length === 0 ? [] : [{ kind: "metaData", metaData: metadata } as const]),
        ...(change.domains ?? []),
        ...unnumbered,
      ],
      reads: change.reads ?? (unnumbered.length > 0 ? READS_TABLE : READS_NOTHING),
      operation: change.operation,
      operationParameters: change.parameters,
      operationMetrics: {},
    });
  });
  return emptyResult();
}

/** What makes of a table's properties those that a statement wants, if it turns column mapping off. */
function unmappedProperties({ name }: DeltaTarget, action: DeltaAction): ((before: Metadata["configuration"]) => Metadata["configuration"]) | undefined {
  if (action.kind === "unsetProperties") return action.keys.includes(MAPPING_MODE) ? (before) => withoutKeys(before, action.keys) : undefined;
  if (action.kind !== "setProperties") return undefined;
  const { configuration } = requestedProperties(propertiesOf(action.properties), quoted(...name));
  return configuration[MAPPING_MODE]?.toLowerCase() === "none" ? (before) => ({ ...before, ...configuration }) : undefined;
}

function withoutKeys(configuration: Metadata["configuration"], keys: readonly string[]): Metadata["configuration"] {
  return Object.fromEntries(Object.entries(configuration).filter(([key]) => !keys.includes(key)));
}

/** The files that are to get row ids when a table begins to track rows: they are added again, as they are. */
function filesToNumber({ files, metadata: before }: DeltaSnapshot, metadata: Metadata): Action[] {
  if (!tracksRows(metadata) || tracksRows(before)) return [];
  return [...files.values()].filter((add) => add.baseRowId === undefined).map((add) => ({ kind: "add", add: { ...add, dataChange: false } }));
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

async function changeOf(session: Session, { name }: DeltaTarget, snapshot: DeltaSnapshot, action: Exclude<DeltaAction, { kind: "dropFeature" }>, options: RunOptions): Promise<MetadataChange | undefined> {
  const { configuration } = snapshot.metadata;
  const table = quoted(...name);
  switch (action.kind) {
    case "setProperties": {
      const { configuration: properties, features } = requestedProperties(propertiesOf(action.properties), table);
      return { ...withProperties(snapshot, { ...configuration, ...properties }), features, operation: "SET TBLPROPERTIES", parameters: { properties } };
    }
    case "unsetProperties":
      return { ...withProperties(snapshot, withoutKeys(configuration, action.keys)), operation: "UNSET TBLPROPERTIES", parameters: { properties: action.keys, ifExists: action.ifExists } };
    case "addColumns":
      return addColumns(snapshot, action);
    case "alterColumn":
      return alterColumn(session, table, snapshot, action, options);
    case "renameColumn":
      return renameColumn(snapshot, action);
    case "dropColumns":
      return dropColumns(snapshot, action);
    case "replaceColumns":
      return replaceColumns(snapshot, action);
    case "addConstraint":
      return addConstraint(session, snapshot, action, options);
    case "dropConstraint": {
      const key = `delta.constraints.${action.name.toLowerCase()}`;
      if (configuration[key] === undefined) {
        if (action.ifExists) return undefined;
        throw new SparrowError("DELTA_CONSTRAINT_DOES_NOT_EXIST", "42704", `Cannot drop nonexistent constraint ${action.name} from table ${table}.`, { constraintName: action.name, tableName: table });
      }
      return { metadata: { configuration: withoutKeys(configuration, [key]) }, operation: "DROP CONSTRAINT", parameters: { name: action.name } };
    }
    case "setLocation":
      throw unsupportedOperation("SET LOCATION", table);
    case "addPartition":
    case "dropPartition":
    case "renamePartition":
      throw new SparrowError("INVALID_PARTITION_OPERATION.PARTITION_MANAGEMENT_IS_UNSUPPORTED", "42601", `The partition command is invalid: the table ${table} does not support partition management.`, { name: table });
    case "recoverPartitions":
      throw new SparrowError("NOT_SUPPORTED_COMMAND_FOR_V2_TABLE", "0A000", `MSCK REPAIR TABLE is not supported for Delta tables, and ${table} is one: their logs name their files.`, { cmd: "MSCK REPAIR TABLE" });
    case "clusterBy":
      return clusterBy(snapshot, table, action.columns.map(partsOf));
    case "syncIdentity":
      return syncIdentity(session, snapshot, action.column, options);
  }
}

/** CLUSTER BY, also NONE: files are laid out so from the next OPTIMIZE on. */
function clusterBy(snapshot: DeltaSnapshot, table: string, names: readonly (readonly string[])[]): MetadataChange | undefined {
  const { metadata, fields } = snapshot;
  if (metadata.partitionColumns.length > 0) throw new SparrowError("DELTA_ALTER_TABLE_CLUSTER_BY_ON_PARTITIONED_TABLE_NOT_ALLOWED", "42000", `ALTER TABLE CLUSTER BY cannot be applied to the partitioned table ${table}.`, {});
  const before = clusteringColumns(snapshot);
  if (before === undefined && names.length === 0) return undefined;
  const columns = clusteringColumnsOf(names, fields, metadata.configuration);
  const list = (clustered: readonly LeafColumn[]): string => clustered.map(columnName).join(",");
  return { metadata: {}, features: ["clustering"], domains: [clusteringAction(columns)], operation: "CLUSTER BY", parameters: { oldClusteringColumns: list(before ?? []), newClusteringColumns: list(columns) } };
}

/** Columns get their names in files when they begin to be mapped. Raises DELTA_UNSUPPORTED_COLUMN_MAPPING_MODE_CHANGE. */
function withProperties(snapshot: DeltaSnapshot, configuration: Metadata["configuration"]): Pick<MetadataChange, "metadata" | "fields"> {
  const mode = columnMappingMode({ configuration });
  checkModeChange(snapshot.mapping, mode);
  if (mode === snapshot.mapping) return { metadata: { configuration } };
  const mapped = mapColumns({ fields: snapshot.fields, configuration }, "own");
  return { metadata: { configuration: mapped.configuration, schemaString: schemaText(mapped.fields) }, fields: mapped.fields };
}

/** A CHECK must hold for the rows that are there, so they are looked at, and rows that come meanwhile are a conflict. */
async function addConstraint(session: Session, snapshot: DeltaSnapshot, { name, check }: Extract<AlterAction, { kind: "addConstraint" }>, options: RunOptions): Promise<MetadataChange> {
  const { configuration } = snapshot.metadata;
  const key = `delta.constraints.${name.toLowerCase()}`;
  if (configuration[key] !== undefined) throw new SparrowError("DELTA_CONSTRAINT_ALREADY_EXISTS", "42710", `Constraint '${name}' already exists. Delete it first: its expression is ${configuration[key]}.`, { constraintName: name, oldConstraint: configuration[key] });
  requireBoolean(session, snapshot, name, check);
  const { span } = check.expr;
  const violated = { kind: "unary", operator: "not", operand: { kind: "isBoolean", operand: check.expr, value: true, negated: false, span }, span } as const;
  const counts = await matchingRows(session, await targetFiles(session, snapshot), violated, "target", options);
  const rows = [...counts.values()].reduce((sum, count) => sum + count, 0);
  if (rows > 0) throw new SparrowError("DELTA_NEW_CHECK_CONSTRAINT_VIOLATION", "23512", `${rows} rows violate the new CHECK constraint (${check.text}).`, { numRows: String(rows), checkConstraint: check.text }, { origin: "data", span });
  return { metadata: { configuration: { ...configuration, [key]: check.text } }, operation: "ADD CONSTRAINT", parameters: { name, expr: check.text }, reads: READS_TABLE };
}

/** Raises DELTA_NON_BOOLEAN_CHECK_CONSTRAINT. */
function requireBoolean(session: Session, { columns }: DeltaSnapshot, name: string, { expr, text }: SourceText): void {
  const context = analysisContext(session, new ResolvedTables(), {});
  const type = typeOf(analyzeExpression(expr, columns.map((field) => ({ ...field, id: context.nextId() })), context));
  if (type.kind !== "boolean" && type.kind !== "null") throw new SparrowError("DELTA_NON_BOOLEAN_CHECK_CONSTRAINT", "42621", `CHECK constraint '${name}' (${text}) should be a boolean expression.`, { name, expr: text });
}

/** The action that gives the table's protocol what the changed metadata needs; none where it has that already. */
function protocolChange({ protocol }: DeltaSnapshot, metadata: Metadata, fields: readonly StructField[], features: readonly string[] = []): Action[] {
  const upgraded = upgradedProtocol(protocol, { fields, configuration: metadata.configuration }, features);
  return upgraded === protocol ? [] : [{ kind: "protocol", protocol: upgraded }];
}
