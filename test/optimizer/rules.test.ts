import { describe, expect, test } from "vitest";
import type { DataType } from "../../catalog/types.ts";
import { BOOLEAN, DATE, decimal, DOUBLE, INT, LONG, STRING } from "../../catalog/types.ts";
import type { TableLookup } from "../../planner/analyzer/context.ts";
import { explainLogical } from "../../planner/explain.ts";
import { BATCHES, excludableRules } from "../../planner/optimizer/optimize.ts";
import type { Rule } from "../../planner/optimizer/rule.ts";
import { runBatch } from "../../planner/optimizer/rule.ts";
import { checkPlan, checkSameOutput } from "../../planner/plan-invariants.ts";
import { evaluateConstant, planned } from "./benchmark-tables.ts";

function table(name: string, rows: number, columns: Readonly<Record<string, DataType | [DataType, number, number]>>): [string, TableLookup] {
  const entries = Object.entries(columns);
  const typeOfColumn = (column: DataType | [DataType, number, number]): DataType => (Array.isArray(column) ? column[0] : column);
  const fields = entries.map(([field, type]) => ({ name: field.replace("!", ""), type: typeOfColumn(type), nullable: !field.endsWith("!") }));
  const statistics = new Map(entries.flatMap(([, type], i) => (Array.isArray(type) ? [[i, { min: type[1], max: type[2], nulls: undefined, distinct: undefined }] as const] : [])));
  return [name, { kind: "table", snapshot: { name, version: "1", columns: fields, splits: [], statistics: { rows, bytes: undefined, columns: statistics } } }];
}

/** `!` marks columns that cannot be NULL. */
const TABLES = new Map<string, TableLookup>([
  table("t", 1000, { a: INT, b: INT, "k!": INT, s: STRING, l: LONG, d: decimal(10, 2), x: DOUBLE, ok: BOOLEAN, day: DATE, r: [INT, 0, 100] }),
  table("u", 100_000, { a: INT, c: INT, "k!": INT, "m!": [INT, 1, 100_000] }),
  table("v", 100, { a: INT, e: INT, "k!": INT, "m!": [INT, 1, 100_000] }),
]);

/** Nullable by its schema, without NULLs by its statistics. */
TABLES.set("dense", { kind: "table", snapshot: { name: "dense", version: "1", columns: [{ name: "a", type: INT, nullable: true }], splits: [], statistics: { rows: 10, bytes: undefined, columns: new Map([[0, { min: 1, max: 9, nulls: 0, distinct: undefined }]]) } } });

/** A table of two row groups of five rows, in `thinned` some deleted. */
for (const name of ["stored", "thinned"]) {
  const deletedRows = name === "thinned" ? new Uint32Array([0, 1]) : undefined;
  const splits = [0, 1].map((rowGroup) => ({ source: { kind: "parquet", path: "f", fileBytes: 1, modifiedMs: 0, rowGroup, firstRow: 0, fields: [], deletedRows } as const, rows: 5, bytes: 10 }));
  const columns = [{ name: "a", type: INT, nullable: true }];
  TABLES.set(name, { kind: "table", snapshot: { name, version: "1", columns, splits, statistics: { rows: 10, bytes: 20, columns: new Map() } } });
}

const RULES = new Map<string, Rule>(BATCHES.flatMap((batch) => batch.rules).map((rule) => [rule.name, rule]));

