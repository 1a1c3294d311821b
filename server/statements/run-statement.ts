import { SparrowError, unreachable } from "../../catalog/errors.ts";
import type { Statement } from "../../parser/ast.ts";
import { partsOf, quoted } from "../object-names.ts";
import { runQuery, type RunOptions } from "../run-query.ts";
import type { Session } from "../session.ts";
import type { StatementResult } from "../statement-result.ts";
import { runAlterTable } from "./alter-table.ts";
import { runCreateTable } from "./create-table.ts";
import { runAlterView, runCreateTemporaryViewUsing, runCreateView } from "./create-view.ts";
import { runCreateDatabase, runDropDatabase, runUse } from "./databases.ts";
import { runDescribeDatabase, runDescribeFunction, runDescribeQuery, runDescribeTable } from "./describe.ts";
import { runDrop } from "./drop.ts";
import { runExplain } from "./explain.ts";
import { runReset, runSet, runSetTimeZone } from "./set.ts";
import { runShow } from "./show.ts";
import { runTruncate } from "./truncate.ts";

/** Every kind of statement and what runs it. */
export async function runStatement(session: Session, statement: Statement, options: RunOptions): Promise<StatementResult> {
  switch (statement.kind) {
    case "select":
      return runQuery(session, statement.query, options);
    case "explain":
      return runExplain(session, statement, options);
    case "set":
      return runSet(session, statement);
    case "setTimeZone":
      return runSetTimeZone(session, statement);
    case "reset":
      return runReset(session, statement);
    case "use":
      return runUse(session, statement);
    case "createDatabase":
      return runCreateDatabase(session, statement);
    case "dropDatabase":
      return runDropDatabase(session, statement);
    case "createTable":
      return runCreateTable(session, statement, options);
    case "createView":
      return runCreateView(session, statement, options);
    case "createTempViewUsing":
      return runCreateTemporaryViewUsing(session, statement);
    case "alterView":
      return runAlterView(session, statement, options);
    case "alterTable":
      return runAlterTable(session, statement);
    case "drop":
      return runDrop(session, statement);
    case "truncate":
      return runTruncate(session, statement);
    case "describeTable":
      return runDescribeTable(session, statement);
    case "describeQuery":
      return runDescribeQuery(session, statement, options);
    case "describeDatabase":
      return runDescribeDatabase(session, statement);
    case "describeFunction":
      return runDescribeFunction(statement);
    case "show":
      return runShow(session, statement);
    case "update":
    case "delete":
      throw unsupportedOnFiles(`${statement.kind.toUpperCase()} TABLE`, quoted(...partsOf(statement.table)), statement);
    case "merge":
      throw unsupportedOnFiles("MERGE INTO TABLE", quoted(...partsOf(statement.target)), statement);
    case "insert":
    case "insertDirectory":
    case "cacheTable":
    case "uncacheTable":
    case "clearCache":
    case "refreshTable":
    case "analyzeTable":
      throw unsupportedOnFiles(statement.kind, "", statement);
  }
  return unreachable(statement);
}

function unsupportedOnFiles(operation: string, tableName: string, { span }: Statement): SparrowError {
  return new SparrowError("UNSUPPORTED_FEATURE.TABLE_OPERATION", "0A000", `The feature is not supported: Table ${tableName} does not support ${operation}. Please check the current catalog and table provider.`, { tableName, operation }, { span, hint: "Tables over files take INSERT and INSERT OVERWRITE." });
}
