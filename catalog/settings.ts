import { SparrowError } from "./errors.ts";

/**
 * What a setting takes, and how its text is read. Texts are kept as they were given, for they are what SET shows and what keys a plan cache.
 *
 * | kind | text | value |
 * |---|---|---|
 * | boolean | true, false | boolean |
 * | int | digits, within the range | number |
 * | double | a number, within the range | number |
 * | bytes | a number of bytes, or with k, m, g, t and an optional b (powers of 1024); -1 where it may be | bytes |
 * | duration | a number with us, ms, s, min, h, d; without one, seconds | milliseconds |
 * | choice | one of the options, in any case | the option |
 * | timeZone | an IANA zone or an offset like +02:00 | string |
 * | string | anything | string |
 */
export type SettingType =
  | { readonly kind: "boolean" }
  | { readonly kind: "int"; readonly min: number; readonly max: number }
  | { readonly kind: "double"; readonly min: number; readonly max: number }
  | { readonly kind: "bytes"; readonly min: number }
  | { readonly kind: "duration" }
  | { readonly kind: "choice"; readonly options: readonly string[] }
  | { readonly kind: "timeZone" }
  | { readonly kind: "string" };

export interface Setting {
  readonly name: string;
  readonly type: SettingType;
  /** Text; empty where the engine finds the value by itself (number of CPUs, size of the machine's memory). */
  readonly defaultText: string;
  readonly doc: string;
  /** Older names of Spark's that mean this setting. */
  readonly aliases?: readonly string[];
  /** Fixed when the engine opens: SET raises CANNOT_MODIFY_STATIC_CONFIG. */
  readonly fixed?: boolean;
}

const BOOLEAN_SETTING: SettingType = { kind: "boolean" };
const STRING_SETTING: SettingType = { kind: "string" };

function choice(...options: string[]): SettingType {
  return { kind: "choice", options };
}

/** Dialects that `sparrow.sql.dialect` takes. */
export const SQL_DIALECTS = ["spark", "postgresql", "mysql", "mariadb", "bigquery", "snowflake", "redshift", "sqlite", "transactsql", "trino", "athena", "db2", "flinksql", "hive", "noql"] as const;

/**
 * Every setting that is known by name, in order of names; those of Spark that mean nothing here say why. Other `spark.*` names are kept as texts and have no effect, as in Spark.
 */
