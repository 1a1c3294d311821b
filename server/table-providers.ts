import type { TableProvider } from "../catalog/ports.ts";

const LOADERS: Readonly<Record<string, () => Promise<TableProvider>>> = {
  delta: async () => (await import("./delta/delta-provider.ts")).deltaProvider,
  parquet: async () => (await import("../executor/scan/parquet-provider.ts")).parquetProvider,
  csv: async () => (await import("../executor/scan/csv-provider.ts")).csvProvider,
  json: async () => (await import("../executor/scan/json-provider.ts")).jsonProvider,
  arrow: async () => (await import("../executor/scan/arrow-provider.ts")).arrowProvider,
};

/** Formats that tables may have. */
export const TABLE_FORMATS: readonly string[] = Object.keys(LOADERS);

/** The provider of a format, in any case of letters, loaded at first use; undefined when there is none of that name. */
export async function findTableProvider(format: string): Promise<TableProvider | undefined> {
  return Object.hasOwn(LOADERS, format.toLowerCase()) ? LOADERS[format.toLowerCase()]() : undefined;
}
