import { SparrowError } from "../../catalog/errors.ts";
import type { TableEntry } from "../../catalog/ports.ts";
import type { QualifiedName } from "../../parser/ast.ts";
import { withLogSchema } from "../delta/delta-target.ts";
import { partsOf, quoted, tableNotFound } from "../object-names.ts";
import type { Session } from "../session.ts";
import { findInCatalog } from "../table-resolution.ts";

/** The catalog's table of that name. Raises TABLE_OR_VIEW_NOT_FOUND, or EXPECT_TABLE_NOT_VIEW for a view. */
export async function requireTable(session: Session, name: QualifiedName, operation: string): Promise<TableEntry> {
  const parts = partsOf(name);
  const found = session.temporaryView(parts) === undefined ? await findInCatalog(session, parts) : { kind: "view" };
  if (found === undefined) throw tableNotFound(parts, name.span);
  if (found.kind === "table" && "entry" in found) return withLogSchema(found.entry as TableEntry);
  throw new SparrowError("EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE", "42809", `'${operation}' expects a table but ${quoted(...parts)} is a view.`, { viewName: quoted(...parts), operation }, { span: name.span });
}
