import { SparrowError } from "../catalog/errors.ts";
import type { AstExpr, QualifiedName, Query } from "../parser/ast.ts";
import type { VariableValue } from "../planner/analyzer/context.ts";
import { partsOf, quoted } from "./object-names.ts";
import { everyNode } from "./syntax-tree.ts";

/** A variable of a session: DECLARE gives it its type, which it keeps. */
export interface SessionVariable extends VariableValue {
  /** Evaluated again by SET VAR name = DEFAULT. */
  readonly default: AstExpr;
  /** Given to no other value of any variable. */
  readonly version: number;
}

/** Where variables live: `x`, `session.x`, `system.session.x`. */
const QUALIFIERS = ["system", "session"];
const SEARCH_PATH = "[`system`.`session`]";

let lastVersion = 0;

/** The variables of one session, by lower-case name. Source: Spark's `TempVariableManager`. */
export class SessionVariables {
  readonly #variables = new Map<string, SessionVariable>();

  get(name: string): SessionVariable | undefined {
    return this.#variables.get(name.toLowerCase());
  }

  put(variable: Omit<SessionVariable, "version">): void {
    this.#variables.set(variable.name, { ...variable, version: ++lastVersion });
  }

  /** Whether there was one. */
  drop(name: string): boolean {
    return this.#variables.delete(name.toLowerCase());
  }

  /** Which values the queries may read, columns of a variable's name taken for the variable: what their plans are kept under. */
  versionsRead(queries: Iterable<Query>): readonly string[] {
    if (this.#variables.size === 0) return [];
    const names = new Set<string>();
    for (const query of queries) {
      everyNode(query, (node) => {
        if (node.kind === "name") for (const part of partsOf(node.name)) names.add(part.toLowerCase());
        return true;
      });
    }
    return [...this.#variables.values()].filter(({ name }) => names.has(name)).map(({ name, version }) => `${name}@${version}`);
  }
}

/** The variable's own name, in lower case, of a name as it is written; undefined where its qualifiers are none of variables. */
export function variableName(written: readonly string[]): string | undefined {
  const parts = written.map((part) => part.toLowerCase());
  const qualifiers = parts.slice(0, -1);
  const wanted = QUALIFIERS.slice(QUALIFIERS.length - qualifiers.length);
  if (qualifiers.length > QUALIFIERS.length || qualifiers.some((part, i) => part !== wanted[i])) return undefined;
  return parts[parts.length - 1];
}

/** As messages name a variable. */
export function variableIdentity(name: string): string {
  return quoted(...QUALIFIERS, name);
}

export function unresolvedVariable(name: QualifiedName): SparrowError {
  const variable = quoted(...partsOf(name));
  return new SparrowError("UNRESOLVED_VARIABLE", "42883", `Cannot resolve variable ${variable} on search path ${SEARCH_PATH}.`, { variableName: variable, searchPath: SEARCH_PATH }, { span: name.span });
}
