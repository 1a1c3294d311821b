import type { Expr } from "../../catalog/expression.ts";
import { typeOf } from "../../catalog/expression.ts";
import { SparrowError, assert } from "../../catalog/errors.ts";
import type { Value } from "../../catalog/values.ts";
import { sameValue } from "../../executor/functions/compare.ts";
import type { EvalContext } from "../../executor/functions/scalar-function.ts";
import type { JoinKey, PhysicalHashJoin, PhysicalJoinKind, PhysicalNestedLoopJoin } from "../../planner/physical.ts";
import { joinOutput } from "../../planner/physical.ts";
import type { Relation, Row } from "./relation.ts";
import { evaluatorOver, keyOf } from "./relation.ts";

/** Pairs that the interpreter looks at in one join; a plan that wants more has lost a join condition, or is not for interpreting. */
const MAX_PAIRS = 5_000_000;

/** Joins by looking at pairs; pairs that cannot be equal in their keys are left out beforehand. */
export function joinRows(plan: PhysicalHashJoin | PhysicalNestedLoopJoin, probe: Relation, build: Relation, context: EvalContext): Relation {
  const pair = evaluatorOver([...probe.columns, ...build.columns], context);
  const condition = plan.kind === "hashJoin" ? plan.residual : plan.condition;
  const keys = plan.kind === "hashJoin" ? plan.keys : [];
  const nullAware = plan.kind === "hashJoin" && plan.nullAware;

  /** TRUE, FALSE or NULL (unknown), as SQL's AND of the keys' equality and the condition; without `nullAware` a NULL key is no match. */
  function verdict(left: Row, right: Row): Value {
    const both = [...left, ...right];
    let unknown = false;
    for (const key of keys) {
      const equal = keyEqual(key, pair(key.probe, both), pair(key.build, both));
      if (equal === false || (equal === null && !nullAware)) return false;
      unknown ||= equal === null;
    }
    const rest = condition === undefined ? true : pair(condition, both);
    if (rest === false) return false;
    return unknown || rest === null ? null : true;
  }

  const partnersOf = nullAware || keys.length === 0 ? () => build.rows.map((_, i) => i) : bucketed(keys, probe, build, context);
  let pairs = 0;
  const matches = probe.rows.map((left) => {
    const partners = partnersOf(left);
    pairs += partners.length;
    assert(pairs <= MAX_PAIRS, `a ${plan.kind} of ${probe.rows.length} and ${build.rows.length} rows looks at more than ${MAX_PAIRS} pairs`);
    const verdicts = partners.map((i) => [i, verdict(left, build.rows[i])] as const);
    return { rows: verdicts.filter(([, v]) => v === true).map(([i]) => i), unknown: verdicts.some(([, v]) => v === null) };
  });
  return { columns: joinOutput(plan.join, probe.columns, build.columns, plan.mark), rows: joined(plan.join, probe, build, matches, nullAware) };
}

interface Matches {
  readonly rows: readonly number[];
  /** No right row matches, but for some the condition is NULL. */
  readonly unknown: boolean;
}

function joined(join: PhysicalJoinKind, probe: Relation, build: Relation, matches: readonly Matches[], nullAware: boolean): Row[] {
  const noProbe: Row = probe.columns.map(() => null);
  const noBuild: Row = build.columns.map(() => null);
  const matched = new Set(matches.flatMap((m) => m.rows));
  const pairs = probe.rows.flatMap((left, p) => matches[p].rows.map((b) => [...left, ...build.rows[b]]));
  const lonelyProbe = probe.rows.filter((_, p) => matches[p].rows.length === 0).map((left) => [...left, ...noBuild]);
  const lonelyBuild = build.rows.filter((_, b) => !matched.has(b)).map((right) => [...noProbe, ...right]);
  switch (join) {
    case "inner":
      return pairs;
    case "probeOuter":
      return [...pairs, ...lonelyProbe];
    case "buildOuter":
      return [...pairs, ...lonelyBuild];
    case "fullOuter":
      return [...pairs, ...lonelyProbe, ...lonelyBuild];
    case "probeSemi":
      return probe.rows.filter((_, p) => matches[p].rows.length > 0);
    case "probeAnti":
      return probe.rows.filter((_, p) => matches[p].rows.length === 0 && !(nullAware && matches[p].unknown));
    case "buildSemi":
      return build.rows.filter((_, b) => matched.has(b));
    case "buildAnti":
      return build.rows.filter((_, b) => !matched.has(b));
    case "probeMark":
      return probe.rows.map((left, p) => [...left, matches[p].rows.length > 0 ? true : matches[p].unknown ? null : false]);
    case "probeSingle":
      return probe.rows.map((left, p) => {
        const [first, second] = matches[p].rows;
        if (second !== undefined) throw new SparrowError("SCALAR_SUBQUERY_TOO_MANY_ROWS", "21000", "More than one row returned by a subquery used as an expression.");
        return first === undefined ? [...left, ...noBuild] : [...left, ...build.rows[first]];
      });
  }
}

function keyEqual(key: JoinKey, left: Value, right: Value): Value {
  assert(typeOf(key.probe).kind === typeOf(key.build).kind, "join keys have one type");
  if (key.nullSafe) return sameValue(typeOf(key.probe), left, right);
  return left === null || right === null ? null : sameValue(typeOf(key.probe), left, right);
}

/** For a probe row, the positions of build rows with equal keys. */
function bucketed(keys: readonly JoinKey[], probe: Relation, build: Relation, context: EvalContext): (left: Row) => readonly number[] {
  const probeSide: Expr[] = keys.map((key) => key.probe);
  const buildSide: Expr[] = keys.map((key) => key.build);
  const probeValue = evaluatorOver(probe.columns, context);
  const buildValue = evaluatorOver(build.columns, context);
  const buckets = new Map<string, number[]>();
  for (const [i, row] of build.rows.entries()) {
    const key = keyOf(buildSide, row, buildValue);
    const bucket = buckets.get(key);
    if (bucket === undefined) buckets.set(key, [i]);
    else bucket.push(i);
  }
  return (left) => buckets.get(keyOf(probeSide, left, probeValue)) ?? [];
}
