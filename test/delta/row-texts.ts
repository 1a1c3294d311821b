import type { Value } from "../../catalog/values.ts";

/** Rows as texts in an order of their own, so that two readers' rows can be compared. Integers of any width read alike. */
export function sortedTexts(rows: readonly (readonly Value[])[]): string[] {
  return rows.map(rowText).sort();
}

function rowText(row: readonly Value[]): string {
  return JSON.stringify(row, (_, value: unknown) => {
    if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : `${value}`;
    if (value instanceof Uint8Array) return `x${Buffer.from(value).toString("hex")}`;
    return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
  });
}
