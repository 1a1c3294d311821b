import type { PartitionItem } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { parseExpression } from "./expressions.ts";

/** `PARTITION (a = 1, b)`, if it stands here. */
export function acceptPartition(c: Cursor): PartitionItem[] | undefined {
  if (c.wordAt(1) !== "(" || !c.accept("PARTITION")) return undefined;
  return c.parenthesizedList((x) => {
    const column = x.identifier("a partition column");
    return x.accept("=") || x.accept("==") ? { column, value: parseExpression(x) } : { column };
  });
}

export function parsePartition(c: Cursor): PartitionItem[] {
  const partition = acceptPartition(c);
  if (partition === undefined) c.expectPhrase("PARTITION", "(");
  return partition!;
}
