import { expect, test } from "vitest";
import { encodeAction, parseAction } from "../../delta/actions.ts";
import { monotoneTimes, versionAtTime } from "../../delta/commit-times.ts";
import { encodeExactJson, parseExactJson, unscaledDecimal } from "../../delta/exact-json.ts";
import { fileKey } from "../../delta/file-paths.ts";
import { parseFileStatistics } from "../../delta/file-statistics.ts";
import { logFile } from "../../delta/log-files.ts";
import { chooseSegment } from "../../delta/log-segment.ts";
import { partitionText, partitionValue, zonedMicros } from "../../delta/partition-values.ts";
import { checkReadable, checkWritable } from "../../delta/protocol.ts";
import { readDeletedRanges } from "../../delta/roaring-bitmap.ts";
import { protocolFor, upgradedProtocol } from "../../delta/table-features.ts";
import { parseSchema, schemaText } from "../../delta/schema-json.ts";
import { decodeZ85 } from "../../delta/z85.ts";
import { BINARY, decimal, FLOAT, LONG, STRING, TIMESTAMP } from "../../catalog/types.ts";

test("numbers beyond a double keep their digits, in both directions", () => {
  const text = '{"a":9223372036854775807,"b":1.2345678901234567890,"c":1.5,"d":"9223372036854775807"}';
  expect(parseExactJson(text)).toMatchObject({ a: 9223372036854775807n, b: { text: "1.2345678901234567890" }, c: 1.5, d: "9223372036854775807" });
  expect(encodeExactJson(parseExactJson(text))).toBe(text);
  expect(encodeAction(parseAction('{"txn":{"appId":"a","version":9007199254740993}}') as never)).toBe('{"txn":{"appId":"a","version":9007199254740993}}');
});

test("binary partition values are texts of UTF-8, and others are refused", () => {
  const bytes = new TextEncoder().encode("é\u0001日");
  expect(partitionText(bytes, BINARY, String)).toBe("é\u0001日");
  expect(partitionValue("é\u0001日", BINARY, () => undefined)).toEqual(bytes);
  expect(partitionText(new Uint8Array(0), BINARY, String)).toBeNull();
  expect(() => partitionText(Uint8Array.of(0x41, 0xff), BINARY, String)).toThrow(expect.objectContaining({ condition: "UNSUPPORTED_FEATURE.PARTITION_VALUE" }));
});

test("decimals are read from their digits", () => {
  expect([unscaledDecimal("1.5", 2), unscaledDecimal("-0.01", 2), unscaledDecimal("1E+3", 0), unscaledDecimal("1.234", 2), unscaledDecimal("x", 2)]).toEqual([150n, -1n, 1000n, undefined, undefined]);
});

test("paths are one file whether encoded, qualified, or neither; a deletion vector makes another", () => {
  expect(new Set([{ path: "/a%20b" }, { path: "file:/a b" }, { path: "file:///a%20b" }].map(fileKey)).size).toBe(1);
  const deletionVector = { storageType: "u", pathOrInlineDv: "x", offset: 1, sizeInBytes: 1, cardinality: 1 };
  expect(fileKey({ path: "a", deletionVector })).not.toBe(fileKey({ path: "a" }));
  expect(fileKey({ path: "a", deletionVector })).not.toBe(fileKey({ path: "a", deletionVector: { ...deletionVector, offset: 2 } }));
});

test("an inline deletion vector of Spark's", () => {
  const text = "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L";
  const bytes = decodeZ85(text, 44);
  expect([...readDeletedRanges(bytes as Uint8Array)]).toEqual([3, 5, 7, 8, 11, 12, 18, 19, 29, 30]);
});

function files(...names: string[]) {
  return names.map((name) => logFile(name, 0)).filter((file) => file !== undefined);
}
const commit = (version: number): string => `${String(version).padStart(20, "0")}.json`;
const checkpoint = (version: number, rest = "parquet"): string => `${String(version).padStart(20, "0")}.checkpoint.${rest}`;

test("a version is read from the newest complete checkpoint, and from compacted commits", () => {
  const log = files(commit(0), commit(1), commit(2), checkpoint(1), checkpoint(2, "0000000001.0000000002.parquet"), commit(3), commit(4), `${"3".padStart(20, "0")}.${"4".padStart(20, "0")}.compacted.json`);
  const segment = chooseSegment("t", log);
  expect(segment.checkpoint.map(({ name }) => name)).toEqual([checkpoint(1)]);
  expect(segment.deltas.map(({ kind, version }) => `${kind} ${version}`)).toEqual(["commit 2", "compacted 3"]);
  expect(chooseSegment("t", log, 3n).deltas.map(({ kind, version }) => `${kind} ${version}`)).toEqual(["commit 2", "commit 3"]);
});

test("gaps in the log, versions that are not there, and no log are told apart", () => {
  expect(() => chooseSegment("t", files(commit(0), commit(2)))).toThrow(expect.objectContaining({ condition: "DELTA_VERSIONS_NOT_CONTIGUOUS" }));
  expect(() => chooseSegment("t", files(commit(1), commit(2)))).toThrow(expect.objectContaining({ condition: "DELTA_TRUNCATED_TRANSACTION_LOG" }));
  expect(() => chooseSegment("t", files(commit(0)), 1n)).toThrow(expect.objectContaining({ condition: "DELTA_VERSION_NOT_FOUND" }));
  expect(() => chooseSegment("t", files(commit(4), commit(5), checkpoint(4)), 2n)).toThrow(expect.objectContaining({ condition: "DELTA_VERSION_NOT_FOUND" }));
  expect(() => chooseSegment("t", files("_last_checkpoint"))).toThrow(expect.objectContaining({ condition: "DELTA_MISSING_DELTA_TABLE" }));
});

