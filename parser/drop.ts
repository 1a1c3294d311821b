import type { Cursor } from "./cursor.ts";
import { acceptPartition } from "./partitions.ts";
import type { StatementBody } from "./statements.ts";

export function parseDrop(c: Cursor): StatementBody {
  c.expect("DROP");
  switch (c.acceptAny("TABLE", "VIEW", "DATABASE", "SCHEMA", "NAMESPACE", "FUNCTION", "TEMPORARY", "TEMP")) {
    case "TABLE": {
      const ifExists = acceptIfExists(c);
      const name = c.qualifiedName("a table name");
      return { kind: "drop", object: "table", name, ifExists, purge: c.accept("PURGE") };
    }
    case "VIEW": {
      const ifExists = acceptIfExists(c);
      return { kind: "drop", object: "view", name: c.qualifiedName("a view name"), ifExists, purge: false };
    }
    case "DATABASE":
    case "SCHEMA":
    case "NAMESPACE": {
      const ifExists = acceptIfExists(c);
      const name = c.qualifiedName("a database name");
      return { kind: "dropDatabase", name, ifExists, cascade: c.acceptAny("RESTRICT", "CASCADE") === "CASCADE" };
    }
    case "FUNCTION":
      return dropFunction(c, false);
    case "TEMPORARY":
    case "TEMP":
      if (c.accept("FUNCTION")) return dropFunction(c, true);
      if (c.accept("VIEW")) {
        const ifExists = acceptIfExists(c);
        return { kind: "drop", object: "view", name: c.qualifiedName("a view name"), ifExists, purge: false };
      } else {
        c.expectAny("VARIABLE", "VAR");
        const ifExists = acceptIfExists(c);
        return { kind: "dropVariable", name: c.qualifiedName("a variable"), ifExists };
      }
    default:
      if (c.word === "INDEX" || c.word === "ROLE" || c.word === "MACRO") c.refuse("UNSUPPORTED_FEATURE.STATEMENT", `The feature is not supported: the statement DROP ${c.word}.`, { statement: `DROP ${c.word}` }, undefined, "0A000");
      return c.fail();
  }
}

function dropFunction(c: Cursor, temporary: boolean): StatementBody {
  const ifExists = acceptIfExists(c);
  return { kind: "dropFunction", name: c.qualifiedName("a function name"), temporary, ifExists };
}

export function acceptIfExists(c: Cursor): boolean {
  return c.acceptPhrase("IF", "EXISTS");
}

export function parseTruncate(c: Cursor): StatementBody {
  c.expectPhrase("TRUNCATE", "TABLE");
  const name = c.qualifiedName("a table name");
  const partition = acceptPartition(c);
  return { kind: "truncate", name, ...(partition && { partition }) };
}
