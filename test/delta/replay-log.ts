import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { type DeletedRows, readDeletedRows } from "./replay-deletion-vector.ts";

/**
 * Reads Delta tables by the protocol alone. Nothing of the project is imported here, so that what it writes is checked by another reader. Only commits are read,
 * from version 0; what the protocol forbids a writer is an error, whether a reader could do with it or not.
 */

/** A type of Spark's schema JSON. */
export type SchemaType =
  | string
  | { readonly type: "struct"; readonly fields: readonly SchemaField[] }
  | { readonly type: "array"; readonly elementType: SchemaType }
  | { readonly type: "map"; readonly keyType: SchemaType; readonly valueType: SchemaType };

export interface SchemaField {
  readonly name: string;
  readonly type: SchemaType;
  readonly nullable: boolean;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A file that the log says is live. */
export interface LiveFile {
  readonly path: string;
  readonly partitionValues: Readonly<Record<string, string | null>>;
  readonly size: number;
  /** Empty where the log says nothing. */
  readonly stats: FileStatistics;
  /** Undefined when no row is deleted. */
  readonly deletionVector: DeletionVector | undefined;
}

export interface FileStatistics {
  readonly numRecords?: number;
  readonly minValues?: Readonly<Record<string, unknown>>;
  readonly maxValues?: Readonly<Record<string, unknown>>;
  readonly nullCount?: Readonly<Record<string, unknown>>;
  readonly tightBounds?: boolean;
}

export interface DeletionVector {
  readonly storageType: string;
  readonly pathOrInlineDv: string;
  readonly offset?: number;
  readonly sizeInBytes: number;
  readonly cardinality: number;
}

export interface Protocol {
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
  readonly readerFeatures?: readonly string[];
  readonly writerFeatures?: readonly string[];
}

export interface ReplayedTable {
  readonly location: string;
  readonly version: number;
  readonly files: readonly LiveFile[];
  readonly metadata: { readonly partitionColumns: readonly string[]; readonly schema: { readonly fields: readonly SchemaField[] }; readonly configuration: Readonly<Record<string, string>> };
  readonly protocol: Protocol;
  /** `commitInfo` by version. */
  readonly history: readonly Readonly<Record<string, unknown>>[];
}

type Body = Readonly<Record<string, unknown>>;

/** The table as of a version, the latest when it has fewer. Raises for a log that a writer must not write. */
export function replayLog(location: string, upTo = Infinity): ReplayedTable {
  const folder = `${location}/_delta_log`;
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /^\d{20}\.json$/.test(name)).sort() : [];
  const files = new Map<string, LiveFile>();
  const history: Body[] = [];
  let metadata: ReplayedTable["metadata"] | undefined;
  let protocol: Protocol | undefined;
  names.forEach((name, version) => {
    if (Number(name.slice(0, 20)) !== version) throw new Error(`commit ${version} is missing`);
    if (version > upTo) return;
    const actions = readFileSync(`${folder}/${name}`, "utf8").split("\n").filter((text) => text !== "").map((line) => oneAction(line, version));
    for (const { kind, body } of actions) {
      if (kind === "protocol") protocol = checkedProtocol(body as unknown as Protocol);
      if (kind === "metaData") metadata = { ...(body as unknown as ReplayedTable["metadata"]), schema: JSON.parse(body.schemaString as string) };
      if (kind === "commitInfo") history[version] = body;
    }
    if (metadata === undefined || protocol === undefined) throw new Error(`commit ${version} has no metadata or no protocol before it`);
    rejectTwice(actions, version);
    if (isOn(metadata.configuration, "delta.enableInCommitTimestamps") && (actions[0].kind !== "commitInfo" || !Number.isSafeInteger(actions[0].body.inCommitTimestamp))) throw new Error(`commit ${version} does not begin with its time`);
    const removed = actions.filter(({ kind }) => kind === "remove").map(({ body }) => body);
    for (const body of removed) {
      const path = absolutePath(location, body.path as string);
      const live = files.get(path);
      if (live === undefined || vectorId(live.deletionVector) !== vectorId(body.deletionVector as DeletionVector | undefined)) throw new Error(`commit ${version} removes ${path}, which is not live so`);
      files.delete(path);
    }
    for (const { kind, body } of actions) if (kind === "add") addFile(files, body, { location, metadata, protocol, version });
  });
  if (metadata === undefined || protocol === undefined) throw new Error(`${location} has no metadata or no protocol`);
  return { location, version: Math.min(names.length - 1, upTo), files: [...files.values()], metadata, protocol, history };
}

function oneAction(line: string, version: number): { readonly kind: string; readonly body: Body } {
  const entries = Object.entries(JSON.parse(line) as Record<string, Body>);
  if (entries.length !== 1) throw new Error(`a line of commit ${version} has not one action: ${line}`);
  const [[kind, body]] = entries;
  const nulls = Object.entries(body).filter(([, value]) => value === null);
  if (kind !== "commitInfo" && nulls.length > 0) throw new Error(`commit ${version} writes ${nulls[0][0]} of ${kind} as null`);
  return { kind, body };
}