export const SETTINGS: readonly Setting[] = [
  { name: "spark.databricks.delta.optimize.clustering.mergeStrategy.minCubeSize.targetCubeSize", type: { kind: "bytes", min: 1 }, defaultText: "150g", doc: "OPTIMIZE of a clustered table clusters so many bytes of files at a time." },
  { name: "spark.databricks.delta.optimize.clustering.mergeStrategy.minCubeSize.threshold", type: { kind: "bytes", min: 1 }, defaultText: "100g", doc: "Files that were clustered together and have so many bytes are not clustered again." },
  { name: "spark.databricks.delta.optimize.maxDeletedRowsRatio", type: { kind: "string" }, defaultText: "0.05", doc: "OPTIMIZE rewrites a file of which a greater part of the rows is deleted." },
  { name: "spark.databricks.delta.optimize.maxFileSize", type: { kind: "bytes", min: 1 }, defaultText: "1g", doc: "Bytes that OPTIMIZE aims at for a file." },
  { name: "spark.databricks.delta.optimize.minFileSize", type: { kind: "bytes", min: 1 }, defaultText: "1g", doc: "OPTIMIZE leaves files of so many bytes as they are." },
  { name: "spark.dynamicAllocation.enabled", type: BOOLEAN_SETTING, defaultText: "true", doc: "Worker threads that have nothing to do for long are ended; when false they stay.", fixed: true },
  { name: "spark.dynamicAllocation.executorIdleTimeout", type: { kind: "duration" }, defaultText: "60s", doc: "How long a worker thread has nothing to do before it is ended.", fixed: true },
  { name: "spark.dynamicAllocation.maxExecutors", type: { kind: "int", min: 1, max: 1024 }, defaultText: "", doc: "Worker threads at most; more than sparrow.workers lets several queries run side by side. By default as many as sparrow.workers.", fixed: true },
  { name: "spark.dynamicAllocation.minExecutors", type: { kind: "int", min: 0, max: 1024 }, defaultText: "0", doc: "Worker threads that stay, however long they have nothing to do.", fixed: true },
  { name: "spark.memory.storageFraction", type: { kind: "double", min: 0, max: 1 }, defaultText: "0.5", doc: "Part of the buffer pool that cached rows keep when queries need memory that they would else put rows to disk for; one that would fail gets more. Cached rows may take three quarters at most.", fixed: true },
  { name: "spark.speculation", type: BOOLEAN_SETTING, defaultText: "false", doc: "Work at which a worker thread is stuck, most of all in a slow read of a file, is done by another one too; the first to end counts." },
  { name: "spark.speculation.interval", type: { kind: "duration" }, defaultText: "100ms", doc: "How often one looks for threads that are stuck." },
  { name: "spark.speculation.minTaskRuntime", type: { kind: "duration" }, defaultText: "100ms", doc: "A piece of work takes at least so long before it is done by another thread too." },
  { name: "spark.speculation.multiplier", type: { kind: "double", min: 1, max: 1e9 }, defaultText: "3", doc: "A piece of work is late that takes so many times as long as its like." },
  { name: "spark.speculation.quantile", type: { kind: "double", min: 0, max: 1 }, defaultText: "0.9", doc: "Part of a stage's pieces of work that must be done before late ones are done by other threads too." },
  { name: "spark.sql.adaptive.advisoryPartitionSizeInBytes", type: { kind: "bytes", min: 1 }, defaultText: "64MB", doc: "Size that partitions of an exchange are brought to; `spark.sql.adaptive.shuffle.targetPostShuffleInputSize` of Spark before 3.0 means this one.", aliases: ["spark.sql.adaptive.shuffle.targetPostShuffleInputSize"] },
  { name: "spark.sql.adaptive.applyFinalStageShuffleOptimizations", type: BOOLEAN_SETTING, defaultText: "true", doc: "Has no effect: the last stage is planned again like any other." },
  { name: "spark.sql.adaptive.autoBroadcastJoinThreshold", type: { kind: "bytes", min: -1 }, defaultText: "", doc: "Measured size of a hash table up to which all workers share one, whatever was estimated; by default 16 MB, and no more than spark.sql.autoBroadcastJoinThreshold, which says it of tables with one integer key whose values lie close together. -1: none is shared." },
  { name: "spark.sql.adaptive.coalescePartitions.enabled", type: BOOLEAN_SETTING, defaultText: "true", doc: "Small partitions of an exchange are read together." },
  { name: "spark.sql.adaptive.coalescePartitions.initialPartitionNum", type: { kind: "int", min: 1, max: 4096 }, defaultText: "", doc: "Partitions of an exchange before they are read together; by default spark.sql.shuffle.partitions. `spark.sql.adaptive.maxNumPostShufflePartitions` of Spark before 3.0 means this one.", aliases: ["spark.sql.adaptive.maxNumPostShufflePartitions"] },
  { name: "spark.sql.adaptive.coalescePartitions.minPartitionNum", type: { kind: "int", min: 1, max: 4096 }, defaultText: "1", doc: "Partitions that are left at least where rows suffice; `spark.sql.adaptive.minNumPostShufflePartitions` of Spark before 3.0 means this one.", aliases: ["spark.sql.adaptive.minNumPostShufflePartitions"] },
  { name: "spark.sql.adaptive.coalescePartitions.minPartitionSize", type: { kind: "bytes", min: 1 }, defaultText: "1MB", doc: "Partitions of fewer bytes are read with another one." },
  { name: "spark.sql.adaptive.coalescePartitions.parallelismFirst", type: BOOLEAN_SETTING, defaultText: "true", doc: "Has no effect: all threads take part in reading each partition of a result, and partitions of a join become tasks enough for all of them." },
  { name: "spark.sql.adaptive.customCostEvaluatorClass", type: STRING_SETTING, defaultText: "", doc: "Has no effect: there is no class to be loaded; every rule decides by sizes of its own." },
  { name: "spark.sql.adaptive.enabled", type: BOOLEAN_SETTING, defaultText: "true", doc: "What has not run yet of a query is planned again from the rows and bytes that were measured." },
  { name: "spark.sql.adaptive.fetchShuffleBlocksInBatch", type: BOOLEAN_SETTING, defaultText: "true", doc: "Has no effect: rows of an exchange are read where they lie." },
  { name: "spark.sql.adaptive.forceApply", type: BOOLEAN_SETTING, defaultText: "false", doc: "Has no effect: plans of all kinds are looked at again." },
  { name: "spark.sql.adaptive.forceOptimizeSkewedJoin", type: BOOLEAN_SETTING, defaultText: "false", doc: "Has no effect: cutting a skewed partition never needs a further exchange." },
  { name: "spark.sql.adaptive.localShuffleReader.enabled", type: BOOLEAN_SETTING, defaultText: "true", doc: "Has no effect: an exchange whose partitions nobody sees is not made at all." },
  { name: "spark.sql.adaptive.logLevel", type: STRING_SETTING, defaultText: "debug", doc: "Has no effect: changes of plans are told as events, and by EXPLAIN ANALYZE." },
  { name: "spark.sql.adaptive.maxShuffledHashJoinLocalMapThreshold", type: { kind: "bytes", min: 0 }, defaultText: "0", doc: "Has no effect: equal keys are joined by hash tables whatever their size." },
  { name: "spark.sql.adaptive.nonEmptyPartitionRatioForBroadcastJoin", type: { kind: "double", min: 0, max: 1 }, defaultText: "0.2", doc: "Has no effect: whether workers share a hash table is decided by its bytes." },
  { name: "spark.sql.adaptive.optimizeSkewsInRebalancePartitions.enabled", type: BOOLEAN_SETTING, defaultText: "true", doc: "Partitions of REBALANCE that are larger than advised are cut." },
  { name: "spark.sql.adaptive.optimizer.excludedRules", type: STRING_SETTING, defaultText: "", doc: "Comma-separated names of rules that may not change a plan while it runs." },
  { name: "spark.sql.adaptive.rebalancePartitionsSmallPartitionFactor", type: { kind: "double", min: 0, max: 1 }, defaultText: "0.2", doc: "A piece of a partition that is smaller than this share of the wanted size goes to another one." },
  { name: "spark.sql.adaptive.skewJoin.enabled", type: BOOLEAN_SETTING, defaultText: "true", doc: "Partitions of a partitioned join that are much larger than the others are joined by several tasks." },
  { name: "spark.sql.adaptive.skewJoin.skewedPartitionFactor", type: { kind: "double", min: 1, max: Number.MAX_VALUE }, defaultText: "5.0", doc: "A partition of a join is skewed if it is so many times as large as the median one, ..." },
  { name: "spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes", type: { kind: "bytes", min: 0 }, defaultText: "4MB", doc: "... and has more bytes than this." },
  { name: "spark.sql.adaptive.streaming.stateless.enabled", type: BOOLEAN_SETTING, defaultText: "true", doc: "Has no effect: there are no streaming queries." },
  { name: "spark.sql.ansi.enabled", type: BOOLEAN_SETTING, defaultText: "true", doc: "Overflow, invalid casts and division by zero are errors; when false they give NULL or wrap, as in Hive." },
  { name: "spark.sql.autoBroadcastJoinThreshold", type: { kind: "bytes", min: -1 }, defaultText: "1g", doc: "Estimated size of a hash table up to which all workers share one; both sides of a join with a larger one are spread over partitions, each with a hash table of its own. -1: so are all." },
  { name: "spark.sql.crossJoin.enabled", type: BOOLEAN_SETTING, defaultText: "true", doc: "When false, a join without a condition is an error unless it is written CROSS JOIN." },
  { name: "spark.sql.cteRecursionLevelLimit", type: { kind: "int", min: -1, max: 2_147_483_647 }, defaultText: "100", doc: "Rounds that a recursive common table may have rows in, the first one counted, where MAX RECURSION LEVEL does not say it; -1: any number." },
  { name: "spark.sql.cteRecursionRowLimit", type: { kind: "int", min: -1, max: 2_147_483_647 }, defaultText: "1000000", doc: "A recursive common table must have fewer rows, unless LIMIT says how many are wanted; -1: any number." },
  { name: "spark.sql.groupByAliases", type: BOOLEAN_SETTING, defaultText: "true", doc: "GROUP BY may name columns of the select list." },
  { name: "spark.sql.groupByOrdinal", type: BOOLEAN_SETTING, defaultText: "true", doc: "GROUP BY 1 means the first column of the select list." },
  { name: "spark.sql.lateralColumnAlias.enableImplicitResolution", type: BOOLEAN_SETTING, defaultText: "true", doc: "A select item may name the items before it." },
  { name: "spark.sql.optimizer.dynamicPartitionPruning.enabled", type: BOOLEAN_SETTING, defaultText: "true", doc: "Partitions whose value no key of a complete hash table has are not read." },
  { name: "spark.sql.optimizer.excludedRules", type: STRING_SETTING, defaultText: "", doc: "Comma-separated names of optimizer rules to leave out; `all` leaves out every rule that is optional." },
  { name: "spark.sql.optimizer.runtime.bloomFilter.applicationSideScanSizeThreshold", type: { kind: "bytes", min: 0 }, defaultText: "4MB", doc: "Scans of fewer bytes in memory are not filtered by the hash table of a join further on." },
  { name: "spark.sql.optimizer.runtime.bloomFilter.creationSideThreshold", type: { kind: "bytes", min: 0 }, defaultText: "10MB", doc: "Hash tables of more bytes do not filter scans." },
  { name: "spark.sql.optimizer.runtime.bloomFilter.enabled", type: BOOLEAN_SETTING, defaultText: "true", doc: "Rows of a scan that a join further on drops are dropped as they are read." },
  { name: "spark.sql.orderByOrdinal", type: BOOLEAN_SETTING, defaultText: "true", doc: "ORDER BY 1 means the first column of the select list." },
  { name: "spark.sql.parquet.compression.codec", type: choice("none", "uncompressed", "snappy", "gzip", "brotli", "lz4", "lz4_raw", "zstd"), defaultText: "snappy", doc: "Compression of Parquet files that are written; a table's option `compression` comes before it." },
  { name: "spark.sql.readSideCharPadding", type: BOOLEAN_SETTING, defaultText: "true", doc: "Whether values of CHAR(n) columns are padded with blanks to n characters as they are read." },
  { name: "spark.sql.session.timeZone", type: { kind: "timeZone" }, defaultText: "", doc: "Zone in which timestamps are read and shown; by default the machine's." },
  { name: "spark.sql.shuffle.partitions", type: { kind: "int", min: 1, max: 4096 }, defaultText: "32", doc: "Partitions of an exchange that does not say how many." },
  { name: "spark.sql.sources.default", type: choice("delta", "parquet", "csv", "json", "arrow"), defaultText: "delta", doc: "Format of a table made without USING." },
  { name: "spark.sql.sources.partitionOverwriteMode", type: choice("static", "dynamic"), defaultText: "static", doc: "INSERT OVERWRITE of a partitioned table replaces all of it, or, when dynamic, the partitions that the new rows fall into." },
  { name: "spark.sql.storeAssignmentPolicy", type: choice("ansi", "legacy", "strict"), defaultText: "ANSI", doc: "Which casts an INSERT may put in." },
  { name: "spark.sql.timestampType", type: choice("timestamp_ltz", "timestamp_ntz"), defaultText: "TIMESTAMP_LTZ", doc: "What TIMESTAMP means in SQL text." },
  { name: "spark.sql.warehouse.dir", type: STRING_SETTING, defaultText: "sparrow-warehouse", doc: "Folder of the catalog and of tables made without a LOCATION; created when the first of them is.", fixed: true },
  { name: "spark.task.maxFailures", type: { kind: "int", min: 1, max: 1000 }, defaultText: "4", doc: "Attempts at work whose worker thread dies, before the query fails." },
  { name: "sparrow.adaptive.joinReorder.enabled", type: BOOLEAN_SETTING, defaultText: "true", doc: "Joins to come are made in another order where exact sizes of their hash tables say that it is less work." },
  { name: "sparrow.adaptive.minRows", type: { kind: "int", min: 0, max: Number.MAX_SAFE_INTEGER }, defaultText: "20000", doc: "While a query has fewer rows to read its plan stays as it is: looking at it again takes about as long as reading them." },
  { name: "sparrow.adaptive.partialAggregation.enabled", type: BOOLEAN_SETTING, defaultText: "true", doc: "Workers give up looking for the groups of rows for a while, where next to every row is a group of its own." },
  { name: "sparrow.adaptive.rangeFilter.enabled", type: BOOLEAN_SETTING, defaultText: "true", doc: "Files and row groups whose statistics exclude all keys of a complete hash table are not read." },
  { name: "sparrow.delta.rewrite.minFileSize", type: { kind: "bytes", min: 0 }, defaultText: "64k", doc: "UPDATE, DELETE and MERGE write rows of Delta files with fewer bytes together into new files; a larger file becomes one new file, in which columns that do not change are copied." },
  { name: "sparrow.exec.batchRows", type: { kind: "int", min: 1, max: 65536 }, defaultText: "16384", doc: "Rows that a pipeline works on at a time." },
  { name: "sparrow.exec.collideHashes", type: BOOLEAN_SETTING, defaultText: "false", doc: "All rows hash alike: a setting for tests of hash tables." },
  { name: "sparrow.exec.eagerSpill", type: BOOLEAN_SETTING, defaultText: "false", doc: "Everything that can go to disk goes there, whatever memory there is: a setting for tests." },
  { name: "sparrow.exec.emit", type: BOOLEAN_SETTING, defaultText: "true", doc: "When false, every expression runs through its TypeScript implementation instead of compiled WebAssembly: for comparing the two." },
  { name: "sparrow.memory.canaries", type: BOOLEAN_SETTING, defaultText: "false", doc: "Memory is handed out between known words, which are checked: a setting for tests.", fixed: true },
  { name: "sparrow.memory.firstByte", type: { kind: "bytes", min: 0 }, defaultText: "0", doc: "The pool hands out memory from this address on: a setting for tests of addresses above 2 GiB.", fixed: true },
  { name: "sparrow.memory.limit", type: { kind: "bytes", min: 16 * 1024 * 1024 }, defaultText: "", doc: "Size of the buffer pool in bytes; by default half of the memory that the process may use, at most 3 GiB.", fixed: true },
  { name: "sparrow.query.memory.limit", type: { kind: "bytes", min: 4 * 1024 * 1024 }, defaultText: "", doc: "Bytes of the buffer pool that one query may hold at a time; by default the whole pool, shared fairly once it is nearly used up." },
  { name: "sparrow.query.timeout", type: { kind: "duration" }, defaultText: "0s", doc: "A query that runs longer is cancelled; 0 for no limit." },
  { name: "sparrow.spill.dir", type: STRING_SETTING, defaultText: "", doc: "Folder on a local disk where queries put what does not fit into memory; of a list the first; by default the system's for temporary files.", aliases: ["spark.local.dir"], fixed: true },
  { name: "sparrow.sql.dialect", type: choice(...SQL_DIALECTS), defaultText: "spark", doc: "SQL dialect of the statements that follow; SET and RESET are read in Spark's." },
  { name: "sparrow.workers", type: { kind: "int", min: 1, max: 256 }, defaultText: "", doc: "Worker threads; by default one for each CPU that the process may use.", fixed: true },
];

