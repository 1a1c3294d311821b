import type { JoinGraph, RelationSet } from "./join-graph.ts";
import { joinCost, joinRows } from "./join-cost.ts";

/** The best way found to join a set of relations. */
export interface JoinPlan {
  readonly relations: RelationSet;
  readonly rows: number;
  readonly cost: number;
  /** Absent for one relation. */
  readonly inputs?: readonly [JoinPlan, JoinPlan];
}

/** Pairs that exact search may look at before greedy search takes over: about 2 ms. */
const MAX_PAIRS = 12_000;

/** Beyond this many relations exact search is not tried. */
const MAX_EXACT_RELATIONS = 14;

/** The cheapest order found for all relations of the graph. Cross products only where no condition connects. */
export function bestJoinPlan(graph: JoinGraph): JoinPlan | undefined {
  const search = new Search(graph);
  const components = search.components();
  const parts: JoinPlan[] = [];
  for (const component of components) {
    const part = search.exact(component) ?? search.greedy(component);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return search.joinAll(parts);
}

class Search {
  readonly #graph: JoinGraph;
  readonly #neighbors: readonly RelationSet[];
  readonly #best = new Map<RelationSet, JoinPlan>();
  #pairs = 0;

  constructor(graph: JoinGraph) {
    this.#graph = graph;
    const neighbors: RelationSet[] = graph.relations.map(() => 0);
    const connect = (set: RelationSet): void => {
      for (let i = 0; i < neighbors.length; i++) if (set & (1 << i)) neighbors[i] |= set & ~(1 << i);
    };
    for (const group of graph.classes) connect(group.relations);
    for (const predicate of graph.predicates) if (predicate.sides !== undefined) connect(predicate.relations);
    graph.relations.forEach((relation, i) => {
      if (relation.join !== undefined) connect(relation.needs | (1 << i));
    });
    this.#neighbors = neighbors;
    graph.relations.forEach((relation, i) => {
      if (relation.join === undefined) this.#best.set(1 << i, { relations: 1 << i, rows: Math.max(1, relation.estimate.rows), cost: 0 });
    });
  }

  components(): readonly RelationSet[] {
    const out: RelationSet[] = [];
    let left = (1 << this.#graph.relations.length) - 1;
    while (left !== 0) {
      let set = left & -left;
      for (let grown = set | this.#neighborsOf(set); grown !== set; grown = set | this.#neighborsOf(set)) set = grown;
      out.push(set);
      left &= ~set;
    }
    return out;
  }

  #neighborsOf(set: RelationSet): RelationSet {
    let out = 0;
    for (let i = 0; i < this.#neighbors.length; i++) if (set & (1 << i)) out |= this.#neighbors[i];
    return out & ~set;
  }

  /** The join of two plans, or undefined where a relation would stand where it may not. */
  #join(a: JoinPlan, b: JoinPlan): JoinPlan | undefined {
    const relations = a.relations | b.relations;
    const rows = joinRows(this.#graph, a, b);
    return rows === undefined ? undefined : { relations, rows, cost: a.cost + b.cost + joinCost(this.#graph, a, b, rows), inputs: [a, b] };
  }

  #leaf(set: RelationSet): JoinPlan | undefined {
    const known = this.#best.get(set);
    if (known !== undefined || (set & (set - 1)) !== 0) return known;
    const relation = this.#graph.relations[31 - Math.clz32(set)];
    return { relations: set, rows: Math.max(1, relation.estimate.rows), cost: 0 };
  }

  #consider(a: RelationSet, b: RelationSet): void {
    this.#pairs++;
    const [left, right] = [this.#leaf(a), this.#leaf(b)];
    if (left === undefined || right === undefined) return;
    const joined = this.#join(left, right);
    const known = this.#best.get(a | b);
    if (joined !== undefined && (known === undefined || joined.cost < known.cost)) this.#best.set(a | b, joined);
  }

  /** Every pair of connected sets, smaller sets first. Source: Moerkotte and Neumann, "Analysis of Two Existing and One New Dynamic Programming Algorithm" (VLDB 2006), DPccp. */
  exact(component: RelationSet): JoinPlan | undefined {
    const members: number[] = [];
    for (let i = 0; i < this.#graph.relations.length; i++) if (component & (1 << i)) members.push(i);
    if (members.length > MAX_EXACT_RELATIONS) return undefined;
    this.#pairs = 0;
    for (const i of members.reverse()) {
      this.#complements(1 << i);
      if (!this.#grow(1 << i, (1 << (i + 1)) - 1, (set) => this.#complements(set))) return undefined;
    }
    return this.#best.get(component);
  }

  /** Connected supersets of `set` without `excluded`; false when there are too many pairs. */
  #grow(set: RelationSet, excluded: RelationSet, emit: (set: RelationSet) => void): boolean {
    const near = this.#neighborsOf(set) & ~excluded;
    if (near === 0) return true;
    for (let subset = near & -near; subset !== 0; subset = (subset - near) & near) {
      emit(set | subset);
      if (this.#pairs > MAX_PAIRS) return false;
    }
    for (let subset = near & -near; subset !== 0; subset = (subset - near) & near) if (!this.#grow(set | subset, excluded | near, emit)) return false;
    return true;
  }

  #complements(set: RelationSet): void {
    const lowest = set & -set;
    const excluded = (lowest << 1) - 1 | set;
    const near = this.#neighborsOf(set) & ~excluded;
    for (let i = this.#neighbors.length - 1; i >= 0; i--) {
      if ((near & (1 << i)) === 0) continue;
      this.#consider(set, 1 << i);
      this.#grow(1 << i, excluded | (near & ((1 << (i + 1)) - 1)), (other) => this.#consider(set, other));
    }
  }

  /** Joins the pair that gives the fewest rows, again and again. Source: Fegaras' greedy operator ordering. */
  greedy(component: RelationSet): JoinPlan | undefined {
    const parts: JoinPlan[] = [];
    for (let i = 0; i < this.#graph.relations.length; i++) if (component & (1 << i)) parts.push(this.#leaf(1 << i) as JoinPlan);
    return this.#greedyOver(parts, true);
  }

  /** What no condition connects, joined as cross products, smallest first. */
  joinAll(parts: readonly JoinPlan[]): JoinPlan | undefined {
    return this.#greedyOver([...parts], false);
  }

  #greedyOver(parts: JoinPlan[], connectedOnly: boolean): JoinPlan | undefined {
    while (parts.length > 1) {
      let best: { readonly plan: JoinPlan; readonly i: number; readonly j: number } | undefined;
      for (let i = 0; i < parts.length; i++)
        for (let j = i + 1; j < parts.length; j++) {
          if (connectedOnly && (this.#neighborsOf(parts[i].relations) & parts[j].relations) === 0) continue;
          const plan = this.#join(parts[i], parts[j]);
          if (plan !== undefined && (best === undefined || plan.rows < best.plan.rows || (plan.rows === best.plan.rows && plan.cost < best.plan.cost))) best = { plan, i, j };
        }
      if (best === undefined) return undefined;
      const { plan, i, j } = best;
      parts.splice(j, 1);
      parts[i] = plan;
    }
    return parts[0];
  }
}