/** Within one commit no two actions may be about the same thing: it would be open which comes first. */
function rejectTwice(actions: readonly { readonly kind: string; readonly body: Body }[], version: number): void {
  const seen = new Set<string>();
  for (const { kind, body } of actions) {
    const key = kind === "add" || kind === "remove" ? `${kind} ${String(body.path)}` : kind === "txn" ? `txn ${String(body.appId)}` : kind === "domainMetadata" ? `domain ${String(body.domain)}` : kind;
    if (kind !== "cdc" && seen.has(key)) throw new Error(`commit ${version} has two actions: ${key}`);
    seen.add(key);
  }
}

function checkedProtocol(protocol: Protocol): Protocol {
  const { minReaderVersion, minWriterVersion, readerFeatures, writerFeatures } = protocol;
  if ((readerFeatures !== undefined) !== (minReaderVersion === 3) || (writerFeatures !== undefined) !== (minWriterVersion === 7)) throw new Error(`a protocol lists features that its versions do not have: ${JSON.stringify(protocol)}`);
  if (readerFeatures?.some((feature) => !writerFeatures?.includes(feature))) throw new Error(`a feature for reading is none for writing: ${JSON.stringify(protocol)}`);
  return protocol;
}

interface Commit {
  readonly location: string;
  readonly metadata: ReplayedTable["metadata"];
  readonly protocol: Protocol;
  readonly version: number;
}

function addFile(files: Map<string, LiveFile>, body: Body, { location, metadata, protocol, version }: Commit): void {
  const path = absolutePath(location, body.path as string);
  const deletionVector = body.deletionVector as DeletionVector | undefined;
  const live = files.get(path);
  if (live !== undefined && vectorId(live.deletionVector) !== vectorId(deletionVector)) throw new Error(`commit ${version} adds ${path}, which is live with another deletion vector`);
  if (deletionVector !== undefined && !protocol.readerFeatures?.includes("deletionVectors")) throw new Error(`commit ${version} has a deletion vector, and the protocol has none`);
  const partitions = metadata.schema.fields.filter(({ name }) => metadata.partitionColumns.includes(name)).map((field) => physicalName(field, metadata.configuration));
  const partitionValues = body.partitionValues as LiveFile["partitionValues"];
  if (JSON.stringify(Object.keys(partitionValues).sort()) !== JSON.stringify(partitions.sort())) throw new Error(`commit ${version}: ${path} has the partition values ${JSON.stringify(partitionValues)}`);
  files.set(path, { path, partitionValues, size: body.size as number, stats: JSON.parse((body.stats as string | undefined) ?? "{}") as FileStatistics, deletionVector });
}

/** What tells one deletion vector from another; empty for none. */
function vectorId(vector: DeletionVector | undefined): string {
  return vector === undefined ? "" : `${vector.storageType}${vector.pathOrInlineDv}${vector.offset === undefined ? "" : `@${vector.offset}`}`;
}

function absolutePath(location: string, path: string): string {
  const decoded = decodeURIComponent(path).replace(/^file:(?:\/\/)?(?=\/)/, "");
  return decoded.startsWith("/") ? decoded : `${location}/${decoded}`;
}

function isOn(configuration: Readonly<Record<string, string>>, property: string): boolean {
  return configuration[property]?.toLowerCase() === "true";
}

/** The name that a column has in data files, partition values and statistics. */
export function physicalName({ name, metadata }: SchemaField, configuration: Readonly<Record<string, string>>): string {
  const mode = configuration["delta.columnMapping.mode"] ?? "none";
  if (mode === "none") return name;
  const physical = metadata["delta.columnMapping.physicalName"];
  if (typeof physical !== "string") throw new Error(`the column ${name} has no physical name`);
  return physical;
}

/** Positions of the rows of a live file that are deleted. Raises for a vector that is not as the protocol has it. */
export function deletedRows(location: string, { deletionVector, stats, path }: LiveFile): DeletedRows {
  if (deletionVector === undefined) return new Set();
  const rows = readDeletedRows(location, deletionVector);
  if (stats.numRecords === undefined) throw new Error(`${path} has deleted rows, and the log does not say how many rows there are`);
  for (const row of rows) if (row >= stats.numRecords) throw new Error(`row ${row} of ${path} is deleted, and it has ${stats.numRecords}`);
  return rows;
}

/** Every live file is there, with the size that the log says. */
export function checkFiles({ files }: ReplayedTable): void {
  for (const { path, size } of files) if (statSync(path).size !== size) throw new Error(`${path} has ${statSync(path).size} bytes, and the log says ${size}`);
}