const BY_NAME = new Map<string, Setting>(SETTINGS.flatMap((setting) => [setting.name, ...(setting.aliases ?? [])].map((name) => [name.toLowerCase(), setting] as const)));

/** By name or older name, in any case. */
export function findSetting(name: string): Setting | undefined {
  return BY_NAME.get(name.trim().toLowerCase());
}

/** The name that a value is kept under. Raises SQL_CONF_NOT_FOUND for `sparrow.*` names that do not exist. */
function canonicalSettingName(name: string): string {
  const setting = findSetting(name);
  if (setting !== undefined) return setting.name;
  const trimmed = name.trim();
  if (!trimmed.toLowerCase().startsWith("sparrow.")) return trimmed;
  const nearest = nearestName(trimmed);
  throw new SparrowError("SQL_CONF_NOT_FOUND", "42K0I", `The SQL config "${trimmed}" cannot be found. Please verify that the config exists.`, { sqlConf: `"${trimmed}"` }, { hint: `Did you mean ${nearest}?` });
}

function nearestName(name: string): string {
  const shared = (candidate: string): number => {
    let length = 0;
    while (length < name.length && candidate[length] === name[length].toLowerCase()) length++;
    return length;
  };
  return SETTINGS.map((setting) => setting.name).toSorted((a, b) => shared(b) - shared(a))[0];
}