/** The plan after this rule alone (over a normalized plan), without column ids; undefined when it does not fire. */
function after(name: string, sql: string, ...helpers: readonly string[]): string | undefined {
  const rule = RULES.get(name);
  if (rule === undefined) throw new Error(`no rule ${name}`);
  let nextId = 100_000;
  const context = { enabled: false, excludedRules: new Set<string>(), evaluate: evaluateConstant, nextColumnId: () => nextId++ };
  let plan = planned(sql, TABLES, { enabled: false }).optimized;
  for (const helper of helpers) plan = runBatch({ name: helper, required: false, strategy: "fixedPoint", rules: [RULES.get(helper) as Rule] }, plan, context);
  const trace = (_: string, changed: typeof plan): void => {
    checkPlan(changed);
    checkSameOutput(plan, changed);
  };
  const rewritten = runBatch({ name: "test", required: false, strategy: rule.kind === "plan" ? "once" : "fixedPoint", rules: [rule] }, plan, { ...context, trace });
  return rewritten === plan ? undefined : explainLogical(rewritten).replace(/#\d+/g, "");
}

interface Case {
  readonly fires: readonly (readonly [sql: string, shows: string])[];
  readonly stays: readonly string[];
  /** Rules whose work this one builds on. */
  readonly needs?: readonly string[];
}

const CASES: Readonly<Record<string, Case>> = {
  ConstantFolding: {
    fires: [["SELECT a + (1 + 2) FROM t", "(a + 3)"]],
    stays: ["SELECT a + 1 FROM t", "SELECT CASE WHEN ok THEN 1 / 0 ELSE 0 END FROM t", "SELECT rand(5) FROM t"],
  },
  SimplifyExtractValueOps: {
    fires: [
      ["SELECT s.a FROM (SELECT a, named_struct('a', a, 'b', b) AS s FROM t)", "Project [a AS a]\n"],
      ["SELECT s.k FROM v LEFT JOIN (SELECT k, named_struct('k', k) AS s FROM t) x ON x.k = v.e", "Project [k AS k]\n"],
    ],
    stays: [
      "SELECT s.a FROM (SELECT named_struct('a', a) AS s FROM t)",
      "SELECT s.a FROM (SELECT a, named_struct('a', a + 1) AS s FROM t)",
      "SELECT s.a FROM (SELECT a, named_struct('a', a) AS s FROM t) GROUP BY s",
    ],
  },
  NullPropagation: {
    fires: [["SELECT a + CAST(NULL AS INT) FROM t", "[null AS"], ["SELECT k IS NULL FROM t", "[false AS"], ["SELECT coalesce(k, a) FROM t", "[k AS"], ["SELECT a <=> NULL FROM t", "isnull("], ["SELECT k <=> 5 FROM t", "(k = 5)"]],
    stays: ["SELECT ok AND NULL FROM t", "SELECT a IS NULL FROM t", "SELECT coalesce(a, b) FROM t"],
  },
  BooleanSimplification: {
    fires: [["SELECT ok AND TRUE FROM t", "[ok AS"], ["SELECT ok OR TRUE FROM t", "[true AS"], ["SELECT NOT (a < b) FROM t", "(a >= b)"], ["SELECT NOT (a = 1 AND b = 2) FROM t", "((a <> 1) OR (b <> 2))"], ["SELECT ok AND ok FROM t", "[ok AS"], ["SELECT k = 1 AND NOT (k = 1) FROM t", "((k = 1) AND (k <> 1))"]],
    stays: ["SELECT ok AND NULL FROM t", "SELECT ok AND NOT ok FROM t", "SELECT rand() < 0.5 AND rand() < 0.5 FROM t"],
  },
  FactorDisjunctions: {
    fires: [["SELECT * FROM t WHERE (a = 1 AND b = 2) OR (a = 1 AND b = 3)", "((a = 1) AND ((b = 2) OR (b = 3)))"], ["SELECT * FROM t WHERE a = 1 OR (a = 1 AND b = 3)", "Filter (a = 1)"]],
    stays: ["SELECT * FROM t WHERE (a = 1 AND b = 2) OR (a = 2 AND b = 3)", "SELECT * FROM t WHERE (ok AND 1 / a > 0) OR (b = 1 AND 1 / a > 0)"],
  },
  SimplifyConditionals: {
    fires: [["SELECT CASE WHEN FALSE THEN a WHEN b = 1 THEN k ELSE 0 END FROM t", "CASE WHEN (b = 1)"], ["SELECT CASE WHEN TRUE THEN 1 ELSE b END FROM t", "[1 AS"], ["SELECT CASE WHEN b = 1 THEN 2 ELSE 2 END FROM t", "[2 AS"], ["SELECT CASE WHEN k = 1 THEN TRUE ELSE FALSE END FROM t", "(k = 1)"]],
    stays: ["SELECT CASE WHEN a = 1 THEN TRUE ELSE FALSE END FROM t", "SELECT CASE WHEN 1 / a > 0 THEN 1 ELSE 1 END FROM t"],
  },
  SimplifyCasts: {
    fires: [["SELECT CAST(CAST(a AS BIGINT) AS INT) FROM t", "[a AS"], ["SELECT CAST(CAST(a AS BIGINT) AS DECIMAL(20, 0)) FROM t", "cast(a as decimal(20,0))"]],
    stays: ["SELECT CAST(a AS BIGINT) FROM t", "SELECT CAST(CAST(x AS INT) AS BIGINT) FROM t"],
  },
  CanonicalizeComparisons: {
    fires: [["SELECT * FROM t WHERE 5 < a", "(a > 5)"], ["SELECT ok = TRUE FROM t", "[ok AS"], ["SELECT k = k FROM t", "[true AS"], ["SELECT a = a FROM t", "(isnotnull(a) OR null)"]],
    stays: ["SELECT * FROM t WHERE a > 5", "SELECT rand() = rand() FROM t"],
  },
  UnwrapCastInBinaryComparison: {
    fires: [["SELECT * FROM t WHERE CAST(a AS BIGINT) = CAST(5 AS BIGINT)", "(a = 5)"], ["SELECT * FROM t WHERE a < 5000000000", "(isnotnull(a) OR null)"], ["SELECT * FROM t WHERE CAST(k AS DECIMAL(12, 2)) > CAST(3.50 AS DECIMAL(12, 2))", "(k > 3)"]],
    stays: ["SELECT * FROM t WHERE CAST(x AS INT) = 5", "SELECT * FROM t WHERE CAST(l AS INT) = 5", "SELECT * FROM t WHERE a = 5"],
    needs: ["ConstantFolding"],
  },
  OptimizeIn: {
    fires: [["SELECT * FROM t WHERE a IN (1, 2, 1)", "a IN (1,2)"], ["SELECT * FROM t WHERE a IN (3, 3)", "(a = 3)"]],
    stays: ["SELECT * FROM t WHERE a IN (1, NULL)", "SELECT * FROM t WHERE a IN (1, 2)"],
  },
  CombineEqualities: {
    fires: [["SELECT * FROM t WHERE a = 1 OR b = 2 OR a = 3 OR a IN (4, NULL)", "(a IN (1,3,4,null) OR (b = 2))"]],
    stays: ["SELECT * FROM t WHERE a = 1 OR a = 2", "SELECT * FROM t WHERE a = b OR a = k OR a = r", "SELECT * FROM t WHERE a = 1 OR b = 2 OR k = 3"],
  },
  OrderConditions: {
    fires: [["SELECT * FROM t WHERE s LIKE '%a%b%' AND a = 3", "Filter ((a = 3) AND (s LIKE %a%b%))"]],
    stays: ["SELECT * FROM t WHERE s LIKE '%a%b%' AND 5 / a = 3", "SELECT * FROM t WHERE rand() < 0.5 AND a = 3", "SELECT * FROM t WHERE a = 3 AND s LIKE '%a%b%'"],
  },
  OptimizeMetadataOnlyQuery: {
    fires: [["SELECT count(*) FROM stored", "LocalRelation [count(1)], 1 row (10)"]],
    stays: ["SELECT count(*) FROM t", "SELECT count(a) FROM stored", "SELECT max(a) FROM stored", "SELECT count(*) FROM stored WHERE a = 1", "SELECT a, count(*) FROM stored GROUP BY a", "SELECT count(*) FROM thinned"],
  },
  UpdateAttributeNullability: {
    // Seen by what it lets another rule conclude.
    fires: [["SELECT a IS NULL FROM dense", "isnull(a)"]],
    stays: ["SELECT a + 1 FROM t", "SELECT t.k FROM t"],
  },
  LikeSimplification: {
    fires: [["SELECT * FROM t WHERE s LIKE 'ab%'", "startswith(s, ab)"], ["SELECT * FROM t WHERE s LIKE '%ab'", "endswith(s, ab)"], ["SELECT * FROM t WHERE s LIKE '%ab%'", "contains(s, ab)"], ["SELECT * FROM t WHERE s LIKE 'ab'", "(s = ab)"], ["SELECT * FROM t WHERE s LIKE 'ab%ba'", "((length(s) >= 4) AND startswith(s, ab) AND endswith(s, ba))"]],
    stays: ["SELECT * FROM t WHERE s LIKE 'a_%'", "SELECT * FROM t WHERE s LIKE 'a\\\\%%'", "SELECT * FROM t WHERE s LIKE '%a%b%'", "SELECT * FROM t WHERE s LIKE 'a!%%' ESCAPE '!'"],
  },
  CombineFilters: { fires: [], stays: ["SELECT * FROM (SELECT * FROM t WHERE rand() < 0.5) WHERE rand() < 0.5"] },
  PushFilterThroughProject: {
    fires: [["SELECT * FROM (SELECT a + 1 AS z FROM t) WHERE z = 3", "Filter ((a + 1) = 3)\n"]],
    stays: ["SELECT * FROM (SELECT rand() AS z, a FROM t) WHERE z > 0.5", "SELECT * FROM (SELECT rand() AS z, a FROM t) WHERE a = 1"],
  },
  PushFilterThroughAggregate: {
    fires: [["SELECT * FROM (SELECT a, count(*) AS n FROM t GROUP BY a) WHERE a = 1", "+- Filter (a = 1)\n"]],
    stays: ["SELECT a, count(*) AS n FROM t GROUP BY a HAVING count(*) > 1", "SELECT count(*) FROM t HAVING 1 = 0"],
    needs: ["PushFilterThroughProject"],
  },
  PushFilterThroughWindow: {
    fires: [["SELECT * FROM (SELECT a, rank() OVER (PARTITION BY a ORDER BY b) AS n FROM t) WHERE a = 1", "+- Filter (a = 1)\n"]],
    stays: ["SELECT * FROM (SELECT b, rank() OVER (PARTITION BY a ORDER BY b) AS n FROM t) WHERE b = 1", "SELECT * FROM (SELECT a, rank() OVER (ORDER BY b) AS n FROM t) WHERE a = 1"],
    needs: ["PushFilterThroughProject"],
  },
  PushFilterThroughSort: { fires: [["SELECT * FROM (SELECT * FROM t ORDER BY a) WHERE b = 1", "Filter (b = 1)\n"]], stays: ["SELECT * FROM (SELECT * FROM t ORDER BY a LIMIT 3) WHERE b = 1"], needs: ["PushFilterThroughProject"] },
  PushFilterThroughGenerate: {
    fires: [["SELECT * FROM (SELECT a, z FROM t LATERAL VIEW explode(array(a, b)) e AS z) WHERE a = 1", "+- Filter (a = 1)\n"]],
    stays: ["SELECT * FROM (SELECT a, z FROM t LATERAL VIEW explode(array(a, b)) e AS z) WHERE z = 1", "SELECT * FROM (SELECT a, z FROM t LATERAL VIEW explode(array(a, b)) e AS z) WHERE 1 / a = 1"],
    needs: ["PushFilterThroughProject"],
  },
  PushFilterThroughExpand: { fires: [], stays: ["SELECT * FROM (SELECT a, b, count(*) AS n FROM t GROUP BY CUBE (a, b)) WHERE a = 1"], needs: ["PushFilterThroughProject", "PushFilterThroughAggregate"] },
  PushFilterThroughSetOperation: {
    fires: [["SELECT * FROM (SELECT a FROM t UNION ALL SELECT c FROM u) WHERE a = 1", "Filter (c = 1)"]],
    stays: ["SELECT * FROM (SELECT a FROM t UNION ALL SELECT c FROM u) WHERE rand() < 0.5"],
    needs: ["PushFilterThroughProject"],
  },
  PushFilterIntoJoin: { fires: [], stays: ["SELECT * FROM t LEFT JOIN u ON t.a = u.a WHERE u.c IS NULL"] },
  PushJoinConditionToSides: { fires: [["SELECT * FROM t LEFT JOIN u ON t.a = u.a AND u.c = 1", "Filter (c = 1)"]], stays: ["SELECT * FROM t LEFT JOIN u ON t.a = u.a AND t.b = 1", "SELECT * FROM t FULL JOIN u ON t.a = u.a AND u.c = 1"] },
  EliminateOuterJoin: {
    fires: [["SELECT * FROM t LEFT JOIN u ON t.a = u.a WHERE u.c > 3", "Join inner"], ["SELECT * FROM t FULL JOIN u ON t.a = u.a WHERE t.b = 1", "Join left"], ["SELECT * FROM (SELECT t.a, u.c + 1 AS z FROM t LEFT JOIN u ON t.a = u.a) q JOIN v ON q.z = v.a", "Join inner, (a = a)"]],
    stays: ["SELECT * FROM t LEFT JOIN u ON t.a = u.a WHERE u.c IS NULL", "SELECT * FROM t LEFT JOIN u ON t.a = u.a WHERE coalesce(u.c, 0) = 0", "SELECT count(u.c) FROM t LEFT JOIN u ON t.a = u.a", "SELECT * FROM t LEFT JOIN u ON t.a = u.a WHERE u.c = 1 OR t.b = 1"],
  },
  ReplaceNullWithFalseInPredicate: { fires: [["SELECT * FROM t WHERE a = 1 OR NULL", "Filter ((a = 1) OR false)"], ["SELECT * FROM t WHERE TRUE", "Relation t"]], stays: ["SELECT a = 1 OR NULL FROM t", "SELECT * FROM t WHERE NOT (ok AND NULL)"] },
  PropagateEmptyRelation: {
    fires: [["SELECT a, count(*) FROM t WHERE FALSE GROUP BY a", "LocalRelation"], ["SELECT * FROM t LEFT JOIN (SELECT * FROM u WHERE FALSE) u ON t.a = u.a", "null AS c"], ["SELECT a FROM t UNION ALL SELECT c FROM u WHERE FALSE", "Union all"], ["SELECT * FROM t LIMIT 0", "LocalRelation"]],
    stays: ["SELECT count(*) FROM t HAVING count(*) > 1", "SELECT * FROM t WHERE ok"],
  },
  CombineUnions: { fires: [["SELECT a FROM t UNION ALL (SELECT a FROM u UNION ALL SELECT a FROM v)", "Union all [a]\n:- "]], stays: ["SELECT a FROM t UNION ALL SELECT a FROM (SELECT DISTINCT a FROM u)"], needs: ["RemoveNoopOperators"] },
  ReplaceMarkJoin: {
    fires: [["SELECT * FROM t WHERE a NOT IN (SELECT c FROM u)", "Join anti, ((a = c) OR isnull((a = c)))"], ["SELECT * FROM t WHERE k NOT IN (SELECT k FROM u)", "Join anti, (k = k)"], ["SELECT * FROM t WHERE NOT (EXISTS (SELECT 1 FROM u WHERE u.c = t.a) OR ok)", "Join"]],
    stays: ["SELECT * FROM t WHERE a IN (SELECT c FROM u) OR b > 3", "SELECT a IN (SELECT c FROM u) FROM t"],
    needs: ["BooleanSimplification"],
  },
  SimplifySingleJoin: {
    fires: [["SELECT (SELECT max(c) FROM u) FROM t", "Join inner"]],
    stays: ["SELECT (SELECT c FROM u WHERE u.a = t.a) FROM t"],
    needs: [],
  },
  TurnRightJoins: { fires: [["SELECT * FROM t RIGHT JOIN u ON t.a = u.a", "Join left"]], stays: ["SELECT * FROM t LEFT JOIN u ON t.a = u.a"] },
  CollapseProject: { fires: [["SELECT z + 1 FROM (SELECT a + 1 AS z FROM t)", "((a + 1) + 1)"]], stays: ["SELECT z + z FROM (SELECT rand() AS z FROM t)", "SELECT z + z FROM (SELECT a * b AS z FROM t)"] },
  RemoveNoopOperators: { fires: [["SELECT a, b, k, s, l, d, x, ok, day, r FROM t", "Relation t"]], stays: ["SELECT b, a FROM t", "SELECT a AS z FROM t"] },
  EliminateLimits: { fires: [["SELECT count(*) FROM t LIMIT 5", "Aggregate"], ["SELECT * FROM (SELECT * FROM t LIMIT 10) LIMIT 5", "Limit 5\n"]], stays: ["SELECT * FROM t LIMIT 5", "SELECT count(*) FROM t LIMIT 5 OFFSET 1"], needs: ["RemoveNoopOperators"] },
  LimitPushDown: {
    fires: [["SELECT * FROM (SELECT a FROM t UNION ALL SELECT a FROM u) LIMIT 3", "   :- Project [a]\n   :  +- Limit 3"], ["SELECT t.a FROM t LEFT JOIN u ON t.a = u.a LIMIT 3", "   :- Limit 3"]],
    stays: ["SELECT * FROM t WHERE a = 1 LIMIT 3", "SELECT * FROM t JOIN u ON t.a = u.a LIMIT 3"],
    needs: ["RemoveNoopOperators", "CollapseProject"],
  },
  EliminateSorts: { fires: [["SELECT count(*) FROM (SELECT * FROM t ORDER BY a)", "Relation t"], ["SELECT max(a) FROM t ORDER BY 1", "Aggregate"]], stays: ["SELECT collect_list(a) FROM (SELECT * FROM t ORDER BY a)", "SELECT count(*) FROM (SELECT * FROM t ORDER BY a LIMIT 3)", "SELECT a FROM t ORDER BY a"] },
  CollapseRepartition: { fires: [["SELECT a, count(*) FROM (SELECT /*+ REPARTITION(3) */ * FROM t) GROUP BY a", "Aggregate"]], stays: ["SELECT /*+ REPARTITION(3) */ * FROM t"], needs: ["RemoveNoopOperators"] },
  RemoveRedundantAggregateKeys: {
    fires: [["SELECT a, 1, count(*) FROM t GROUP BY a, 1 + 0, a", "Aggregate [a]"], ["SELECT t.k, u.k, count(*) FROM t JOIN u ON t.k = u.k GROUP BY t.k, u.k", "Aggregate [k]"]],
    stays: ["SELECT 1, count(*) FROM t GROUP BY 1 + 0", "SELECT a, b, count(*) FROM t GROUP BY a, b", "SELECT p.x, q.x FROM t p JOIN t q ON p.x = q.x GROUP BY p.x, q.x"],
    needs: ["ConstantFolding"],
  },
  RemoveRedundantAggregates: { fires: [["SELECT DISTINCT a, n FROM (SELECT a, count(*) AS n FROM t GROUP BY a)", "Aggregate [a]"]], stays: ["SELECT DISTINCT n FROM (SELECT a, count(*) AS n FROM t GROUP BY a)"] },
  EliminateDistinctUnderSemiJoin: { fires: [["SELECT * FROM t WHERE a IN (SELECT DISTINCT c FROM u)", "Join semi"]], stays: ["SELECT * FROM t JOIN (SELECT DISTINCT c FROM u) u ON t.a = u.c"] },
  SimplifyAggregateCalls: { fires: [["SELECT max(DISTINCT a) FROM t", "max(a)"], ["SELECT sum(a) FILTER (WHERE TRUE) FROM t", "[sum(a) AS"]], stays: ["SELECT count(a), count(DISTINCT k), sum(DISTINCT a) FROM t"] },
  InferFiltersFromConstraints: {
    fires: [["SELECT * FROM (SELECT * FROM t WHERE a > 5) t JOIN u ON t.a = u.a", "Filter (a > 5)\n   +- Relation u"]],
    stays: ["SELECT * FROM t LEFT JOIN (SELECT * FROM u WHERE c > 5) u ON t.a = u.c", "SELECT * FROM (SELECT * FROM t WHERE b > 5) t JOIN u ON t.a = u.a", "SELECT * FROM (SELECT * FROM t WHERE 1 / a > 5) t JOIN u ON t.a = u.a"],
    needs: ["RemoveNoopOperators"],
  },
  InferSideDisjunctions: {
    fires: [["SELECT * FROM t JOIN u ON t.k = u.k AND ((t.a = 1 AND u.c = 2) OR (t.a = 2 AND u.c = 1))", "Filter ((a = 1) OR (a = 2))"]],
    stays: ["SELECT * FROM t JOIN u ON t.k = u.k AND (t.a = 1 OR u.c = 1)", "SELECT * FROM t FULL JOIN u ON t.k = u.k AND ((t.a = 1 AND u.c = 2) OR (t.a = 2 AND u.c = 1))"],
  },
  FoldShiftedSums: {
    fires: [
      ["SELECT sum(r), sum(r + 1), sum(2 + r), sum(r - 3) FROM t", "[sum(r) AS sum, count(r) AS count]"],
      ["SELECT k, sum(r + 1) FILTER (WHERE ok), sum(r + 2) FILTER (WHERE ok) FROM t GROUP BY k", "(sum + (count * 2))"],
    ],
    stays: ["SELECT sum(a + 1), sum(a + 2) FROM t", "SELECT sum(r + 1), sum(r + 2) FILTER (WHERE ok) FROM t", "SELECT sum(DISTINCT r + 1), sum(DISTINCT r + 2) FROM t", "SELECT sum(r + 1) FROM t", "SELECT sum(r), sum(r) FROM t"],
  },
  RewriteDistinctAggregates: {
    fires: [
      ["SELECT a, count(DISTINCT b) FROM t GROUP BY a", "count(distinct0)"],
      ["SELECT a, count(DISTINCT b), sum(l), avg(k) FROM t GROUP BY a", "sum(sum(l))"],
      ["SELECT count(DISTINCT a), count(DISTINCT b), stddev(x) FROM t", "WithCTE input"],
    ],
    stays: ["SELECT count(a) FROM t", "SELECT listagg(DISTINCT s, ',') WITHIN GROUP (ORDER BY s) FROM t"],
  },
  InlineCtes: { fires: [], stays: ["WITH c AS (SELECT a, count(*) AS n FROM t GROUP BY a) SELECT * FROM c x JOIN c y ON x.a = y.n"] },
  InjectSemiJoinIntoAggregate: {
    fires: [["SELECT * FROM v JOIN (SELECT m, count(*) AS n FROM u GROUP BY m) g ON v.m = g.m WHERE v.e = 3", "Join semi, (m = m)"]],
    stays: ["SELECT * FROM u v JOIN (SELECT m, count(*) AS n FROM u GROUP BY m) g ON v.m = g.m", "SELECT * FROM v LEFT JOIN (SELECT m, count(*) AS n FROM u GROUP BY m) g ON v.m = g.m"],
    needs: ["RemoveNoopOperators"],
  },
  CostBasedJoinReorder: {
    fires: [["SELECT t.a FROM t JOIN u ON t.a = u.c JOIN v ON u.m = v.m WHERE v.e = 1", "Join inner, (a = c)\n   :- Relation t"]],
    stays: ["SELECT * FROM t FULL JOIN u ON t.a = u.a", "SELECT /*+ BROADCAST(t) */ * FROM t JOIN u ON t.a = u.a"],
  },
  ColumnPruning: {
    fires: [["SELECT a FROM t", "Relation t[a]"], ["SELECT n FROM (SELECT a, count(*) AS n, sum(b) AS z FROM t GROUP BY a)", "Aggregate [a], [count(1) AS count(1)]"],
      ["SELECT t.a FROM t LEFT JOIN (SELECT a, max(c) AS c FROM u GROUP BY a) g ON t.a = g.a", "Project [a]\n+- Relation t[a]"],
      ["SELECT v.* FROM v LEFT JOIN (SELECT a FROM v) g ON v.a = g.a", "Join left"]],
    stays: ["SELECT * FROM v"],
  },
  LimitExistence: { fires: [["SELECT * FROM t WHERE EXISTS (SELECT * FROM u)", "Limit 1"]], stays: ["SELECT * FROM t WHERE EXISTS (SELECT * FROM u WHERE u.a = t.a)", "SELECT * FROM t WHERE a IN (SELECT a FROM u)"] },
};

describe.each(Object.entries(CASES))("%s", (name, { fires, stays, needs = [] }) => {
  test.each(fires)("fires on %s", (sql, shows) => expect(after(name, sql, ...needs) ?? "it did not fire").toContain(shows));
  test.each(stays.map((sql) => [sql]))("stays away from %s", (sql) => expect(after(name, sql, ...needs)).toBeUndefined());
});

/** Rules whose firing is tested elsewhere, as normalization has done their work before they could fire alone. */
const FIRES_ELSEWHERE: ReadonlySet<string> = new Set(["CombineFilters", "PushFilterIntoJoin", "PushFilterThroughExpand", "InlineCtes"]);

test("a column without NULLs by its statistics makes NOT IN a plain anti join, unless an outer join brings NULLs", () => {
  const plan = (sql: string): string => explainLogical(planned(sql, TABLES).optimized).replace(/#\d+/g, "");
  expect(plan("SELECT a FROM dense WHERE a NOT IN (SELECT k FROM t)")).toContain("Join anti, (a = k)");
  expect(plan("SELECT a FROM t WHERE a NOT IN (SELECT k FROM t)")).toContain("isnull((a = k))");
  expect(plan("SELECT d.a FROM v LEFT JOIN dense d ON d.a = v.a WHERE d.a NOT IN (SELECT k FROM t) OR v.e = 1")).toContain("Join mark");
  expect(plan("SELECT d.a IS NULL FROM v LEFT JOIN dense d ON d.a = v.a")).toContain("isnull(a)");
  expect(plan("SELECT d.a IS NULL FROM v JOIN dense d ON d.a = v.a")).toContain("false AS");
});

test("every rule has a case where it fires and one where it must not", () => {
  for (const name of excludableRules()) {
    expect([name, CASES[name]?.stays.length > 0]).toEqual([name, true]);
    expect([name, FIRES_ELSEWHERE.has(name) || CASES[name].fires.length > 0]).toEqual([name, true]);
  }
});
