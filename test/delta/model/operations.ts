import { type Condition, conditionText, type Expr, exprText, qualified } from "./expressions.ts";
import { literal, type ModelType, type ModelValue } from "./values.ts";

export interface ModelColumn {
  readonly name: string;
  readonly type: ModelType;
  readonly notNull: boolean;
}

/** How a random table is made. */
export interface TableDefinition {
  readonly columns: readonly ModelColumn[];
  readonly partitionedBy: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
}

/** Rows by the columns that a statement names. */
export interface NamedRows {
  readonly columns: readonly { readonly name: string; readonly type: ModelType }[];
  readonly rows: readonly (readonly ModelValue[])[];
}

export interface Assignment {
  readonly column: string;
  /** Over the target's columns, or, in MERGE with `fromSource`, over the source's. */
  readonly value: Expr;
  readonly fromSource: boolean;
}

/** The target's columns are what conditions and values are over; those of `notMatched` are the source's. */
export type MergeClause =
  | { readonly when: "matched" | "notMatchedBySource"; readonly condition: Condition | undefined; readonly set: readonly Assignment[] | "delete" }
  | { readonly when: "notMatched"; readonly condition: Condition | undefined; readonly insert: readonly Assignment[] };

/** One statement of a random sequence. */
export type Operation =
  | { readonly kind: "insert"; readonly rows: NamedRows }
  /** Rows of the table itself, with one column changed. */
  | { readonly kind: "insertSelect"; readonly columns: readonly string[]; readonly changed: Assignment; readonly where: Condition }
  | { readonly kind: "overwrite"; readonly rows: NamedRows; readonly dynamic: boolean }
  | { readonly kind: "replaceWhere"; readonly where: Condition; readonly rows: NamedRows }
  | { readonly kind: "delete"; readonly where: Condition | undefined }
  | { readonly kind: "update"; readonly set: readonly Assignment[]; readonly where: Condition | undefined }
  /** Matches by equality of one column. */
  | { readonly kind: "merge"; readonly source: NamedRows; readonly key: string; readonly clauses: readonly MergeClause[] }
  | { readonly kind: "addColumn"; readonly column: ModelColumn }
  | { readonly kind: "renameColumn"; readonly column: string; readonly to: string }
  | { readonly kind: "dropColumn"; readonly column: string }
  | { readonly kind: "dropNotNull"; readonly column: string }
  | { readonly kind: "addConstraint"; readonly name: string; readonly check: Condition }
  | { readonly kind: "dropConstraint"; readonly name: string }
  | { readonly kind: "setProperty"; readonly key: string; readonly value: string }
  | { readonly kind: "optimize"; readonly zOrderBy?: string }
  /** REORG ... APPLY (PURGE) */
  | { readonly kind: "purge" }
  | { readonly kind: "vacuum" }
  /** The table as it was so many versions before the latest. */
  | { readonly kind: "restore"; readonly back: number }
  | { readonly kind: "travel"; readonly back: number; readonly where: Condition };

export function createText(table: string, { columns, partitionedBy, properties }: TableDefinition): string {
  const list = columns.map(({ name, type, notNull }) => `\`${name}\` ${type}${notNull ? " NOT NULL" : ""}`).join(", ");
  const partitions = partitionedBy.length === 0 ? "" : ` PARTITIONED BY (${partitionedBy.join(", ")})`;
  const settings = Object.entries(properties).map(([key, value]) => `'${key}' = '${value}'`).join(", ");
  return `CREATE TABLE ${table} (${list}) USING delta${partitions}${settings === "" ? "" : ` TBLPROPERTIES (${settings})`}`;
}

/** What a version of `restore` and `travel` is counted from. */
export type LatestVersion = number;

