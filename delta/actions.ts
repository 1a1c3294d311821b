import { asInteger, encodeExactJson, type ExactJson, parseExactJson } from "./exact-json.ts";

/** The actions of a Delta log, under the protocol's names. Versions are bigint, sizes and times numbers (both stay far below 2^53). */

export interface Protocol {
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
  /** Present iff the reader version is 3. */
  readonly readerFeatures?: readonly string[];
  /** Present iff the writer version is 7. */
  readonly writerFeatures?: readonly string[];
}

export interface Metadata {
  readonly id: string;
  readonly name?: string;
  readonly description?: string;
  readonly format: { readonly provider: string; readonly options: Readonly<Record<string, string>> };
  /** JSON of the table's struct type; absent for a table without columns. */
  readonly schemaString?: string;
  readonly partitionColumns: readonly string[];
  readonly configuration: Readonly<Record<string, string>>;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly createdTime?: number;
}

export type PartitionTexts = Readonly<Record<string, string | null>>;

export interface DeletionVectorDescriptor {
  /** `u`: a file by UUID, `p`: a file by path, `i`: the bytes themselves. */
  readonly storageType: string;
  readonly pathOrInlineDv: string;
  readonly offset?: number;
  readonly sizeInBytes: number;
  readonly cardinality: number;
}

export interface AddFile {
  /** URI-encoded, relative to the table or absolute. */
  readonly path: string;
  /** By physical column name. */
  readonly partitionValues: PartitionTexts;
  readonly size: number;
  readonly modificationTime: number;
  readonly dataChange: boolean;
  /** JSON text. */
  readonly stats?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly deletionVector?: DeletionVectorDescriptor;
  readonly baseRowId?: bigint;
  readonly defaultRowCommitVersion?: bigint;
  readonly clusteringProvider?: string;
}

export interface RemoveFile {
  readonly path: string;
  /** Milliseconds; absent counts as 0. */
  readonly deletionTimestamp?: number;
  readonly dataChange: boolean;
  readonly extendedFileMetadata?: boolean;
  readonly partitionValues?: PartitionTexts;
  readonly size?: number;
  readonly stats?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly deletionVector?: DeletionVectorDescriptor;
  readonly baseRowId?: bigint;
  readonly defaultRowCommitVersion?: bigint;
}

/** A file of changed rows (`cdc`): no part of the table, and in no checkpoint. */
export interface ChangeFile {
  readonly path: string;
  /** By physical column name. */
  readonly partitionValues: PartitionTexts;
  readonly size: number;
  readonly dataChange: false;
}

export interface SetTransaction {
  readonly appId: string;
  readonly version: bigint;
  readonly lastUpdated?: number;
}

export interface DomainMetadata {
  readonly domain: string;
  readonly configuration: string;
  readonly removed: boolean;
}

/** Free JSON; what Spark writes into it. */
export interface CommitInfo {
  readonly timestamp?: number;
  readonly inCommitTimestamp?: number;
  readonly operation?: string;
  readonly operationParameters?: Readonly<Record<string, unknown>>;
  readonly readVersion?: number;
  readonly isolationLevel?: string;
  readonly isBlindAppend?: boolean;
  readonly operationMetrics?: Readonly<Record<string, string>>;
  readonly userMetadata?: string;
  readonly engineInfo?: string;
  readonly txnId?: string;
  readonly userId?: string;
  readonly userName?: string;
  readonly clusterId?: string;
}

export interface Sidecar {
  /** File name in `_delta_log/_sidecars`. */
  readonly path: string;
}

export type Action =
  | { readonly kind: "protocol"; readonly protocol: Protocol }
  | { readonly kind: "metaData"; readonly metaData: Metadata }
  | { readonly kind: "add"; readonly add: AddFile }
  | { readonly kind: "remove"; readonly remove: RemoveFile }
  | { readonly kind: "txn"; readonly txn: SetTransaction }
  | { readonly kind: "domainMetadata"; readonly domainMetadata: DomainMetadata }
  | { readonly kind: "commitInfo"; readonly commitInfo: CommitInfo }
  | { readonly kind: "cdc"; readonly cdc: ChangeFile }
  | { readonly kind: "sidecar"; readonly sidecar: Sidecar };

type JsonObject = { readonly [key: string]: ExactJson };

/** The action that a line of a log holds; undefined for kinds that are not known, which are to be skipped. Raises SyntaxError, TypeError for what is no action. */
export function parseAction(line: string): Action | undefined {
  const json = parseExactJson(line);
  if (!isObject(json)) throw new TypeError("a line is not a JSON object");
  for (const kind of Object.keys(json)) {
    const body = json[kind];
    if (!isObject(body)) continue;
    const action = actionOf(kind, body);
    if (action !== undefined) return action;
  }
  return undefined;
}

