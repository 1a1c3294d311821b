import type { Property } from "./ast.ts";
import { acceptIfNotExists, ClauseOnce } from "./create.ts";
import type { Cursor } from "./cursor.ts";
import { parseProperties } from "./properties.ts";
import type { StatementBody } from "./statements.ts";

export function parseCreateDatabase(c: Cursor): StatementBody {
  const ifNotExists = acceptIfNotExists(c);
  const name = c.qualifiedName("a database name");
  const once = new ClauseOnce();
  let location: string | undefined;
  let comment: string | undefined;
  let properties: Property[] = [];
  for (;;) {
    if (c.accept("COMMENT")) {
      once.check(c, "COMMENT");
      comment = c.string();
    } else if (c.accept("LOCATION")) {
      once.check(c, "LOCATION");
      location = c.string();
    } else if (c.acceptPhrase("WITH", "DBPROPERTIES") || c.acceptPhrase("WITH", "PROPERTIES")) {
      once.check(c, "WITH PROPERTIES");
      properties = parseProperties(c);
    } else break;
  }
  return { kind: "createDatabase", name, ifNotExists, ...(location !== undefined && { location }), ...(comment !== undefined && { comment }), properties };
}
