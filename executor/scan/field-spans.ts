/** How a field's text stands in the file. */
export const SPAN = { missing: 0, plain: 1, quoted: 2, escaped: 3, nested: 4 } as const;
export type SpanKind = (typeof SPAN)[keyof typeof SPAN];

/** Where the values of one column lie in a text, row by row: what tokenizers give and column conversion takes. */
export class FieldSpans {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly kinds: Uint8Array;

  constructor(rows: number) {
    this.starts = new Int32Array(rows);
    this.ends = new Int32Array(rows);
    this.kinds = new Uint8Array(rows);
  }

  set(row: number, start: number, end: number, kind: SpanKind): void {
    this.starts[row] = start;
    this.ends[row] = end;
    this.kinds[row] = kind;
  }
}
