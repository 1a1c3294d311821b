import type { JoinPlan } from "./enumeration.ts";
import type { JoinGraph, Relation, RelationSet } from "./join-graph.ts";

/*
 * Cost in the work of one probe that finds its bucket in the cache. Figures from measurements of the executor's hash join: keeping a row in a
 * table costs about three probes, a table beyond the cache makes each probe up to three times dearer.
 */
const BUILD_ROW = 3;
const OUTPUT_ROW = 0.5;
const CACHED_ROWS = 50_000;
const MISS_PER_DOUBLING = 0.25;
const MAX_MISS = 2;

/** Rows of the join of two disjoint plans; undefined where a relation other than an inner one would not stand alone on its side. */
export function joinRows(graph: JoinGraph, a: JoinPlan, b: JoinPlan): number | undefined {
  const outerA = loneOuter(graph, a.relations);
  const outerB = loneOuter(graph, b.relations);
  if (outerA !== undefined && outerB !== undefined) return undefined;
  const outer = outerA ?? outerB;
  if (outer !== undefined) {
    const left = outerA === undefined ? a : b;
    return (outer.needs & ~left.relations) === 0 ? Math.max(1, left.rows * outer.factor) : undefined;
  }
  return Math.max(1, a.rows * b.rows * innerSelectivity(graph, a, b));
}

/** The relation, when the set is one alone that is not an inner one. */
export function loneOuter(graph: JoinGraph, set: RelationSet): Relation | undefined {
  if ((set & (set - 1)) !== 0) return undefined;
  const relation = graph.relations[31 - Math.clz32(set)];
  return relation.join === undefined ? undefined : relation;
}

function innerSelectivity(graph: JoinGraph, a: JoinPlan, b: JoinPlan): number {
  const both = a.relations | b.relations;
  const domains: number[] = [];
  let share = 1;
  for (const group of graph.classes) if ((group.relations & a.relations) !== 0 && (group.relations & b.relations) !== 0) domains.push(group.domain);
  for (const predicate of graph.predicates) if (isNewWith(predicate.relations, a.relations, b.relations, both)) share *= predicate.selectivity;
  if (domains.length === 0) return share;
  const product = domains.reduce((x, y) => x * y, 1);
  if (domains.length === 1) return share / Math.max(1, product);
  // A composite key between two tables has no more values than the smaller table has rows; keys of different tables are independent.
  const cap = compositeRows(graph, a.relations, b.relations);
  return share / Math.max(1, cap === undefined ? product : Math.min(product, Math.max(...domains, cap)));
}

/** Whether a condition is first answerable when these two sets meet. */
export function isNewWith(relations: RelationSet, a: RelationSet, b: RelationSet, both: RelationSet): boolean {
  return (relations & ~both) === 0 && (relations & ~a) !== 0 && (relations & ~b) !== 0;
}

/** Rows of the smaller of two relations that hold all keys between the sets, one on each side; undefined if no two do. */
function compositeRows(graph: JoinGraph, a: RelationSet, b: RelationSet): number | undefined {
  const crossing = graph.classes.filter((group) => (group.relations & a) !== 0 && (group.relations & b) !== 0);
  const holders = (side: RelationSet): RelationSet => crossing.reduce((set, group) => set & group.relations, side);
  const rowsOf = (set: RelationSet): number | undefined => {
    const rows = graph.relations.filter((_, i) => (set & (1 << i)) !== 0).map((relation) => relation.estimate.rows);
    return rows.length === 0 ? undefined : Math.min(...rows);
  };
  const [left, right] = [rowsOf(holders(a)), rowsOf(holders(b))];
  return left === undefined || right === undefined ? undefined : Math.min(left, right);
}

/** Work of joining two plans into so many rows. Without an equality every pair is looked at. */
export function joinCost(graph: JoinGraph, a: JoinPlan, b: JoinPlan, rows: number): number {
  if (!hasEquality(graph, a, b)) return a.rows * b.rows + OUTPUT_ROW * rows;
  const build = Math.min(a.rows, b.rows);
  const probe = Math.max(a.rows, b.rows);
  const miss = Math.min(MAX_MISS, Math.max(0, Math.log2(build / CACHED_ROWS)) * MISS_PER_DOUBLING);
  return probe * (1 + miss) + build * (BUILD_ROW + miss) + OUTPUT_ROW * rows;
}

function hasEquality(graph: JoinGraph, a: JoinPlan, b: JoinPlan): boolean {
  if (loneOuter(graph, a.relations) !== undefined || loneOuter(graph, b.relations) !== undefined) return true;
  if (graph.classes.some((group) => (group.relations & a.relations) !== 0 && (group.relations & b.relations) !== 0)) return true;
  return graph.predicates.some(({ sides }) => {
    if (sides === undefined) return false;
    const within = (set: RelationSet, side: RelationSet): boolean => (set & ~side) === 0;
    return (within(sides[0], a.relations) && within(sides[1], b.relations)) || (within(sides[0], b.relations) && within(sides[1], a.relations));
  });
}
