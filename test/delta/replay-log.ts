import { existsSync, readdirSync, readFileSync } from "node:fs";

/** A file that the log says is live. */
export interface LiveFile {
  readonly path: string;
  readonly partitionValues: Readonly<Record<string, string | null>>;
  readonly size: number;
  readonly stats: { readonly numRecords: number; readonly minValues: Readonly<Record<string, unknown>>; readonly maxValues: Readonly<Record<string, unknown>>; readonly nullCount: Readonly<Record<string, number>> };
}

export interface ReplayedTable {
  readonly version: number;
  readonly files: readonly LiveFile[];
  readonly metadata: { readonly partitionColumns: readonly string[]; readonly schema: { readonly fields: readonly { readonly name: string; readonly type: unknown }[] }; readonly configuration: Readonly<Record<string, string>> };
  /** `commitInfo` by version. */
  readonly history: readonly Readonly<Record<string, unknown>>[];
}

/**
 * Reads the commits of a Delta table by the protocol alone, from version 0. It shares no code with the project, so that what is written is checked by another
 * reader; what it does not expect of a writer of plain tables it refuses.
 */
export function replayLog(location: string, upTo = Infinity): ReplayedTable {
  const folder = `${location}/_delta_log`;
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /^\d{20}\.json$/.test(name)).sort() : [];
  const files = new Map<string, LiveFile>();
  const history: Record<string, unknown>[] = [];
  let metadata: ReplayedTable["metadata"] | undefined;
  let protocol: unknown;
  names.forEach((name, version) => {
    if (Number(name.slice(0, 20)) !== version) throw new Error(`commit ${version} is missing`);
    if (version > upTo) return;
    const touched = new Set<string>();
    for (const line of readFileSync(`${folder}/${name}`, "utf8").split("\n").filter((text) => text !== "")) {
      const action = JSON.parse(line) as Record<string, Record<string, unknown>>;
      if (Object.keys(action).length !== 1) throw new Error(`a line of commit ${version} has not one action: ${line}`);
      if (action.protocol) protocol = action.protocol;
      if (action.metaData) metadata = { ...(action.metaData as unknown as ReplayedTable["metadata"]), schema: JSON.parse(action.metaData.schemaString as string) };
      if (action.commitInfo) history[version] = action.commitInfo;
      for (const [kind, file] of Object.entries(action)) {
        if (kind !== "add" && kind !== "remove") continue;
        const key = `${kind} ${String(file.path)}`;
        if (touched.has(key)) throw new Error(`commit ${version} has two actions: ${key}`);
        touched.add(key);
        const path = decodeURIComponent(file.path as string);
        if (file.deletionVector !== undefined) throw new Error("no deletion vectors were asked for");
        if (kind === "add") files.set(path, { path: `${location}/${path}`, partitionValues: file.partitionValues as LiveFile["partitionValues"], size: file.size as number, stats: JSON.parse(file.stats as string) as LiveFile["stats"] });
        else if (!files.delete(path)) throw new Error(`commit ${version} removes ${path}, which is not live`);
      }
    }
  });
  if (metadata === undefined || protocol === undefined) throw new Error(`${location} has no metadata or no protocol`);
  return { version: Math.min(names.length - 1, upTo), files: [...files.values()], metadata, history };
}

/** SQL for DuckDB that gives the table's columns from its data files; partition values come from the log. */
export function duckdbScan({ files, metadata }: ReplayedTable): string {
  const columns = metadata.schema.fields;
  if (files.length === 0) return `SELECT ${columns.map(({ name }) => `NULL AS "${name}"`).join(", ")} WHERE FALSE`;
  const partition = new Set(metadata.partitionColumns);
  return files
    .map(({ path, partitionValues }) => {
      const list = columns.map(({ name, type }) => {
        if (!partition.has(name)) return `"${name}"`;
        const text = partitionValues[name];
        return `CAST(${text === null ? "NULL" : `'${text.replaceAll("'", "''")}'`} AS ${DUCKDB_TYPES[String(type)]}) AS "${name}"`;
      });
      return `SELECT ${list.join(", ")} FROM read_parquet('${path.replaceAll("'", "''").replaceAll(/[*?[]/g, "[$&]")}', hive_partitioning = false)`;
    })
    .join(" UNION ALL ");
}

const DUCKDB_TYPES: Readonly<Record<string, string>> = { integer: "INTEGER", long: "BIGINT", string: "VARCHAR", date: "DATE", timestamp: "TIMESTAMPTZ", boolean: "BOOLEAN", double: "DOUBLE", "decimal(10,2)": "DECIMAL(10,2)" };
