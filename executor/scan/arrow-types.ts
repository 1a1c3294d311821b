import type * as Arrow from "apache-arrow";
import { SparrowError } from "../../catalog/errors.ts";
import type { DataType, StructField } from "../../catalog/types.ts";
import { BINARY, BOOLEAN, BYTE, CALENDAR_INTERVAL, DATE, DOUBLE, FLOAT, INT, INTERVAL_DT, INTERVAL_YM, LONG, NULL, SHORT, STRING, TIMESTAMP, TIMESTAMP_NTZ, VARIANT, decimal } from "../../catalog/types.ts";
import { arrowLibrary } from "../arrow-library.ts";
import { EXTENSION_NAME, VARIANT_EXTENSION } from "../arrow-variant.ts";
import type { ArrowColumn } from "./arrow-column.ts";

/** Columns of an Arrow schema as Spark sees them. Source: Spark's ArrowUtils; unsigned integers take the next wider type. */
export function fieldsOfArrow(schema: Arrow.Schema): StructField[] {
  return schema.fields.map((field) => ({ name: field.name, type: typeOfArrow(field.name, field), nullable: true }));
}

/** `column`: the top-level column's name, for messages. */
function typeOfArrow(column: string, { type, metadata }: Arrow.Field): DataType {
  if (metadata.get(EXTENSION_NAME) === VARIANT_EXTENSION) return VARIANT;
  const format = arrowFormat(type);
  const children = (type.children ?? []) as readonly Arrow.Field[];
  switch (format) {
    case "+s":
      return { kind: "struct", fields: children.map((child) => ({ name: child.name, type: typeOfArrow(column, child), nullable: true })) };
    case "+l":
      return { kind: "array", element: typeOfArrow(column, children[0]), containsNull: true };
    case "+m": {
      const [key, value] = children[0].type.children as readonly Arrow.Field[];
      return { kind: "map", key: typeOfArrow(column, key), value: typeOfArrow(column, value), valueContainsNull: true };
    }
    default:
      return typeOfFormat(column, format, type);
  }
}

function typeOfFormat(name: string, format: string, type: Arrow.DataType): DataType {
  switch (format) {
    case "n":
      return NULL;
    case "b":
      return BOOLEAN;
    case "c":
      return BYTE;
    case "C":
    case "s":
      return SHORT;
    case "S":
    case "i":
      return INT;
    case "I":
    case "l":
      return LONG;
    case "L":
      return decimal(20, 0);
    case "e":
    case "f":
      return FLOAT;
    case "g":
      return DOUBLE;
    case "u":
    case "U":
      return STRING;
    case "z":
    case "Z":
      return BINARY;
    case "tdD":
    case "tdm":
      return DATE;
    case "tiM":
      return INTERVAL_YM;
    case "tin":
      return CALENDAR_INTERVAL;
    case "tDu":
      return INTERVAL_DT;
    default:
      break;
  }
  if (format.startsWith("w:")) return BINARY;
  if (format.startsWith("tt")) return { kind: "time", precision: format === "ttn" ? 9 : 6 };
  if (format.startsWith("ts")) return format.length > 4 ? TIMESTAMP : TIMESTAMP_NTZ;
  if (format.startsWith("d:")) {
    const { precision, scale } = type as Arrow.Decimal;
    return decimal(precision, scale);
  }
  throw new SparrowError("UNSUPPORTED_ARROWTYPE", "0A000", `Unsupported arrow type ${String(type)} of column ${name}.`, { typeName: String(type) }, { origin: "data" });
}

const UNITS = ["s", "m", "u", "n"];

