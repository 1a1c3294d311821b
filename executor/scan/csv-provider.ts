import type { TableProvider } from "../../catalog/ports.ts";
import type { StructField } from "../../catalog/types.ts";
import { STRING } from "../../catalog/types.ts";
import { CsvInference, columnNames, firstRow } from "./csv-inference.ts";
import type { CsvOptions } from "./csv-options.ts";
import { csvOptions } from "./csv-options.ts";
import type { DataFile } from "./file-listing.ts";
import { readLines, textRanges } from "./text-file.ts";
import { openTextTable } from "./text-provider.ts";

/** Tables of CSV files, with Spark's options (csv-options.ts). Without `inferSchema` all columns are strings, without `header` they are `_c0`, `_c1`, ... */
export const csvProvider: TableProvider = {
  format: "csv",
  open: (request) => {
    const options = csvOptions(request.options);
    return openTextTable(request, { kind: "csv", title: "CSV", splittable: !options.multiLine, infer: (files) => inferFields(files, options) });
  },
};

function inferFields(files: readonly DataFile[], options: CsvOptions): StructField[] {
  const ranges = files.flatMap((file) => textRanges(file.path, file.bytes, !options.multiLine).map((range) => ({ file, ...range })));
  for (const { file, start, end } of ranges) {
    const first = firstRow(readLines(file.path, start, end), options);
    if (first === undefined) continue;
    const names = columnNames(first, options);
    if (!options.inferSchema) return names.map((name) => ({ name, type: STRING, nullable: true }));
    const inference = new CsvInference(names, options);
    for (const range of ranges) inference.add(readLines(range.file.path, range.start, range.end), options.header && range.start === 0);
    return inference.fields();
  }
  return [];
}