/** The statements that an operation stands for; settings that it needs come before, and are taken back after. */
export function operationTexts(operation: Operation, table: string, latest: LatestVersion): string[] {
  switch (operation.kind) {
    case "insert":
      return [`INSERT INTO ${table} (${names(operation.rows)}) VALUES ${values(operation.rows)}`];
    case "insertSelect": {
      const { columns, changed, where } = operation;
      const items = columns.map((name) => (name === changed.column ? exprText(changed.value) : `\`${name}\``));
      return [`INSERT INTO ${table} (${columns.map((name) => `\`${name}\``).join(", ")}) SELECT ${items.join(", ")} FROM ${table} WHERE ${conditionText(where)}`];
    }
    case "overwrite": {
      const text = `INSERT OVERWRITE ${table} (${names(operation.rows)}) VALUES ${values(operation.rows)}`;
      return operation.dynamic ? ["SET spark.sql.sources.partitionOverwriteMode = dynamic", text, "RESET spark.sql.sources.partitionOverwriteMode"] : [text];
    }
    case "replaceWhere":
      return [`INSERT INTO ${table} REPLACE WHERE ${conditionText(operation.where)} SELECT ${names(operation.rows)} FROM VALUES ${values(operation.rows)} AS v(${names(operation.rows)})`];
    case "delete":
      return [`DELETE FROM ${table}${whereText(operation.where)}`];
    case "update":
      return [`UPDATE ${table} SET ${operation.set.map(({ column, value }) => `\`${column}\` = ${exprText(value)}`).join(", ")}${whereText(operation.where)}`];
    case "merge": {
      const { source, key, clauses } = operation;
      return [`MERGE INTO ${table} t USING (SELECT * FROM VALUES ${values(source)} AS v(${names(source)})) s ON ${qualified(key, "t")} = ${qualified(key, "s")} ${clauses.map(clauseText).join(" ")}`];
    }
    case "addColumn":
      return [`ALTER TABLE ${table} ADD COLUMN \`${operation.column.name}\` ${operation.column.type}`];
    case "renameColumn":
      return [`ALTER TABLE ${table} RENAME COLUMN \`${operation.column}\` TO \`${operation.to}\``];
    case "dropColumn":
      return [`ALTER TABLE ${table} DROP COLUMN \`${operation.column}\``];
    case "dropNotNull":
      return [`ALTER TABLE ${table} ALTER COLUMN \`${operation.column}\` DROP NOT NULL`];
    case "addConstraint":
      return [`ALTER TABLE ${table} ADD CONSTRAINT ${operation.name} CHECK (${conditionText(operation.check)})`];
    case "dropConstraint":
      return [`ALTER TABLE ${table} DROP CONSTRAINT ${operation.name}`];
    case "setProperty":
      return [`ALTER TABLE ${table} SET TBLPROPERTIES ('${operation.key}' = '${operation.value}')`];
    case "optimize":
      return [`OPTIMIZE ${table}${operation.zOrderBy === undefined ? "" : ` ZORDER BY (\`${operation.zOrderBy}\`)`}`];
    case "purge":
      return [`REORG TABLE ${table} APPLY (PURGE)`];
    case "vacuum":
      return [`VACUUM ${table} RETAIN 0 HOURS`];
    case "restore":
      return [`RESTORE TABLE ${table} TO VERSION AS OF ${earlier(latest, operation.back)}`];
    case "travel":
      return [`SELECT * FROM ${table} VERSION AS OF ${earlier(latest, operation.back)} WHERE ${conditionText(operation.where)}`];
  }
}

export function earlier(latest: LatestVersion, back: number): number {
  return Math.max(0, latest - back);
}

function names({ columns }: NamedRows): string {
  return columns.map(({ name }) => `\`${name}\``).join(", ");
}

function values({ columns, rows }: NamedRows): string {
  return rows.map((row) => `(${row.map((value, i) => literal(value, columns[i].type)).join(", ")})`).join(", ");
}

function whereText(where: Condition | undefined): string {
  return where === undefined ? "" : ` WHERE ${conditionText(where)}`;
}

function clauseText(clause: MergeClause): string {
  const and = clause.condition === undefined ? "" : ` AND ${conditionText(clause.condition, clause.when === "notMatched" ? "s" : "t")}`;
  const value = ({ value: expr, fromSource }: Assignment): string => exprText(expr, fromSource ? "s" : "t");
  if (clause.when === "notMatched") {
    return `WHEN NOT MATCHED${and} THEN INSERT (${clause.insert.map(({ column }) => `\`${column}\``).join(", ")}) VALUES (${clause.insert.map(value).join(", ")})`;
  }
  const action = clause.set === "delete" ? "DELETE" : `UPDATE SET ${clause.set.map((assignment) => `\`${assignment.column}\` = ${value(assignment)}`).join(", ")}`;
  return `WHEN ${clause.when === "matched" ? "MATCHED" : "NOT MATCHED BY SOURCE"}${and} THEN ${action}`;
}
