import type { DataType, StructField, StructType } from "../catalog/types.ts";
import type { MapValue, StructValue, Value } from "../catalog/values.ts";
import { type Action, actionBody, type AddFile } from "./actions.ts";
import { type ExactJson, parseExactJson } from "./exact-json.ts";
import { statisticValue } from "./file-statistics.ts";
import { type ParseLocalTimestamp, partitionValue } from "./partition-values.ts";
import { deletedFileRetentionMs } from "./retention.ts";
import type { DeltaSnapshot } from "./snapshot.ts";

/** An action of a checkpoint. */
export type CheckpointAction = Exclude<Action, { kind: "commitInfo" | "cdc" | "sidecar" }>;

/** What a snapshot says of the table itself. */
export function tableActions({ protocol, metadata, transactions, domains }: DeltaSnapshot): CheckpointAction[] {
  return [
    { kind: "protocol", protocol },
    { kind: "metaData", metaData: metadata },
    ...[...transactions.values()].map((txn) => ({ kind: "txn", txn }) as const),
    ...[...domains.values()].map((domainMetadata) => ({ kind: "domainMetadata", domainMetadata }) as const),
  ];
}

/** Live files, and removed ones that have not expired at `nowMs`. A commit before has said all of it: a checkpoint changes no data. */
export function fileActions({ files, tombstones, metadata }: DeltaSnapshot, nowMs: number): CheckpointAction[] {
  const expired = nowMs - deletedFileRetentionMs(metadata.configuration);
  const removed = [...tombstones.values()].filter(({ deletionTimestamp = 0 }) => deletionTimestamp > expired);
  return [
    ...[...files.values()].map((file) => ({ kind: "add", add: { ...file, dataChange: false } }) as const),
    ...removed.map((file) => ({ kind: "remove", remove: { ...file, dataChange: false } }) as const),
  ];
}

/** Actions as rows of columns of which one is not NULL. `parseTimestamp`: partition values of timestamps without a zone. */
export function checkpointRows(actions: readonly CheckpointAction[], fields: readonly StructField[], parseTimestamp: ParseLocalTimestamp): Value[][] {
  return actions.map((action) => {
    return fields.map(({ name, type }) => (name === action.kind ? valueOf(action.kind === "add" ? withTypedParts(action.add, type as StructType, parseTimestamp) : actionBody(action), type) : null));
  });
}

/** Values that are typed already, among the parts of an action. */
class Typed {
  readonly value: Value;

  constructor(value: Value) {
    this.value = value;
  }
}

/** The action with the parts that a checkpoint may have in typed form. */
function withTypedParts(add: AddFile, { fields }: StructType, parseTimestamp: ParseLocalTimestamp): object {
  const typeOf = (name: string): StructType | undefined => fields.find((field) => field.name === name)?.type as StructType | undefined;
  const statistics = typeOf("stats_parsed");
  const partitions = typeOf("partitionValues_parsed");
  return {
    ...add,
    ...(statistics !== undefined && { stats_parsed: new Typed(statisticsValue(add.stats, statistics)) }),
    ...(partitions !== undefined && { partitionValues_parsed: new Typed({ fields: partitions.fields.map(({ name, type }) => partitionValue(add.partitionValues[name] ?? null, type, parseTimestamp) ?? null) }) }),
  };
}

function statisticsValue(stats: string | undefined, type: StructType): Value {
  if (stats === undefined || stats === "") return null;
  try {
    return typedJson(parseExactJson(stats), type);
  } catch (error) {
    // Statistics that cannot be read say nothing.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function typedJson(json: ExactJson | undefined, type: DataType): Value {
  if (json === undefined || json === null) return null;
  if (type.kind !== "struct") return statisticValue(json, type) ?? null;
  if (typeof json !== "object" || Array.isArray(json)) return null;
  return { fields: type.fields.map((field) => typedJson((json as Readonly<Record<string, ExactJson>>)[field.name], field.type)) };
}

/** An action's part as a value of the checkpoint's schema; absent parts are NULL. */
function valueOf(part: unknown, type: DataType): Value {
  if (part === undefined || part === null) return null;
  if (part instanceof Typed) return part.value;
  switch (type.kind) {
    case "struct":
      return { fields: type.fields.map((field) => valueOf((part as Record<string, unknown>)[field.name], field.type)) } satisfies StructValue;
    case "map": {
      const entries = Object.entries(part as Record<string, unknown>);
      return { keys: entries.map(([key]) => key), values: entries.map(([, value]) => valueOf(value, type.value)) } satisfies MapValue;
    }
    case "array":
      return (part as readonly unknown[]).map((item) => valueOf(item, type.element));
    case "long":
      return BigInt(part as number | bigint);
    default:
      return part as Value;
  }
}