export type SettingValue = boolean | number | string;

/** Reads a setting's text. Raises INVALID_CONF_VALUE.* where it does not fit. */
export function parseSetting(setting: Setting, text: string): SettingValue {
  const { type } = setting;
  const trimmed = text.trim();
  switch (type.kind) {
    case "string":
      return text;
    case "boolean": {
      const lower = trimmed.toLowerCase();
      if (lower === "true" || lower === "false") return lower === "true";
      throw typeMismatch(setting, text, "boolean");
    }
    case "int": {
      if (!/^[+-]?\d+$/.test(trimmed)) throw typeMismatch(setting, text, "int");
      const value = Number(trimmed);
      if (value < type.min || value > type.max) throw outOfRange(setting, text, type);
      return value;
    }
    case "double": {
      const value = trimmed === "" ? Number.NaN : Number(trimmed);
      if (Number.isNaN(value)) throw typeMismatch(setting, text, "double");
      if (value < type.min || value > type.max) throw outOfRange(setting, text, type);
      return value;
    }
    case "bytes": {
      const value = parseBytes(trimmed);
      if (value === undefined) throw typeMismatch(setting, text, "size in bytes (512m, 2g)");
      if (value < type.min) throw invalid(setting, text, "REQUIREMENT", `The value must be at least ${type.min} bytes.`, { confRequirement: `The value must be at least ${type.min} bytes.` });
      return value;
    }
    case "duration": {
      const value = parseDuration(trimmed);
      if (value === undefined) throw typeMismatch(setting, text, "duration (500ms, 10s, 2min)");
      return value;
    }
    case "choice": {
      const found = type.options.find((option) => option === trimmed.toLowerCase());
      if (found !== undefined) return found;
      const options = type.options.map((option) => `'${option}'`).join(", ");
      throw invalid(setting, text, "OUT_OF_RANGE_OF_OPTIONS", `It should be one of ${options}.`, { confOptions: options });
    }
    case "timeZone": {
      if (isTimeZone(trimmed)) return trimmed;
      throw invalid(setting, text, "TIME_ZONE", "Cannot resolve the given timezone.", {});
    }
  }
}

