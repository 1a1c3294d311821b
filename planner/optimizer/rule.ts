import { assert } from "../../catalog/errors.ts";
import type { ColumnId, Expr } from "../../catalog/expression.ts";
import type { Value } from "../../catalog/values.ts";
import type { LogicalPlan } from "../logical.ts";
import { inputsOf } from "../logical.ts";
import { mapExpressions, withInputs } from "./plan-traversal.ts";
import { rewriteExpression } from "./expression-traversal.ts";

/** What the optimizer needs from outside: it does no I/O and evaluates nothing by itself. */
export interface OptimizerContext {
  /** False leaves only the batches that normalize (`required`). */
  readonly enabled: boolean;
  /** Names of rules to leave out, as `spark.sql.optimizer.excludedRules` gives them; rules of required batches stay. */
  readonly excludedRules: ReadonlySet<string>;
  /** The value of an expression that reads no columns. May raise: then the expression is kept and raises when a row reaches it. */
  readonly evaluate: (expr: Expr) => Value;
  /** A column id that no other column of the query has. */
  readonly nextColumnId: () => ColumnId;
  /** Called with the whole plan after each rule that changed it. */
  readonly trace?: (rule: string, plan: LogicalPlan) => void;
}

/** Looks at one node (its inputs are already rewritten); undefined keeps it. */
export interface NodeRule {
  readonly kind: "node";
  readonly name: string;
  readonly apply: (node: LogicalPlan, context: OptimizerContext) => LogicalPlan | undefined;
}

/** Looks at one expression node (its operands are already rewritten); undefined keeps it. */
export interface ExpressionRule {
  readonly kind: "expression";
  readonly name: string;
  readonly apply: (expr: Expr, context: OptimizerContext) => Expr | undefined;
}

/** Looks at the whole plan; undefined or the same object keeps it. */
export interface PlanRule {
  readonly kind: "plan";
  readonly name: string;
  readonly apply: (plan: LogicalPlan, context: OptimizerContext) => LogicalPlan | undefined;
}

export type Rule = NodeRule | ExpressionRule | PlanRule;

export interface Batch {
  readonly name: string;
  /** Normalization that later steps rely on: runs with the optimizer off too and cannot be excluded. */
  readonly required: boolean;
  /** `fixedPoint`: again until nothing changes. */
  readonly strategy: "once" | "fixedPoint";
  readonly rules: readonly Rule[];
}

/** Rounds of a batch, and replacements of one node within a round, beyond which the rules must be working against each other. */
const MAX_ROUNDS = 100;
const MAX_REPLACEMENTS_PER_NODE = 1000;

/** Runs the batch's rules over the plan, inputs before the nodes that read them. */
export function runBatch(batch: Batch, plan: LogicalPlan, context: OptimizerContext): LogicalPlan {
  const active = batch.required ? batch.rules : batch.rules.filter((rule) => !context.excludedRules.has(rule.name));
  const local = active.filter((rule) => rule.kind !== "plan");
  const whole = active.filter((rule) => rule.kind === "plan");
  const rewriter = local.length > 0 ? new LocalRewriter(batch, local, context) : undefined;
  let current = plan;
  for (let round = 0; ; round++) {
    assert(round < MAX_ROUNDS, `optimizer batch ${batch.name} does not come to an end`);
    const before = current;
    for (const rule of whole) {
      const replaced = rule.apply(current, context);
      if (replaced !== undefined && replaced !== current) {
        current = replaced;
        context.trace?.(rule.name, current);
      }
    }
    if (rewriter !== undefined) current = rewriter.rewrite(current);
    if (current === before || batch.strategy === "once") return current;
  }
}

interface Frame {
  readonly node: LogicalPlan;
  readonly inputs: LogicalPlan[];
  at: number;
}

/** Applies node and expression rules at every node until none fires there; what has settled is not looked at again. */
class LocalRewriter {
  readonly #batch: Batch;
  readonly #nodeRules: readonly NodeRule[];
  readonly #expressionRules: readonly ExpressionRule[];
  readonly #context: OptimizerContext;
  readonly #settled = new WeakSet<LogicalPlan>();
  readonly #settledExpressions = new WeakSet<Expr>();
  /** The way from the root to the node at hand: what a trace rebuilds the whole plan from. */
  readonly #frames: Frame[] = [];

  constructor(batch: Batch, rules: readonly (NodeRule | ExpressionRule)[], context: OptimizerContext) {
    this.#batch = batch;
    this.#nodeRules = rules.filter((rule) => rule.kind === "node");
    this.#expressionRules = rules.filter((rule) => rule.kind === "expression");
    this.#context = context;
  }

  rewrite(plan: LogicalPlan): LogicalPlan {
    let current = plan;
    for (let replacements = 0; ; replacements++) {
      assert(replacements < MAX_REPLACEMENTS_PER_NODE, `optimizer batch ${this.#batch.name} does not come to an end`);
      if (this.#settled.has(current)) return current;
      current = this.#rewriteExpressions(this.#rewriteInputs(current));
      const replaced = this.#applyOne(current);
      if (replaced === undefined) break;
      current = replaced;
    }
    this.#settled.add(current);
    return current;
  }

  #rewriteInputs(node: LogicalPlan): LogicalPlan {
    const inputs = inputsOf(node);
    if (inputs.length === 0) return node;
    const frame: Frame = { node, inputs: [...inputs], at: 0 };
    this.#frames.push(frame);
    let changed = false;
    for (; frame.at < inputs.length; frame.at++) {
      const rewritten = this.rewrite(inputs[frame.at]);
      if (rewritten !== inputs[frame.at]) changed = true;
      frame.inputs[frame.at] = rewritten;
    }
    this.#frames.pop();
    return changed ? withInputs(node, frame.inputs) : node;
  }

  #applyOne(node: LogicalPlan): LogicalPlan | undefined {
    for (const rule of this.#nodeRules) {
      const replaced = rule.apply(node, this.#context);
      if (replaced !== undefined && replaced !== node) {
        this.#traced(rule.name, replaced);
        return replaced;
      }
    }
    return undefined;
  }

  #rewriteExpressions(node: LogicalPlan): LogicalPlan {
    if (this.#expressionRules.length === 0) return node;
    const fired = new Set<string>();
    const rewritten = mapExpressions(node, (expr) => rewriteExpression(expr, this.#expressionRules, this.#context, this.#settledExpressions, fired));
    if (rewritten !== node) this.#traced([...fired].join(", "), rewritten);
    return rewritten;
  }

  #traced(rule: string, node: LogicalPlan): void {
    if (this.#context.trace === undefined) return;
    let plan = node;
    for (let i = this.#frames.length - 1; i >= 0; i--) {
      const frame = this.#frames[i];
      plan = withInputs(frame.node, frame.inputs.with(frame.at, plan));
    }
    this.#context.trace(rule, plan);
  }
}
