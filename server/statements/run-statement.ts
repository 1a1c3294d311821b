import { SparrowError, unreachable } from "../../catalog/errors.ts";
import type { QualifiedName, Statement } from "../../parser/ast.ts";
import { findDeltaTarget } from "../delta/delta-target.ts";
import { partsOf, quoted, tableNotFound, unsupportedOperation } from "../object-names.ts";
import { runQuery, type RunOptions } from "../run-query.ts";
import type { Session } from "../session.ts";
import { emptyResult, type StatementResult } from "../statement-result.ts";
import { findInCatalog } from "../table-resolution.ts";
import { runAnalyzeTable, runAnalyzeTables } from "./analyze-table.ts";
import { runCommentOn } from "./comment-on.ts";
import { runAlterDatabase, runCreateDatabase, runDropDatabase, runUse, runUseCatalog } from "./databases.ts";
import { runDrop } from "./drop.ts";
import { runExplain } from "./explain.ts";
import { runReset, runSet, runSetTimeZone } from "./set.ts";
import { runTruncate } from "./truncate.ts";

/** Every kind of statement and what runs it; what is not for queries is loaded when it is asked for. */
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
      return (await import("./create-table.ts")).runCreateTable(session, statement, options);
    case "createView":
      return (await import("./create-view.ts")).runCreateView(session, statement, options);
    case "createTempViewUsing":
      return (await import("./create-view.ts")).runCreateTemporaryViewUsing(session, statement);
    case "alterView":
      return (await import("./create-view.ts")).runAlterView(session, statement, options);
    case "alterTable":
      return (await import("./alter-table.ts")).runAlterTable(session, statement, options);
    case "drop":
      return runDrop(session, statement);
    case "truncate":
      return runTruncate(session, statement, options);
    case "insert":
      return (await import("./insert.ts")).runInsert(session, statement, options);
    case "multiInsert":
      for (const insert of statement.inserts) await runStatement(session, insert, options);
      return emptyResult();
    case "insertDirectory":
      return (await import("./insert.ts")).runInsertDirectory(session, statement, options);
    case "describeTable":
      return (await import("./describe.ts")).runDescribeTable(session, statement);
    case "describeQuery":
      return (await import("./describe.ts")).runDescribeQuery(session, statement, options);
    case "describeDatabase":
      return (await import("./describe.ts")).runDescribeDatabase(session, statement);
    case "describeFunction":
      return (await import("./describe.ts")).runDescribeFunction(statement);
    case "show":
      return (await import("./show.ts")).runShow(session, statement);
    case "useCatalog":
      return runUseCatalog(statement);
    case "alterDatabase":
      return runAlterDatabase(session, statement);
    case "analyzeTable":
      return runAnalyzeTable(session, statement, options);
    case "analyzeTables":
      return runAnalyzeTables(session, statement, options);
    case "cacheTable":
      return (await import("./cache-table.ts")).runCacheTable(session, statement, options);
    case "uncacheTable":
      return (await import("./cache-table.ts")).runUncacheTable(session, statement);
    case "clearCache":
      session.engine.cache.clear();
      return emptyResult();
    case "refreshTable":
      return (await import("./cache-table.ts")).runRefreshTable(session, statement, options);
    case "declareVariable":
      return (await import("./variables.ts")).runDeclareVariable(session, statement, options);
    case "dropVariable":
      return (await import("./variables.ts")).runDropVariable(session, statement);
    case "setVariable":
      return (await import("./variables.ts")).runSetVariable(session, statement, options);
    case "setVariables":
      return (await import("./variables.ts")).runSetVariables(session, statement, options);
    case "executeImmediate":
      return (await import("./execute-immediate.ts")).runExecuteImmediate(session, statement, options);
    case "commentOn":
      return runCommentOn(session, statement);
    case "update":
    case "delete":
    case "merge":
    case "optimize":
    case "vacuum":
    case "restore":
    case "describeHistory":
    case "describeDetail":
    case "reorg":
    case "copyInto":
      return runDeltaStatement(session, statement, options);
    case "convertToDelta":
      return (await import("./delta/convert.ts")).runConvertToDelta(session, statement);
    case "generateManifest":
      throw unsupportedOnFiles(statement, deltaOperation(statement.kind), statement.name);
    case "refreshPath":
    case "alterViewSchemaBinding":
    case "createFunction":
    case "dropFunction":
    case "refreshFunction":
      throw new SparrowError("UNSUPPORTED_FEATURE.STATEMENT", "0A000", `The feature is not supported: the statement ${words(statement.kind)}.`, { statement: words(statement.kind) }, { span: statement.span });
  }
  return unreachable(statement);
}

type DeltaStatement = Extract<Statement, { kind: "update" | "delete" | "merge" | "optimize" | "vacuum" | "restore" | "describeHistory" | "describeDetail" | "reorg" | "copyInto" }>;

/** Statements that only Delta tables have; what runs them is loaded then. */
async function runDeltaStatement(session: Session, statement: DeltaStatement, options: RunOptions): Promise<StatementResult> {
  const name = statement.kind === "merge" ? statement.target : "table" in statement ? statement.table : statement.name;
  const target = await findDeltaTarget(session, name);
  if (target === undefined) {
    const parts = partsOf(name);
    if (session.temporaryView(parts) === undefined && (await findInCatalog(session, parts)) === undefined) throw tableNotFound(parts, name.span);
    throw unsupportedOnFiles(statement, deltaOperation(statement.kind), name);
  }
  switch (statement.kind) {
    case "delete":
      return (await import("./delta/delete.ts")).runDeltaDelete(session, target, statement, options);
    case "update":
      return (await import("./delta/update.ts")).runDeltaUpdate(session, target, statement, options);
    case "merge":
      return (await import("./delta/merge.ts")).runDeltaMerge(session, target, statement, options);
    case "optimize":
      return (await import("./delta/optimize.ts")).runOptimize(session, target, statement, options);
    case "reorg":
      return (await import("./delta/reorg.ts")).runReorg(session, target, statement, options);
    case "copyInto":
      return (await import("./delta/copy-into.ts")).runCopyInto(session, target, statement, options);
    case "vacuum":
      return (await import("./delta/vacuum.ts")).runVacuum(session, target, statement);
    case "restore":
      return (await import("./delta/restore.ts")).runRestore(session, target, statement);
    case "describeHistory":
      return (await import("./delta/describe.ts")).runDescribeHistory(session, target, statement);
    case "describeDetail":
      return (await import("./delta/describe.ts")).runDescribeDetail(target);
  }
}

function unsupportedOnFiles({ span }: Statement, operation: string, table: QualifiedName): SparrowError {
  const error = unsupportedOperation(operation, quoted(...partsOf(table)));
  return new SparrowError(error.condition, error.sqlState, error.message, error.parameters, { span, hint: "Tables over files take INSERT and INSERT OVERWRITE." });
}

/** `createFunction` as it is written: CREATE FUNCTION. */
function words(kind: string): string {
  return kind.replaceAll(/[A-Z]/g, (letter) => ` ${letter}`).toUpperCase();
}

function deltaOperation(kind: string): string {
  return `${words(kind)} (Delta tables have it)`;
}
