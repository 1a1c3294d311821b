import { expect, test } from "vitest";
import { schemaElements } from "../../executor/scan/mini-file.ts";
import type { SchemaNode } from "../../executor/scan/parquet-schema.ts";
import { parseSchemaElement, schemaTree } from "../../executor/scan/parquet-schema.ts";
import { ThriftReader, ThriftType, ThriftWriter } from "../../executor/scan/thrift-compact.ts";

/** Thrift's numbers: repetition, converted type. */
const [REQUIRED, OPTIONAL, REPEATED] = [0, 1, 2];
const [MAP, KEY_VALUE, LIST] = [1, 2, 3];

function element(name: string, repetition: number, children: number, converted?: number): Uint8Array {
  const writer = new ThriftWriter();
  writer.struct(() => {
    if (children === 0) writer.intField(1, ThriftType.i32, 1);
    writer.intField(3, ThriftType.i32, repetition);
    writer.field(4, ThriftType.binary);
    writer.string(name);
    if (children > 0) writer.intField(5, ThriftType.i32, children);
    if (converted !== undefined) writer.intField(6, ThriftType.i32, converted);
  });
  return writer.finish().slice();
}

function tree(elements: readonly Uint8Array[]): SchemaNode {
  return schemaTree([element("schema", REQUIRED, 1), ...elements].map((bytes) => parseSchemaElement(new ThriftReader(bytes))));
}

function shape(node: SchemaNode): string {
  const children = node.children.length === 0 ? "" : `(${node.children.map(shape).join(", ")})`;
  return `${node.repetition} ${node.name}${node.annotation === undefined ? "" : `:${node.annotation.kind}`}${children}`;
}

test("a map that is a list's repeated group itself is written as its element; the levels of the leaves stay", () => {
  const twoLevels = tree([element("a", OPTIONAL, 1, LIST), element("array", REPEATED, 1, MAP), element("map", REPEATED, 2, KEY_VALUE), element("key", REQUIRED, 0), element("value", OPTIONAL, 0)]);
  const [column] = twoLevels.children;
  expect(shape(column)).toBe("optional a:list(repeated array:map(repeated map:map(required key, optional value)))");
  expect(shape(tree(schemaElements(column)).children[0])).toBe("optional a:list(repeated list(required array:map(repeated map:map(required key, optional value))))");
});
