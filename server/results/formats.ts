/**
 * How a result leaves the engine as bytes. `textRows` is what the command asks a server for: a line with the schema, then a JSON array of texts
 * (or null) per row.
 */
export type ResultFormat = "csv" | "json" | "ndjson" | "arrow" | "textRows";

export const CONTENT_TYPES: Readonly<Record<ResultFormat, string>> = {
  csv: "text/csv",
  json: "application/json",
  ndjson: "application/x-ndjson",
  arrow: "application/vnd.apache.arrow.stream",
  textRows: "application/vnd.sparrow.text-rows",
};
