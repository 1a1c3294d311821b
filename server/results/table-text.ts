import { displayWidth } from "./display-width.ts";
import type { TextRow } from "./text-rows.ts";

const NULL_TEXT = "NULL";
/** Rows that decide the widths of a table's columns; from then on rows are printed as they come, and a wider cell widens its column from there. */
const ROWS_TO_MEASURE = 10_000;

/** What a table's head needs of a column. */
export interface ColumnHead {
  readonly name: string;
  /** As `typeName` writes it: `decimal(10,2)`. */
  readonly type: string;
}

type Align = "left" | "right";

/** A table as psql's aligned format draws it, in pieces: few pieces for a small result, and bounded memory for a large one. */
export async function* tableText(columns: readonly ColumnHead[], batches: AsyncIterable<readonly TextRow[]>): AsyncGenerator<string> {
  if (columns.length === 0) {
    for await (const _ of batches);
    return;
  }
  const aligns = columns.map((column) => alignOf(column.type));
  const widths = columns.map((column) => Math.max(...lines(column.name).map(displayWidth)));
  let waiting: TextRow[] | undefined = [];
  let count = 0;
  const begin = (rows: readonly TextRow[]): string => {
    widen(widths, rows);
    return header(columns, widths) + body(rows, widths, aligns);
  };
  for await (const rows of batches) {
    count += rows.length;
    if (waiting === undefined) {
      widen(widths, rows);
      yield body(rows, widths, aligns);
      continue;
    }
    waiting.push(...rows);
    if (waiting.length < ROWS_TO_MEASURE) continue;
    yield begin(waiting);
    waiting = undefined;
  }
  if (waiting !== undefined) yield begin(waiting);
  yield `${rowCount(count)}\n\n`;
}

/** psql's expanded format: a record at a time, a column on each line. */
export async function* recordText(columns: readonly ColumnHead[], batches: AsyncIterable<readonly TextRow[]>): AsyncGenerator<string> {
  const nameWidth = Math.max(0, ...columns.map((column) => displayWidth(column.name)));
  let count = 0;
  for await (const rows of batches) {
    for (const row of rows) {
      count++;
      const cells = row.map((cell) => lines(cell ?? NULL_TEXT));
      const valueWidth = Math.max(...cells.flat().map(displayWidth));
      const title = `-[ RECORD ${count} ]`;
      const head = `${title.padEnd(nameWidth + 1, "-")}${title.length > nameWidth + 1 ? "-" : "+"}`.padEnd(nameWidth + valueWidth + 3, "-");
      const printed = cells.flatMap((cellLines, i) => cellLines.map((line, n) => `${pad(n === 0 ? columns[i].name : "", nameWidth, "left")} | ${line}`));
      yield `${[head, ...printed].join("\n")}\n`;
    }
  }
  yield count === 0 ? "(0 rows)\n\n" : "\n";
}

function alignOf(type: string): Align {
  return /^(tinyint|smallint|int|bigint|float|double|decimal\(.*)$/.test(type) ? "right" : "left";
}

function rowCount(count: number): string {
  return count === 1 ? "(1 row)" : `(${count} rows)`;
}

/** Line breaks stay, as lines of the cell; other control characters would move the cursor and are shown by their escapes. */
function lines(text: string): string[] {
  return text.split("\n").map((line) => line.replaceAll(/\p{Control}/gu, (char) => (char === "\t" ? "\\t" : char === "\r" ? "\\r" : `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`)));
}

function widen(widths: number[], rows: readonly TextRow[]): void {
  for (const row of rows) {
    for (let i = 0; i < row.length; i++) {
      const text = row[i] ?? NULL_TEXT;
      for (const line of lines(text)) widths[i] = Math.max(widths[i], displayWidth(line));
    }
  }
}

function header(columns: readonly ColumnHead[], widths: readonly number[]): string {
  const names = columns.map((column, i) => centre(lines(column.name).join(" "), widths[i]));
  return `${names.map((name) => ` ${name} `).join("|")}\n${widths.map((width) => "-".repeat(width + 2)).join("+")}\n`;
}

function body(rows: readonly TextRow[], widths: readonly number[], aligns: readonly Align[]): string {
  let text = "";
  for (const row of rows) {
    const cells = row.map((cell) => lines(cell ?? NULL_TEXT));
    const height = Math.max(...cells.map((cell) => cell.length));
    for (let line = 0; line < height; line++) {
      // psql marks a line that goes on with "+" in the cell's right margin
      const parts = cells.map((cell, i) => ` ${pad(cell[line] ?? "", widths[i], aligns[i])}${line + 1 < cell.length ? "+" : " "}`);
      text += `${parts.join("|").trimEnd()}\n`;
    }
  }
  return text;
}

function pad(text: string, width: number, align: Align): string {
  const space = " ".repeat(Math.max(0, width - displayWidth(text)));
  return align === "right" ? space + text : text + space;
}

function centre(text: string, width: number): string {
  const space = Math.max(0, width - displayWidth(text));
  return " ".repeat(Math.floor(space / 2)) + text + " ".repeat(Math.ceil(space / 2));
}
