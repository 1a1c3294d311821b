import type { TableProvider } from "../../catalog/ports.ts";
import type { StructField } from "../../catalog/types.ts";
import type { DataFile } from "./file-listing.ts";
import { JsonInference } from "./json-inference.ts";
import type { JsonOptions } from "./json-options.ts";
import { jsonOptions } from "./json-options.ts";
import { readLines, textRanges } from "./text-file.ts";
import { openTextTable } from "./text-provider.ts";

/** Tables of JSON files: an object a line, or with `multiLine` objects or arrays of them over any lines. Options: json-options.ts. */
export const jsonProvider: TableProvider = {
  format: "json",
  open: (request) => {
    const options = jsonOptions(request.options);
    return openTextTable(request, { kind: "json", title: "JSON", splittable: !options.multiLine, infer: (files) => inferFields(files, options) });
  },
};

function inferFields(files: readonly DataFile[], options: JsonOptions): StructField[] {
  const inference = new JsonInference(options);
  for (const file of files) {
    for (const { start, end } of textRanges(file.path, file.bytes, !options.multiLine)) inference.add(readLines(file.path, start, end));
  }
  return inference.fields();
}
