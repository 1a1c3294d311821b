import type { TextRow } from "./text-rows.ts";

/** One line of RFC 4180, with its line end. NULL is an empty field and the empty string is `""`, so that the two can be told apart. */
export function csvLine(row: TextRow): string {
  return `${row.map(csvField).join(",")}\n`;
}

function csvField(text: string | null): string {
  if (text === null) return "";
  return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
