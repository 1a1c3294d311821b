import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { geometricMean, measure, medianOf } from "../../bench/measure.ts";
import type { MeasureOptions, Measurement } from "../../bench/measure.ts";
import { writeRecord } from "../../bench/report/record.ts";
import { tableFooter, tableRow } from "../../bench/report/table.ts";
import type { Suite } from "../../bench/suite.ts";
import { tpchQueries } from "../../bench/tpch/queries.ts";
import { tpchSuite } from "../../bench/tpch/suite.ts";
import { varyTpch } from "../../bench/tpch/vary.ts";

let folder: string;
let suite: Suite;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "sparrow-bench-"));
  suite = await tpchSuite(path.join(folder, "data"), 0.001);
});

afterAll(() => rmSync(folder, { recursive: true }));

describe("the bench, with DuckDB in both places", () => {
  it("finds equal answers, times, peaks, and writes the record", async () => {
    const options: MeasureOptions = { mode: "hot", threads: 1, runs: 3, vary: true, ours: "duckdb" };
    const seen: string[] = [];
    const measurement = await measure({ ...suite, queries: suite.queries.slice(0, 2) }, options, (query) => seen.push(query.id));
    expect(seen).toEqual(["q01", "q02"]);
    for (const query of measurement.queries) {
      expect(query.problem).toBeUndefined();
      expect(query.ours!.milliseconds).toBeGreaterThan(0);
      expect(query.duckdb!.peakMegabytes).toBeGreaterThan(10);
    }
    const [json] = writeRecord(path.join(folder, "out"), suite, options, measurement);
    const record = JSON.parse(readFileSync(json, "utf8"));
    expect(record).toMatchObject({ suite: "tpch", sf: 0.001, mode: "hot", threads: 1, queries: [{ id: "q01", equal: true }, { id: "q02", equal: true }] });
    expect(readFileSync(json.replace(/json$/, "svg"), "utf8")).toContain("<svg");
  });

  it("tells apart what differs and what fails, and goes on", async () => {
    const queries = [
      { id: "differs", sql: "SELECT 1 AS x, random() AS y" },
      { id: "fails", sql: "SELECT no_such_column FROM region" },
      { id: "agrees", sql: "SELECT count(*) FROM lineitem" },
    ];
    const options: MeasureOptions = { mode: "parquet", threads: 1, runs: 1, vary: false, ours: "duckdb" };
    const measurement = await measure({ ...suite, queries }, options, () => {});
    const problems = measurement.queries.map((query) => query.problem);
    expect(problems[0]).toContain("DuckDB has no row (1, 0.");
    expect(problems[1]).toContain("no_such_column");
    expect(problems[2]).toBeUndefined();
    expect(tableRow(measurement.queries[0])).toContain("DIFFER");
    expect(tableFooter(measurement)).toContain("2 of 3 failed or differ: differs, fails");
  });
});

describe("varyTpch", () => {
  it("changes every query that has a literal to change, and keeps the text at run 0", () => {
    const queries = tpchQueries(1);
    expect(queries.every(({ sql }) => varyTpch(sql, 0) === sql)).toBe(true);
    expect(queries.filter(({ sql }) => varyTpch(sql, 1) === sql).map((q) => q.id)).toEqual(["q13", "q22"]);
    expect(varyTpch("DATE '1998-12-31' 'ASIA' 'Brand#45' '%green%'", 1)).toBe("DATE '1999-01-01' 'EUROPE' 'Brand#41' '%grey%'");
  });
});

describe("figures", () => {
  it("medians and means", () => {
    expect(medianOf([3, 1, 2])).toBe(2);
    expect(medianOf([4, 1, 2, 3])).toBe(2.5);
    expect(geometricMean([0.5, 2])).toBeCloseTo(1);
  });

  it("leaves failed queries out of the mean, but names them", () => {
    const cost = { milliseconds: 10, cpuMilliseconds: 10, peakMegabytes: 1, residentMegabytes: 1, first: 1, rows: 1 };
    const measurement: Measurement = {
      load: { ours: cost, duckdb: cost },
      queries: [
        { id: "a", ours: { ...cost, milliseconds: 5 }, duckdb: cost, problem: undefined },
        { id: "b", ours: undefined, duckdb: cost, problem: "no" },
      ],
    };
    expect(tableFooter(measurement)).toContain("over 1 queries: 0.500");
    expect(tableFooter(measurement)).toContain("1 of 2 failed or differ: b");
  });
});