/** The C Data Interface's format string of a type; of a dictionary's values for dictionaries; `?` for types that no scan reads. */
function arrowFormat(type: Arrow.DataType): string {
  const { Type } = arrowLibrary();
  switch (type.typeId as Arrow.Type) {
    case Type.Null:
      return "n";
    case Type.Bool:
      return "b";
    case Type.Int: {
      const { bitWidth, isSigned } = type as Arrow.Int;
      const letter = { 8: "c", 16: "s", 32: "i", 64: "l" }[bitWidth as 8 | 16 | 32 | 64];
      return isSigned ? letter : letter.toUpperCase();
    }
    case Type.Float:
      return ["e", "f", "g"][(type as Arrow.Float).precision];
    case Type.Utf8:
      return "u";
    case Type.LargeUtf8:
      return "U";
    case Type.Binary:
      return "z";
    case Type.LargeBinary:
      return "Z";
    case Type.FixedSizeBinary:
      return `w:${(type as Arrow.FixedSizeBinary).byteWidth}`;
    case Type.Date:
      return (type as Arrow.Date_).unit === 0 ? "tdD" : "tdm";
    case Type.Time:
      return `tt${UNITS[(type as Arrow.Time).unit]}`;
    case Type.Timestamp: {
      const { unit, timezone } = type as Arrow.Timestamp;
      return `ts${UNITS[unit]}:${timezone ?? ""}`;
    }
    case Type.Decimal: {
      const { precision, scale, bitWidth } = type as Arrow.Decimal;
      return `d:${precision},${scale},${bitWidth}`;
    }
    case Type.Interval:
      return ["tiM", "tiD", "tin"][(type as Arrow.Interval).unit];
    case Type.Duration:
      return `tD${UNITS[(type as Arrow.Duration).unit]}`;
    case Type.Struct:
      return "+s";
    case Type.List:
      return "+l";
    case Type.Map:
      return "+m";
    case Type.Dictionary:
      return arrowFormat((type as Arrow.Dictionary).dictionary);
    default:
      return "?";
  }
}

/** Rows [from, from + rows) of a record batch's column, as views of its buffers. */
export function columnOfArrow(name: string, data: Arrow.Data, from: number, rows: number): ArrowColumn {
  const { Type } = arrowLibrary();
  const isDictionary = data.typeId === Type.Dictionary;
  // A slice's values have been moved to its start, but its bitmap has not.
  const validity = data.nullBitmap === undefined || data.nullBitmap === null || data.nullBitmap.length === 0 ? undefined : data.nullBitmap;
  if (data.offset !== 0) throw new SparrowError("UNSUPPORTED_FEATURE.SLICED_ARROW_BATCH", "0A000", `Column ${name} is a slice of an Arrow batch, which cannot be read.`, { column: name });
  const nested = (data.type as Arrow.DataType).children as readonly Arrow.Field[] | null;
  const children = isDictionary ? [] : data.children.map((child, i) => columnOfArrow(nested?.[i].name ?? name, child as Arrow.Data, 0, child.length));
  const base = { name, length: rows, offset: from, nullCount: validity === undefined ? 0 : -1, children };
  if (isDictionary) {
    const codes = Int32Array.from(data.values as Int32Array, Number);
    return { ...base, format: "i", buffers: [validity, bytesOf(codes)], dictionary: dictionaryValues(name, data.dictionary) };
  }
  const values = bytesOf(data.values as ArrayBufferView);
  const offsets = data.valueOffsets === undefined ? [] : [bytesOf(data.valueOffsets as ArrayBufferView)];
  return { ...base, format: arrowFormat(data.type as Arrow.DataType), buffers: [validity, ...offsets, values], dictionary: undefined };
}

function dictionaryValues(name: string, dictionary: Arrow.Vector | undefined): ArrowColumn | undefined {
  if (dictionary === undefined) return undefined;
  // A dictionary that has grown from batch to batch lies in several pieces.
  const { data } = dictionary.data.length === 1 ? dictionary : arrowLibrary().vectorFromArray([...dictionary], dictionary.type as Arrow.Utf8);
  return columnOfArrow(name, data[0] as Arrow.Data, 0, data[0].length);
}

function bytesOf(values: ArrayBufferView | undefined): Uint8Array {
  return values === undefined ? new Uint8Array(0) : new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
