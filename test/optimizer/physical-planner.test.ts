import { expect, test } from "vitest";
import { INT, LONG } from "../../catalog/types.ts";
import type { TableLookup } from "../../planner/analyzer/context.ts";
import { explain, explainLogical, explainPhysical } from "../../planner/explain.ts";
import { planPhysical } from "../../planner/physical-planner.ts";
import { joinExchange } from "../../planner/partitioned-join.ts";
import type { PhysicalPlan } from "../../planner/physical.ts";
import { physicalInputs } from "../../planner/physical.ts";
import { planned } from "./benchmark-tables.ts";

function table(name: string, rows: number): [string, TableLookup] {
  const columns = [
    { name: "a", type: INT, nullable: true },
    { name: "k", type: INT, nullable: false },
    { name: "l", type: LONG, nullable: true },
  ];
  return [name, { kind: "table", snapshot: { name, version: "1", columns, splits: [], statistics: { rows, bytes: undefined, columns: new Map() } } }];
}

const TABLES = new Map([table("small", 100), table("large", 1_000_000)]);

function physical(sql: string): PhysicalPlan {
  return planPhysical(planned(sql, TABLES).optimized);
}

function joins(sql: string): readonly string[] {
  const out: string[] = [];
  const visit = (node: PhysicalPlan): void => {
    if (node.kind === "hashJoin") out.push(`hash ${node.join}${joinExchange(node) === undefined ? "" : " by partition"}${node.nullAware ? " null aware" : ""}${node.keys.map((key) => (key.nullSafe ? " <=>" : " =")).join("")}${node.residual === undefined ? "" : " residual"}`);
    if (node.kind === "nestedLoopJoin") out.push(`loop ${node.join}`);
    physicalInputs(node).forEach(visit);
  };
  visit(physical(sql));
  return out;
}

test.each<[string, readonly string[]]>([
  ["SELECT * FROM large JOIN small ON large.a = small.a", ["hash inner ="]],
  ["SELECT * FROM large JOIN small ON large.a = small.a AND large.l < small.l", ["hash inner = residual"]],
  ["SELECT * FROM large JOIN small ON large.a < small.a", ["loop inner"]],
  ["SELECT * FROM large JOIN small ON large.a = small.l", ["hash inner ="]],
  ["SELECT /*+ SHUFFLE_REPLICATE_NL(small) */ * FROM large JOIN small ON large.a = small.a", ["loop inner"]],
  ["SELECT /*+ SHUFFLE_REPLICATE_NL(small) */ * FROM large LEFT JOIN small ON large.a = small.a", ["hash probeOuter ="]],
  ["SELECT /*+ MERGE(small) */ * FROM large JOIN small ON large.a = small.a", ["hash inner by partition ="]],
  ["SELECT /*+ BROADCAST(large) */ * FROM large LEFT JOIN small ON large.a = small.a", ["hash buildOuter ="]],
  ["SELECT /*+ SHUFFLE_HASH(large) */ * FROM large LEFT JOIN small ON large.a = small.a", ["hash buildOuter by partition ="]],
  ["SELECT /*+ MERGE(small), BROADCAST(large) */ * FROM large JOIN small ON large.a = small.a", ["hash inner ="]],
  ["SELECT * FROM large LEFT JOIN small ON large.a = small.a", ["hash probeOuter ="]],
  ["SELECT * FROM small LEFT JOIN large ON large.a = small.a", ["hash buildOuter ="]],
  ["SELECT * FROM small FULL JOIN large ON large.a = small.a", ["hash fullOuter ="]],
  ["SELECT * FROM large LEFT SEMI JOIN small ON large.a = small.a", ["hash probeSemi ="]],
  ["SELECT * FROM small LEFT SEMI JOIN large ON large.a = small.a", ["hash buildSemi ="]],
  ["SELECT * FROM small LEFT ANTI JOIN large ON large.a = small.a", ["hash buildAnti ="]],
  ["SELECT * FROM small LEFT ANTI JOIN large ON large.a <=> small.a", ["hash buildAnti <=>"]],
  ["SELECT * FROM large WHERE a NOT IN (SELECT a FROM small)", ["hash probeAnti null aware ="]],
  ["SELECT * FROM large WHERE k NOT IN (SELECT k FROM small)", ["hash probeAnti ="]],
  ["SELECT * FROM large WHERE a IN (SELECT a FROM small) OR k = 3", ["hash probeMark null aware ="]],
  ["SELECT * FROM large WHERE EXISTS (SELECT * FROM small WHERE small.a = large.a) OR k = 3", ["hash probeMark <=>"]],
  ["SELECT * FROM large WHERE a NOT IN (SELECT a FROM small WHERE small.k = large.k)", ["hash probeAnti = residual"]],
  ["SELECT * FROM large WHERE (a, l) NOT IN (SELECT a, l FROM small)", ["loop probeAnti"]],
  ["SELECT * FROM large WHERE a > (SELECT max(a) FROM small)", ["loop inner"]],
])("%s joins by %j", (sql, expected) => {
  expect(joins(sql)).toEqual(expected);
});