test("commit times grow, and say which version was the latest", () => {
  const times = monotoneTimes([100, 90, 90, 300].map((timestampMs, i) => ({ version: BigInt(i), timestampMs })));
  expect(times.map((time) => time.timestampMs)).toEqual([100, 101, 102, 300]);
  expect([100, 101, 299, 300].map((ms) => versionAtTime(times, ms, false))).toEqual([0n, 1n, 2n, 3n]);
  expect(() => versionAtTime(times, 99, false)).toThrow(expect.objectContaining({ condition: "DELTA_TIMESTAMP_EARLIER_THAN_COMMIT_RETENTION" }));
  expect(() => versionAtTime(times, 301, false)).toThrow(expect.objectContaining({ condition: "DELTA_TIMESTAMP_GREATER_THAN_COMMIT" }));
  expect(versionAtTime(times, 301, true)).toBe(3n);
});

test("an unknown reader feature refuses the table by name, an unknown writer feature only writes", () => {
  const reader = { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ["timeTravel9"], writerFeatures: ["timeTravel9"] };
  expect(() => checkReadable("t", reader)).toThrow(expect.objectContaining({ condition: "DELTA_UNSUPPORTED_FEATURES_FOR_READ", parameters: expect.objectContaining({ unsupported: "timeTravel9" }) }));
  const writer = { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: [], writerFeatures: ["timeTravel9"] };
  expect(() => checkReadable("t", writer)).not.toThrow();
  expect(() => checkWritable("t", writer)).toThrow(expect.objectContaining({ condition: "DELTA_UNSUPPORTED_FEATURES_FOR_WRITE" }));
});

test("statistics: maxima of timestamps are a millisecond wide, wide bounds count no nulls, long values are exact, FLOAT values as rounded as their column's", () => {
  const statistics = parseFileStatistics('{"numRecords":3,"minValues":{"t":"2024-01-01T00:00:00.000Z","l":-9223372036854775808,"d":0.10,"s":"a","f":0.234},"maxValues":{"t":"2024-01-01T02:00:00.000+02:00","l":9223372036854775807,"d":12345678901234567.89},"nullCount":{"t":0,"l":1,"d":3},"tightBounds":false}');
  const midnight = zonedMicros("2024-01-01T00:00:00Z") as bigint;
  expect(statistics.rows).toBe(3);
  expect(statistics.column("t", TIMESTAMP)).toEqual({ min: midnight, max: midnight + 1000n, nulls: 0, distinct: undefined });
  expect(statistics.column("l", LONG)).toEqual({ min: -(2n ** 63n), max: 2n ** 63n - 1n, nulls: undefined, distinct: undefined });
  expect(statistics.column("d", decimal(20, 2))).toEqual({ min: 10n, max: 1234567890123456789n, nulls: 3, distinct: undefined });
  expect(statistics.column("f", FLOAT)?.min).toBe(Math.fround(0.234));
  expect(statistics.column("s", STRING)).toEqual({ min: "a", max: null, nulls: undefined, distinct: undefined });
});

test("schemas go through Spark's JSON and back", () => {
  const text = '{"type":"struct","fields":[{"name":"a","type":"integer","nullable":false,"metadata":{"comment":"x"}},{"name":"m","type":{"type":"map","keyType":"string","valueType":{"type":"array","elementType":"decimal(10,2)","containsNull":false},"valueContainsNull":true},"nullable":true,"metadata":{}},{"name":"s","type":{"type":"struct","fields":[{"name":"t","type":"timestamp_ntz","nullable":true,"metadata":{}}]},"nullable":true,"metadata":{}}]}';
  expect(schemaText(parseSchema(text))).toBe(text);
});

test("a protocol is the lowest that has what a table uses, and keeps what it has when it is upgraded", () => {
  const fields = parseSchema('{"type":"struct","fields":[{"name":"a","type":"integer","nullable":true,"metadata":{}}]}');
  const plain = protocolFor({ fields, configuration: {} });
  expect(plain).toEqual({ minReaderVersion: 1, minWriterVersion: 2 });
  const checked = { fields, configuration: { "delta.constraints.a": "a > 0" } };
  expect(upgradedProtocol(plain, checked)).toEqual({ minReaderVersion: 1, minWriterVersion: 3 });
  expect(protocolFor({ fields, configuration: { "delta.columnMapping.mode": "name" } })).toEqual({ minReaderVersion: 2, minWriterVersion: 7, writerFeatures: ["appendOnly", "invariants", "columnMapping"] });
  const vectors = upgradedProtocol({ minReaderVersion: 2, minWriterVersion: 5 }, { fields, configuration: { "delta.enableDeletionVectors": "true", "delta.enableRowTracking": "true" } });
  expect(vectors).toMatchObject({ minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ["columnMapping", "deletionVectors"] });
  expect([...(vectors.writerFeatures ?? [])].sort()).toEqual(["appendOnly", "changeDataFeed", "checkConstraints", "columnMapping", "deletionVectors", "domainMetadata", "generatedColumns", "invariants", "rowTracking"]);
  const foreign = { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ["typeWidening-preview"], writerFeatures: ["typeWidening-preview", "timeTravel9"] };
  expect(upgradedProtocol(foreign, { fields, configuration: { "delta.enableTypeWidening": "true" } })).toBe(foreign);
  expect(upgradedProtocol(foreign, { fields, configuration: { "delta.enableDeletionVectors": "true" } })).toMatchObject({ readerFeatures: ["typeWidening-preview", "deletionVectors"], writerFeatures: ["typeWidening-preview", "timeTravel9", "deletionVectors"] });
});
