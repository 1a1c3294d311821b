import { join } from "node:path";
import type { DataType } from "../../catalog/types.ts";
import type { MapValue, StructValue, Value } from "../../catalog/values.ts";
import { SparrowUnderTest } from "../oracle/sparrow.ts";

/** Sparrow, with values in the form of `engine_protocol.py`. */
export class SparrowEngine {
  readonly #sparrow: SparrowUnderTest;

  private constructor(sparrow: SparrowUnderTest) {
    this.#sparrow = sparrow;
  }

  static async open(folder: string): Promise<SparrowEngine> {
    return new SparrowEngine(await SparrowUnderTest.open({ "sparrow.workers": "1", "spark.sql.warehouse.dir": join(folder, "sparrow-warehouse"), "spark.databricks.delta.retentionDurationCheck.enabled": "false" }));
  }

  /** Rows as sorted texts. */
  async sql(text: string): Promise<string[]> {
    const { columns, rows } = await this.#sparrow.query(text);
    return rows.map((row) => JSON.stringify(row.map((value, i) => normal(value, columns[i].type)))).sort();
  }

  close(): Promise<void> {
    return this.#sparrow.close();
  }
}

function normal(value: Value, type: DataType): unknown {
  if (value === null) return null;
  switch (type.kind) {
    case "byte":
    case "short":
    case "int":
    case "long":
    case "timestamp":
    case "timestamp_ntz":
      return String(value);
    case "float":
    case "double":
      return Number.isFinite(value) ? value : String(value);
    case "decimal":
      return decimalText(value as bigint, type.scale);
    case "date":
      return new Date((value as number) * 86_400_000).toISOString().slice(0, 10);
    case "binary":
      return Buffer.from(value as Uint8Array).toString("hex");
    case "struct":
      return (value as StructValue).fields.map((field, i) => normal(field, type.fields[i].type));
    case "array":
      return (value as readonly Value[]).map((item) => normal(item, type.element));
    case "map": {
      const { keys, values } = value as MapValue;
      return keys.map((key, i) => [normal(key, type.key), normal(values[i], type.value)]).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    }
    default:
      return value;
  }
}

function decimalText(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0");
  const point = digits.length - scale;
  return `${unscaled < 0n ? "-" : ""}${digits.slice(0, point)}${scale > 0 ? `.${digits.slice(point)}` : ""}`;
}