test("a condition over one side of an outer join is computed below it, one that can raise is not", () => {
  const residuals = (node: PhysicalPlan): readonly string[] => (node.kind === "hashJoin" && node.residual !== undefined ? [node.residual.kind] : physicalInputs(node).flatMap(residuals));
  expect(residuals(physical("SELECT * FROM large LEFT JOIN small ON large.a = small.a AND large.l > 3"))).toEqual(["column"]);
  expect(residuals(physical("SELECT * FROM large LEFT JOIN small ON large.a = small.a AND 1 / large.k > 3"))).toEqual(["call"]);
});

test("the smaller side is kept, the larger one streams", () => {
  const join = [physical("SELECT * FROM large JOIN small ON large.a = small.a")].flatMap((node) => (node.kind === "hashJoin" ? [node] : physicalInputs(node)))[0];
  expect(join.kind === "hashJoin" && [join.build.rows, join.probe.rows]).toEqual([100, 1_000_000]);
});

test("a hint decides the side that is kept", () => {
  const visit = (node: PhysicalPlan): readonly number[] => (node.kind === "hashJoin" ? [node.build.rows] : physicalInputs(node).flatMap(visit));
  expect(visit(physical("SELECT /*+ BROADCAST(large) */ * FROM large JOIN small ON large.a = small.a"))).toEqual([1_000_000]);
});

test("hash tables that are estimated to be large are partitioned", () => {
  const kinds = (sharedTableBytes: number): readonly string[] => {
    const visit = (node: PhysicalPlan): readonly string[] => [node.kind, ...physicalInputs(node).flatMap(visit)];
    return visit(planPhysical(planned("SELECT /*+ REPARTITION(4) */ large.a FROM large JOIN small ON large.a = small.a", TABLES).optimized, { sharedTableBytes })).filter((kind) => kind === "exchange");
  };
  // 100 rows of 24 bytes; the exchange that the query asks for stays.
  expect(kinds(2400)).toHaveLength(1);
  expect(kinds(2399)).toHaveLength(2);
});

test("ORDER BY with LIMIT keeps a heap, a large LIMIT sorts", () => {
  const kinds = (node: PhysicalPlan): readonly string[] => [node.kind, ...physicalInputs(node).flatMap(kinds)];
  expect(kinds(physical("SELECT a FROM large ORDER BY a LIMIT 10 OFFSET 5"))).toContain("topN");
  expect(kinds(physical("SELECT a FROM large ORDER BY a LIMIT 1000000"))).toEqual(["limit", "sort", "scan"]);
});

test("a CTE that is read twice runs once, one that is read once is inlined", () => {
  const shared = (sql: string): readonly PhysicalPlan[] => {
    const found: PhysicalPlan[] = [];
    const visit = (node: PhysicalPlan): void => {
      if (node.kind === "shared") found.push(node.definition);
      else physicalInputs(node).forEach(visit);
    };
    visit(physical(sql));
    return found;
  };
  const twice = shared("WITH c AS (SELECT a, count(*) AS n FROM large GROUP BY a) SELECT * FROM c x JOIN c y ON x.a = y.n");
  expect(twice).toHaveLength(2);
  expect(twice[0]).toBe(twice[1]);
  expect(shared("WITH c AS (SELECT a, count(*) AS n FROM large GROUP BY a) SELECT * FROM c")).toEqual([]);
});

test("windows read columns, what they compute is computed below", () => {
  const visit = (node: PhysicalPlan): readonly PhysicalPlan[] => [node, ...physicalInputs(node).flatMap(visit)];
  const window = visit(physical("SELECT sum(a + 1) OVER (PARTITION BY k % 2 ORDER BY a * 2) FROM small")).find((node) => node.kind === "window");
  const exprs = window?.kind === "window" ? [...window.partitionBy, ...window.orderBy.map((key) => key.expr), ...window.calls.flatMap((c) => c.call.args)] : [];
  expect(exprs.map((expr) => expr.kind)).toEqual(["column", "column", "column"]);
});

test("EXPLAIN prints plans as trees, with measured numbers by node", () => {
  const { analyzed, optimized } = planned("SELECT a, count(*) AS n FROM small WHERE k > 3 GROUP BY a", TABLES);
  const plan = planPhysical(optimized);
  expect(explain({ analyzed, optimized, physical: plan }, "simple")).toBe(`== Physical Plan ==
HashAggregate keys=[a#1], functions=[count(1) AS count(1)#4] (id=2, rows=33)
+- Filter (k#2 > 3) (id=1, rows=33)
   +- Scan small[a#1, k#2], reads 0 of 0 splits, skip by [(k#2 > 3)] (id=0, rows=100)
`);
  const measured = new Map([[1, { rows: 7, milliseconds: 2.5, bytes: 2048 }]]);
  expect(explainPhysical(plan, measured)).toContain("Filter (k#2 > 3) (id=1, rows=33) [rows=7, time=2.50 ms, memory=2.0 KiB]");
  expect(explain({ analyzed, optimized, physical: plan }, "extended")).toContain("== Optimized Logical Plan ==\n");
  expect(explain({ analyzed, optimized, physical: plan }, "cost")).toContain("rowCount=");
  expect(explain({ analyzed, optimized, physical: plan }, "formatted")).toContain("(1) Scan\nOutput: [a#1, k#2]\n");
});

test("EXPLAIN names hints of joins as Spark does", () => {
  const { optimized } = planned("SELECT /*+ BROADCAST(small) */ * FROM large JOIN small ON large.a = small.a", TABLES);
  expect(explainLogical(optimized)).toMatch(/Join inner, .*, rightHint=\(strategy=broadcast\)/);
});
