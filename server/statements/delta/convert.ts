import { SparrowError } from "../../../catalog/errors.ts";
import type { TableEntry } from "../../../catalog/ports.ts";
import type { StructField } from "../../../catalog/types.ts";
import { mapColumns, rejectCharacters } from "../../../delta/column-mapping.ts";
import { READS_NOTHING } from "../../../delta/conflicts.ts";
import { encodePath } from "../../../delta/file-paths.ts";
import { newMetadata } from "../../../delta/new-table.ts";
import { additionOf } from "../../../delta/remove-file.ts";
import { protocolFor } from "../../../delta/table-features.ts";
import type { Statement } from "../../../parser/ast.ts";
import { commitStatement } from "../../delta/commit-statement.ts";
import { openLog } from "../../delta/delta-target.ts";
import { parquetFolder } from "../../delta/parquet-conversion.ts";
import { requestedProperties } from "../../delta/table-properties.ts";
import { partsOf, quoted, tableNotFound, unsupportedOperation } from "../../object-names.ts";
import type { Session } from "../../session.ts";
import { emptyResult, type StatementResult } from "../../statement-result.ts";
import { absolutePath } from "../../storage-paths.ts";
import { findInCatalog } from "../../table-resolution.ts";

type Convert = Extract<Statement, { kind: "convertToDelta" }>;

/**
 * CONVERT TO DELTA: a log is written for the Parquet files of a folder, or of a table of the catalog, which is a Delta table from then on; the files stay as they
 * are. What is a Delta table already is left alone.
 */
export async function runConvertToDelta(session: Session, { name, noStatistics, partitionedBy }: Convert): Promise<StatementResult> {
  const source = await conversionSource(session, name);
  if (source === undefined) return emptyResult();
  const { entry, location } = source;
  const log = await openLog(location);
  if (!(await log.exists())) {
    const requested = requestedProperties(entry?.properties ?? {}, quoted(...partsOf(name)));
    const { adds, partitionColumns, ...found } = await parquetFolder({
      location,
      partitionFields: partitionedBy.length > 0 || entry === undefined ? partitionedBy : partitionFields(entry),
      statistics: !noStatistics,
      pathOf: (file) => encodePath(file.path.slice(location.length + 1)),
      configuration: requested.configuration,
    });
    const { fields, configuration } = mapColumns({ fields: found.fields, configuration: requested.configuration }, "own");
    rejectCharacters(fields, configuration);
    const metaData = newMetadata({ fields, partitionColumns, configuration, description: entry?.comment });
    await commitStatement(session, log, {
      snapshot: undefined,
      actions: [{ kind: "protocol", protocol: protocolFor({ fields, configuration }, requested.features) }, { kind: "metaData", metaData }, ...adds.map(additionOf)],
      reads: READS_NOTHING,
      operation: "CONVERT",
      operationParameters: { numFiles: adds.length, partitionedBy: partitionColumns, collectStats: !noStatistics, ...(entry !== undefined && { catalogTable: `${entry.database}.${entry.name}` }), sourceFormat: "parquet" },
      operationMetrics: { numConvertedFiles: adds.length },
    });
  }
  if (entry !== undefined) await session.engine.catalog.putTable({ ...entry, format: "delta", schema: [], partitionColumns: [], properties: {}, options: {} }, "replace");
  return emptyResult();
}

/** Undefined for a Delta table. Raises TABLE_OR_VIEW_NOT_FOUND, DELTA_CONVERT_NON_PARQUET_TABLE. */
async function conversionSource(session: Session, name: Convert["name"]): Promise<{ readonly location: string; readonly entry?: TableEntry } | undefined> {
  const parts = partsOf(name);
  const found = session.temporaryView(parts) === undefined ? await findInCatalog(session, parts) : undefined;
  if (found?.kind === "table") {
    const { entry } = found;
    if (entry.format === "delta") return undefined;
    if (entry.format !== "parquet") throw notParquet(entry.format);
    return { location: entry.location, entry };
  }
  const [format, path] = parts;
  if (found !== undefined || parts.length !== 2) throw tableNotFound(parts, name.span);
  switch (format.toLowerCase()) {
    case "delta":
      return undefined;
    case "parquet":
      return { location: absolutePath(path).replace(/(?<=.)\/+$/, "") };
    case "iceberg":
      throw unsupportedOperation("CONVERT TO DELTA of Iceberg tables", quoted(...parts));
    default:
      if ((await session.engine.findProvider(format)) !== undefined) throw notParquet(format);
      throw tableNotFound(parts, name.span);
  }
}

function partitionFields({ schema, partitionColumns }: TableEntry): StructField[] {
  return partitionColumns.flatMap((key) => schema.filter((field) => field.name.toLowerCase() === key.toLowerCase()));
}

function notParquet(sourceName: string): SparrowError {
  return new SparrowError("DELTA_CONVERT_NON_PARQUET_TABLE", "0AKDD", `CONVERT TO DELTA only supports Parquet tables, but you are trying to convert a ${sourceName} source.`, { sourceName });
}
