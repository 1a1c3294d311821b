import { expect, test } from "vitest";
import { DIALECTS } from "../../parser/dialects/dialect.ts";
import { TABLE_FORMATS } from "../../server/table-providers.ts";
import { findSetting, parseSetting, SETTINGS, Settings, SQL_DIALECTS } from "../../catalog/settings.ts";

test("names are in order, known once, and every default is a valid text", () => {
  const names = SETTINGS.map((s) => s.name);
  expect(names).toEqual([...new Set(names)].toSorted());
  for (const setting of SETTINGS) if (setting.defaultText !== "") parseSetting(setting, setting.defaultText);
});

test("values are typed and names are case-insensitive", () => {
  const settings = new Settings({ "sparrow.memory.limit": "512m" });
  expect(settings.number("sparrow.memory.limit")).toBe(512 * 1024 * 1024);
  expect(settings.flag("SPARK.SQL.ANSI.ENABLED")).toBe(true);
  settings.set("Spark.Sql.Ansi.Enabled", "FALSE");
  expect(settings.flag("spark.sql.ansi.enabled")).toBe(false);
  settings.set("sparrow.query.timeout", "2min");
  expect(settings.number("sparrow.query.timeout")).toBe(120_000);
  expect(settings.value("sparrow.workers")).toBeUndefined();
  expect(settings.given()).toEqual([
    ["spark.sql.ansi.enabled", "FALSE"],
    ["sparrow.memory.limit", "512m"],
    ["sparrow.query.timeout", "2min"],
  ]);
});

test("RESET goes back to what the session began with", () => {
  const settings = new Settings({ "spark.sql.session.timeZone": "UTC" });
  settings.set("spark.sql.session.timeZone", "Europe/Berlin");
  settings.set("spark.my.own", "1");
  settings.reset("spark.sql.session.timeZone");
  expect(settings.text("spark.sql.session.timeZone")).toBe("UTC");
  settings.reset();
  expect(settings.text("spark.my.own")).toBeUndefined();
});

const refused: [string, string, string][] = [
  ["spark.sql.ansi.enabled", "yes", `The value 'yes' in the config "spark.sql.ansi.enabled" is invalid. It should be a/an "boolean" value.`],
  ["sparrow.exec.batchRows", "0", `The value '0' in the config "sparrow.exec.batchRows" is invalid. The value must be from 1 to 65536.`],
  ["sparrow.exec.batchRows", "many", `The value 'many' in the config "sparrow.exec.batchRows" is invalid. It should be a/an "int" value.`],
  ["spark.sql.session.timeZone", "Mars/Base", `The value 'Mars/Base' in the config "spark.sql.session.timeZone" is invalid. Cannot resolve the given timezone.`],
  ["spark.sql.sources.default", "orc", `The value 'orc' in the config "spark.sql.sources.default" is invalid. It should be one of 'delta', 'parquet', 'csv', 'json', 'arrow'.`],
  ["sparrow.query.timeout", "soon", `The value 'soon' in the config "sparrow.query.timeout" is invalid. It should be a/an "duration (500ms, 10s, 2min)" value.`],
  ["sparrow.workers", "2", `Cannot modify the value of the static Spark config: "sparrow.workers".`],
  ["sparrow.exec.batchrow", "2", `The SQL config "sparrow.exec.batchrow" cannot be found. Please verify that the config exists.`],
];
test.each(refused)("SET %s=%s is refused", (name, text, message) => {
  const settings = new Settings();
  expect(() => settings.set(name, text)).toThrow(message);
  expect(settings.given()).toEqual([]);
});

test("a misspelt sparrow.* name is answered with the nearest", () => {
  let hint: string | undefined;
  try {
    new Settings().set("sparrow.exec.batchrow", "1");
  } catch (error) {
    hint = (error as { hint?: string }).hint;
  }
  expect(hint).toBe("Did you mean sparrow.exec.batchRows?");
  expect(findSetting("sparrow.exec.batchrows")?.name).toBe("sparrow.exec.batchRows");
});

test("the dialects and formats to choose from are those that there are", () => {
  expect(SQL_DIALECTS.toSorted()).toEqual(["spark", ...Object.keys(DIALECTS)].toSorted());
  expect(findSetting("spark.sql.sources.default")?.type).toEqual({ kind: "choice", options: TABLE_FORMATS });
});

test("every setting of Spark's adaptive execution is known by name: it is done, means another one, or says why it means nothing", () => {
  const names = `enabled forceApply applyFinalStageShuffleOptimizations advisoryPartitionSizeInBytes autoBroadcastJoinThreshold coalescePartitions.enabled
    coalescePartitions.parallelismFirst coalescePartitions.minPartitionSize coalescePartitions.minPartitionNum coalescePartitions.initialPartitionNum skewJoin.enabled
    skewJoin.skewedPartitionFactor skewJoin.skewedPartitionThresholdInBytes forceOptimizeSkewedJoin optimizeSkewsInRebalancePartitions.enabled
    rebalancePartitionsSmallPartitionFactor localShuffleReader.enabled fetchShuffleBlocksInBatch nonEmptyPartitionRatioForBroadcastJoin
    maxShuffledHashJoinLocalMapThreshold optimizer.excludedRules customCostEvaluatorClass logLevel streaming.stateless.enabled
    shuffle.targetPostShuffleInputSize minNumPostShufflePartitions maxNumPostShufflePartitions`;
  const known = names.split(/\s+/).map((name) => findSetting(`spark.sql.adaptive.${name}`));
  expect(known.every((setting) => setting !== undefined)).toBe(true);
  expect(new Set(known.map((setting) => setting?.name)).size).toBe(known.length - 3);
  // Older names are named where they lead to.
  for (const { aliases = [], doc } of SETTINGS) for (const alias of aliases) if (alias.startsWith("spark.sql.")) expect(doc).toContain(alias);
});

test("settings that mean nothing here are refused values that Spark refuses", () => {
  const settings = new Settings();
  settings.set("spark.sql.adaptive.forceOptimizeSkewedJoin", "TRUE");
  expect(() => settings.set("spark.sql.adaptive.nonEmptyPartitionRatioForBroadcastJoin", "2")).toThrow("from 0 to 1");
});
