import { SparrowError } from "../../catalog/errors.ts";
import type { DataType, StructField } from "../../catalog/types.ts";
import type { MapValue, StructValue, Value } from "../../catalog/values.ts";
import type { ResultBatch } from "../../executor/result-batch.ts";
import { valueReader } from "../../executor/result-values.ts";
import { quoted } from "../object-names.ts";

/** CHAR(n) and VARCHAR(n) hold n characters, also within nested values; blanks count. Raises DELTA_EXCEED_CHAR_VARCHAR_LIMIT. */
export function rejectLongTexts(batch: ResultBatch, fields: readonly StructField[]): void {
  for (const [i, { name, type }] of fields.entries()) {
    const findLong = longText(type);
    if (findLong === undefined) continue;
    const column = batch.columns[i];
    const { offsets } = column;
    const read = valueReader(column);
    for (let row = 0; row < batch.rows; row++) {
      // Texts of few bytes have few characters.
      if ("length" in type && offsets !== undefined && offsets[row + 1] - offsets[row] <= type.length) continue;
      const text = findLong(read(row));
      if (text !== undefined) throw tooLong(text, name);
    }
  }
}

interface LongText {
  readonly value: string;
  readonly type: Extract<DataType, { kind: "char" | "varchar" }>;
}

/** Finds a text within a value that is longer than its type allows; undefined for types that allow any. */
function longText(type: DataType): ((value: Value) => LongText | undefined) | undefined {
  switch (type.kind) {
    case "char":
    case "varchar":
      return (value) => (value !== null && [...(value as string)].length > type.length ? { value: value as string, type } : undefined);
    case "array": {
      const ofElement = longText(type.element);
      return ofElement && ((value) => firstOf((value ?? []) as readonly Value[], ofElement));
    }
    case "map": {
      const [ofKey, ofValue] = [longText(type.key), longText(type.value)];
      if (ofKey === undefined && ofValue === undefined) return undefined;
      return (value) => {
        const { keys, values } = (value ?? { keys: [], values: [] }) as MapValue;
        return (ofKey && firstOf(keys, ofKey)) ?? (ofValue && firstOf(values, ofValue));
      };
    }
    case "struct": {
      const ofFields = type.fields.map((field) => longText(field.type));
      if (ofFields.every((find) => find === undefined)) return undefined;
      return (value) => {
        for (const [i, find] of ofFields.entries()) {
          const found = value === null ? undefined : find?.((value as StructValue).fields[i]);
          if (found !== undefined) return found;
        }
        return undefined;
      };
    }
    default:
      return undefined;
  }
}

function firstOf(values: readonly Value[], find: (value: Value) => LongText | undefined): LongText | undefined {
  for (const value of values) {
    const found = find(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

function tooLong({ value, type }: LongText, column: string): SparrowError {
  const expr = `length(${quoted(column)}) <= ${type.length}`;
  return new SparrowError("DELTA_EXCEED_CHAR_VARCHAR_LIMIT", "22001", `Value "${value}" exceeds char/varchar type length limitation. Failed check: ${expr}.`, { value, expr }, { origin: "data" });
}
