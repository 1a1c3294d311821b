import type { Span } from "./errors.ts";

/** A place in a text: both count from 1, columns in UTF-16 code units. */
export interface SourcePosition {
  readonly line: number;
  readonly column: number;
}

/** Where an offset stands. Lines end at `\n`, `\r\n` or `\r`. */
export function positionOf(text: string, offset: number): SourcePosition {
  const lineStart = lineStartOf(text, offset);
  const before = text.slice(0, lineStart);
  const line = (before.match(/\r\n|\n|\r/g)?.length ?? 0) + 1;
  return { line, column: offset - lineStart + 1 };
}

const EXCERPT_WIDTH = 100;

/**
 * The line that a span begins in, and carets under the span:
 *
 *     SELECT a FORM t
 *                   ^
 *
 * A line longer than about 100 characters is cut around the span. Tabs become spaces, so that the carets stand right.
 */
export function excerpt(text: string, span: Span): string {
  const start = Math.min(span.start, text.length);
  const lineStart = lineStartOf(text, start);
  const lineEnd = lineEndOf(text, start);
  const spanEnd = Math.min(Math.max(span.end, start + 1), Math.max(lineEnd, start + 1));
  const from = lineEnd - lineStart <= EXCERPT_WIDTH ? lineStart : Math.max(lineStart, Math.min(start - (EXCERPT_WIDTH >> 1), lineEnd - EXCERPT_WIDTH));
  const to = Math.min(lineEnd, from + EXCERPT_WIDTH);
  const head = from > lineStart ? "..." : "";
  const tail = to < lineEnd ? "..." : "";
  const shown = text.slice(from, to).replaceAll("\t", " ");
  const carets = "^".repeat(Math.max(1, Math.min(spanEnd, Math.max(to, start + 1)) - start));
  return `${head}${shown}${tail}\n${" ".repeat(head.length + start - from)}${carets}`;
}

function lineStartOf(text: string, offset: number): number {
  if (offset === 0) return 0;
  return Math.max(text.lastIndexOf("\n", offset - 1), text.lastIndexOf("\r", offset - 1)) + 1;
}

function lineEndOf(text: string, offset: number): number {
  const ends = [text.indexOf("\n", offset), text.indexOf("\r", offset)].filter((at) => at >= 0);
  return ends.length === 0 ? text.length : Math.min(...ends);
}
