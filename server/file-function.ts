import { extname } from "node:path";
import { SparrowError } from "../catalog/errors.ts";
import type { AstExpr } from "../parser/ast.ts";
import { parseTableSchema } from "../parser/parse.ts";
import type { TableReference } from "../planner/analyzer/table-names.ts";
import { absolutePath } from "./storage-paths.ts";
import type { FileSource } from "./table-resolution.ts";

const FORMATS_BY_ENDING: Record<string, string> = { ".parquet": "parquet", ".csv": "csv", ".tsv": "csv", ".json": "json", ".jsonl": "json", ".ndjson": "json", ".arrow": "arrow", ".arrows": "arrow", ".feather": "arrow" };

/**
 * `read_files(path, format => 'csv', schema => 'a INT', header => true, ...)`: what to open. Without `format` the path's ending decides;
 * the remaining arguments are the format's options.
 */
export function fileFunctionRequest(reference: TableReference): FileSource {
  const named: Record<string, string> = {};
  let path: string | undefined;
  for (const { name, value } of reference.call ?? []) {
    if (name === undefined && path === undefined) path = literalText(value);
    else if (name === undefined) throw invalidArgument("it takes one path; everything else is given by name, as in format => 'csv'", value.span);
    else named[name.name] = literalText(value);
  }
  const { path: namedPath, format: givenFormat, schema, ...options } = named;
  path ??= namedPath;
  if (path === undefined) throw invalidArgument("a path is missing", reference.span);
  const format = givenFormat ?? FORMATS_BY_ENDING[extname(path).toLowerCase()];
  if (format === undefined) throw invalidArgument(`the format of ${path} cannot be told by its name: give format => 'parquet', 'csv', 'json' or 'arrow'`, reference.span);
  if (format === "csv") {
    options.header ??= "true";
    if (extname(path).toLowerCase() === ".tsv") options.sep ??= "\t";
  }
  return {
    format,
    request: { name: `read_files(${path})`, location: absolutePath(path), schema: schema === undefined ? undefined : parseTableSchema(schema), partitionColumns: [], options },
  };
}

function literalText(expr: AstExpr): string {
  switch (expr.kind) {
    case "string":
      return expr.value;
    case "boolean":
      return String(expr.value);
    case "number":
      return expr.text;
    default:
      throw invalidArgument("its arguments must be literals", expr.span);
  }
}

function invalidArgument(why: string, span: AstExpr["span"]): SparrowError {
  return new SparrowError("INVALID_PARAMETER_VALUE.READ_FILES", "22023", `The arguments of \`read_files\` are invalid: ${why}.`, { functionName: "`read_files`", reason: why }, { span });
}
