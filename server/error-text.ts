import { SparrowError } from "../catalog/errors.ts";
import { excerpt, positionOf } from "../catalog/source-text.ts";

/**
 * An error as a person reads it: condition and message, then the line with a caret under the place, detail, hint and SQLSTATE. `script` is the text
 * that the statement stands in and `start` where it begins there, so that lines are counted in the file.
 */
export function errorText(error: unknown, script = "", start = 0): string {
  if (!(error instanceof SparrowError)) return internalErrorText(error);
  const lines = [`ERROR: [${error.condition}] ${error.message}`];
  if (error.span !== undefined && script !== "") {
    const span = { start: error.span.start + start, end: error.span.end + start };
    const { line, column } = positionOf(script, span.start);
    const [source, carets] = excerpt(script, span).split("\n");
    const label = `LINE ${line}:${column}: `;
    lines.push(label + source, " ".repeat(label.length) + carets);
  }
  if (error.detail !== undefined) lines.push(`DETAIL: ${error.detail}`);
  if (error.hint !== undefined && error.hint !== "") lines.push(`HINT: ${error.hint}`);
  lines.push(`SQLSTATE: ${error.sqlState}`);
  return `${lines.join("\n")}\n`;
}

function internalErrorText(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `ERROR: [INTERNAL_ERROR] This is a fault in Sparrow, not in your statement.\n${text}\nSQLSTATE: XX000\n`;
}
