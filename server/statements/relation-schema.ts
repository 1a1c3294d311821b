import type { StructField } from "../../catalog/types.ts";
import type { QualifiedName, Query } from "../../parser/ast.ts";
import { plainQuery } from "../../parser/query.ts";
import { prepareQuery } from "../run-query.ts";
import type { Session } from "../session.ts";

/** The columns of anything that can stand in FROM, found by analyzing `SELECT * FROM name`. */
export async function relationSchema(session: Session, name: QualifiedName): Promise<{ readonly columns: readonly StructField[] }> {
  return prepareQuery(session, selectAll(name), {});
}

export function selectAll(name: QualifiedName): Query {
  const { span } = name;
  const body = { kind: "table", name, span } as const;
  return plainQuery(body);
}