/** The action of a kind from its fields, as JSON or as a checkpoint's row gives them. Fields that are null count as absent. */
export function actionOf(kind: string, body: JsonObject): Action | undefined {
  const fields = withoutNulls(body);
  switch (kind) {
    case "protocol":
      return { kind, protocol: { ...(fields as unknown as Protocol), minReaderVersion: Number(fields.minReaderVersion), minWriterVersion: Number(fields.minWriterVersion) } };
    case "metaData":
      return { kind, metaData: metadataOf(fields) };
    case "add":
      return { kind, add: { ...(fields as unknown as AddFile), path: requireText(fields, "path"), partitionValues: partitionTexts(fields.partitionValues) ?? {}, size: Number(fields.size ?? 0), modificationTime: Number(fields.modificationTime ?? 0), dataChange: fields.dataChange !== false, ...fileFields(fields) } };
    case "remove":
      return { kind, remove: { ...(fields as unknown as RemoveFile), path: requireText(fields, "path"), dataChange: fields.dataChange !== false, ...numberFields(fields, ["deletionTimestamp", "size"]), ...(fields.partitionValues === undefined ? {} : { partitionValues: partitionTexts(fields.partitionValues) }), ...fileFields(fields) } };
    case "txn":
      return { kind, txn: { appId: requireText(fields, "appId"), version: asInteger(fields.version) ?? 0n, ...numberFields(fields, ["lastUpdated"]) } };
    case "domainMetadata":
      return { kind, domainMetadata: { domain: requireText(fields, "domain"), configuration: String(fields.configuration ?? ""), removed: fields.removed === true } };
    case "commitInfo":
      return { kind, commitInfo: { ...(fields as unknown as CommitInfo), ...numberFields(fields, ["timestamp", "inCommitTimestamp", "readVersion"]) } };
    case "cdc":
      return { kind, cdc: { ...fields, path: requireText(fields, "path"), partitionValues: partitionTexts(fields.partitionValues) ?? {}, size: Number(fields.size ?? 0), dataChange: false } };
    case "sidecar":
      return { kind, sidecar: { path: requireText(fields, "path") } };
  }
  return undefined;
}

function isObject(json: ExactJson | undefined): json is JsonObject {
  return json !== null && typeof json === "object" && !Array.isArray(json);
}

function withoutNulls(body: JsonObject): Record<string, ExactJson> {
  const fields: Record<string, ExactJson> = {};
  for (const name in body) if (body[name] !== null) fields[name] = body[name];
  return fields;
}

function requireText(fields: Record<string, ExactJson>, name: string): string {
  const value = fields[name];
  if (typeof value !== "string") throw new TypeError(`an action has no ${name}`);
  return value;
}

function numberFields(fields: Record<string, ExactJson>, names: readonly string[]): Record<string, number> {
  const numbers: Record<string, number> = {};
  for (const name of names) if (fields[name] !== undefined) numbers[name] = Number(fields[name]);
  return numbers;
}

/** Fields that added and removed files have in common and that need a conversion. */
function fileFields(fields: Record<string, ExactJson>): Pick<AddFile, "deletionVector" | "baseRowId" | "defaultRowCommitVersion"> {
  const baseRowId = asInteger(fields.baseRowId);
  const defaultRowCommitVersion = asInteger(fields.defaultRowCommitVersion);
  return {
    ...(isObject(fields.deletionVector) && { deletionVector: descriptorOf(withoutNulls(fields.deletionVector)) }),
    ...(baseRowId !== undefined && { baseRowId }),
    ...(defaultRowCommitVersion !== undefined && { defaultRowCommitVersion }),
  };
}

function descriptorOf(fields: Record<string, ExactJson>): DeletionVectorDescriptor {
  return {
    storageType: requireText(fields, "storageType"),
    pathOrInlineDv: requireText(fields, "pathOrInlineDv"),
    ...numberFields(fields, ["offset"]),
    sizeInBytes: Number(fields.sizeInBytes),
    cardinality: Number(fields.cardinality),
  };
}

function partitionTexts(json: ExactJson | undefined): PartitionTexts | undefined {
  return isObject(json) ? (json as PartitionTexts) : undefined;
}

function metadataOf(fields: Record<string, ExactJson>): Metadata {
  const format = isObject(fields.format) ? fields.format : {};
  return {
    ...(fields as unknown as Metadata),
    id: String(fields.id ?? ""),
    format: { provider: typeof format.provider === "string" ? format.provider : "parquet", options: (format.options ?? {}) as Record<string, string> },
    partitionColumns: (fields.partitionColumns ?? []) as string[],
    configuration: (fields.configuration ?? {}) as Record<string, string>,
    ...numberFields(fields, ["createdTime"]),
  };
}

/** What an action says, without its kind. */
export function actionBody(action: Action): object {
  return (action as unknown as Readonly<Record<string, object>>)[action.kind];
}

/** One line of a commit; absent fields are left out. */
export function encodeAction(action: Exclude<Action, { kind: "sidecar" }>): string {
  return encodeExactJson({ [action.kind]: actionBody(action) });
}

export function parseActions(bytes: Uint8Array): Action[] {
  const actions: Action[] = [];
  for (const line of new TextDecoder().decode(bytes).split("\n")) {
    if (line.trim() === "") continue;
    const action = parseAction(line);
    if (action !== undefined) actions.push(action);
  }
  return actions;
}