/** The text that each setting had when it was last asked for, and what it means: queries ask for some twenty, which hardly ever change. */
const lastParsed = new WeakMap<Setting, { readonly text: string; readonly value: SettingValue }>();

function parsedOnce(setting: Setting, text: string): SettingValue {
  const last = lastParsed.get(setting);
  if (last?.text === text) return last.value;
  const value = parseSetting(setting, text);
  lastParsed.set(setting, { text, value });
  return value;
}

const BYTE_UNITS: Record<string, number> = { "": 1, b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

function parseBytes(text: string): number | undefined {
  if (text === "-1") return -1;
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(i?b)?$/i.exec(text);
  return match === null ? undefined : Math.floor(Number(match[1]) * BYTE_UNITS[match[2].toLowerCase()]);
}

const DURATION_UNITS_MS: Record<string, number> = { us: 0.001, ms: 1, s: 1000, "": 1000, min: 60_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(us|ms|s|min|m|h|d|)$/i.exec(text);
  return match === null ? undefined : Number(match[1]) * DURATION_UNITS_MS[match[2].toLowerCase()];
}

function isTimeZone(text: string): boolean {
  if (/^[+-]\d{1,2}(:\d{2}(:\d{2})?)?$/.test(text) || text === "Z") return true;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: text }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

function outOfRange(setting: Setting, text: string, { min, max }: { readonly min: number; readonly max: number }): SparrowError {
  const confRequirement = `The value must be from ${min} to ${max}.`;
  return invalid(setting, text, "REQUIREMENT", confRequirement, { confRequirement });
}

function typeMismatch(setting: Setting, text: string, wanted: string): SparrowError {
  return invalid(setting, text, "TYPE_MISMATCH", `It should be a/an "${wanted}" value.`, { confType: wanted });
}

function invalid(setting: Setting, text: string, kind: string, why: string, parameters: Record<string, string>): SparrowError {
  return new SparrowError(`INVALID_CONF_VALUE.${kind}`, "22022", `The value '${text}' in the config "${setting.name}" is invalid. ${why}`, { confName: setting.name, confValue: text, ...parameters });
}

/** The values that a session, or an engine, has been given; everything else stands at its default. Names are canonical. */
export class Settings {
  readonly #given: Map<string, string>;
  readonly #base: ReadonlyMap<string, string>;

  /** `base`: what RESET goes back to. */
  constructor(base: Readonly<Record<string, string>> = {}) {
    const checked = new Map<string, string>();
    for (const [name, text] of Object.entries(base)) {
      const setting = findSetting(name);
      if (setting !== undefined) parseSetting(setting, text);
      checked.set(canonicalSettingName(name), text);
    }
    this.#base = checked;
    this.#given = new Map(checked);
  }

  /** Text of a setting; its default when it was not given; undefined for a name that is neither known nor given. */
  text(name: string): string | undefined {
    const canonical = canonicalSettingName(name);
    return this.#given.get(canonical) ?? findSetting(canonical)?.defaultText;
  }

  /** Typed value; undefined where it was not given and the default is for the engine to find. */
  value(name: string): SettingValue | undefined {
    const setting = findSetting(name);
    const text = this.text(name);
    return setting === undefined || text === undefined || (text === "" && setting.type.kind !== "string") ? undefined : parsedOnce(setting, text);
  }

  flag(name: string): boolean {
    return this.value(name) === true;
  }

  number(name: string): number | undefined {
    const value = this.value(name);
    return typeof value === "number" ? value : undefined;
  }

  /** Raises INVALID_CONF_VALUE.* for a value that does not fit, CANNOT_MODIFY_STATIC_CONFIG for a fixed setting. */
  set(name: string, text: string): void {
    const setting = findSetting(name);
    if (setting !== undefined) {
      rejectFixed(setting);
      parseSetting(setting, text);
    }
    this.#given.set(canonicalSettingName(name), text);
  }

  /** Back to what the session began with; all settings when no name is given. */
  reset(name?: string): void {
    const names = name === undefined ? [...this.#given.keys(), ...this.#base.keys()] : [canonicalSettingName(name)];
    if (name !== undefined) {
      const setting = findSetting(name);
      if (setting !== undefined) rejectFixed(setting);
    }
    for (const key of names) {
      const base = this.#base.get(key);
      if (base === undefined) this.#given.delete(key);
      else this.#given.set(key, base);
    }
  }

  /** What was given, in order of names. */
  given(): [string, string][] {
    return [...this.#given].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** A copy that begins, and is reset, with what is given here. */
  fork(changes: Readonly<Record<string, string>> = {}): Settings {
    return new Settings({ ...Object.fromEntries(this.#given), ...changes });
  }
}

function rejectFixed(setting: Setting): void {
  if (setting.fixed !== true) return;
  throw new SparrowError("CANNOT_MODIFY_STATIC_CONFIG", "46110", `Cannot modify the value of the static Spark config: "${setting.name}".`, { key: `"${setting.name}"` }, { hint: `Give it when the engine starts: --set ${setting.name}=..., or open({ settings }).` });
}
