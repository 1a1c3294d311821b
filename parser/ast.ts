import type { Span } from "../catalog/errors.ts";
import type { DataType, StructField } from "../catalog/types.ts";

/** The syntax tree of one statement. Names are as written; nothing is resolved. Every node has the span of the text it came from. */

export interface Identifier {
  readonly name: string;
  readonly quoted: boolean;
  readonly span: Span;
}

/** `a.b.c`: a table, view, function or column, outermost part first. */
export interface QualifiedName {
  readonly parts: readonly Identifier[];
  readonly span: Span;
}

// ---------------------------------------------------------------- expressions

export type AstExpr = { readonly span: Span } & (
  | { readonly kind: "null" }
  | { readonly kind: "boolean"; readonly value: boolean }
  /** Digits as written, after `-` where the literal is negative (`-1` is one literal, as in Spark); the suffix decides the type (L, S, Y, F, D, BD), else an integer literal is int, long or decimal by size, one with a point is decimal, one with an exponent double. */
  | { readonly kind: "number"; readonly text: string; readonly suffix: "" | "L" | "S" | "Y" | "F" | "D" | "BD" }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "binary"; readonly value: Uint8Array }
  /** DATE '...', TIMESTAMP '...', TIMESTAMP_NTZ '...', TIMESTAMP_LTZ '...', TIME '...', X'..' is `binary`. */
  | { readonly kind: "typedLiteral"; readonly type: "date" | "timestamp" | "timestamp_ntz" | "timestamp_ltz" | "time"; readonly value: string }
  /** INTERVAL '1' DAY, INTERVAL '1-2' YEAR TO MONTH, INTERVAL 3 days 2 hours; `quoted` for INTERVAL '3 days 2 hours', whose string is already split into parts. */
  | { readonly kind: "interval"; readonly parts: readonly IntervalPart[]; readonly quoted: boolean }
  /** `a`, `t.a`, `db.t.a.field`: what is a column and what is a field is the analyzer's to find. */
  | { readonly kind: "name"; readonly name: QualifiedName }
  | { readonly kind: "star"; readonly qualifier?: QualifiedName; readonly except?: readonly QualifiedName[]; readonly replace?: readonly { readonly expr: AstExpr; readonly name: Identifier }[] }
  | { readonly kind: "unary"; readonly operator: "-" | "+" | "~" | "not"; readonly operand: AstExpr }
  | { readonly kind: "binary_op"; readonly operator: BinaryOperator; readonly left: AstExpr; readonly right: AstExpr }
  | { readonly kind: "isNull"; readonly operand: AstExpr; readonly negated: boolean }
  | { readonly kind: "isBoolean"; readonly operand: AstExpr; readonly value: boolean | null; readonly negated: boolean }
  | { readonly kind: "isDistinctFrom"; readonly left: AstExpr; readonly right: AstExpr; readonly negated: boolean }
  | { readonly kind: "between"; readonly operand: AstExpr; readonly low: AstExpr; readonly high: AstExpr; readonly negated: boolean; readonly symmetric: boolean }
  | { readonly kind: "in"; readonly operand: AstExpr; readonly list: readonly AstExpr[]; readonly negated: boolean }
  | { readonly kind: "inSubquery"; readonly operand: AstExpr; readonly query: Query; readonly negated: boolean }
  | { readonly kind: "exists"; readonly query: Query }
  | { readonly kind: "scalarSubquery"; readonly query: Query }
  | { readonly kind: "like"; readonly operator: "like" | "ilike" | "rlike"; readonly operand: AstExpr; readonly pattern: AstExpr; readonly escape?: AstExpr; readonly negated: boolean }
  /** LIKE ANY | SOME | ALL (...) */
  | { readonly kind: "likeQuantified"; readonly operator: "like" | "ilike"; readonly quantifier: "any" | "all"; readonly operand: AstExpr; readonly patterns: readonly AstExpr[]; readonly negated: boolean }
  | { readonly kind: "case"; readonly operand?: AstExpr; readonly branches: readonly { readonly when: AstExpr; readonly then: AstExpr }[]; readonly otherwise?: AstExpr }
  | { readonly kind: "cast"; readonly operand: AstExpr; readonly type: DataType; readonly try: boolean }
  | { readonly kind: "call"; readonly name: QualifiedName; readonly args: readonly FunctionArgument[]; readonly distinct: boolean; readonly filter?: AstExpr; readonly withinGroup?: readonly SortItem[]; readonly over?: WindowReference; readonly nulls?: "ignore" | "respect" }
  | { readonly kind: "extract"; readonly field: string; readonly source: AstExpr }
  | { readonly kind: "lambda"; readonly parameters: readonly Identifier[]; readonly body: AstExpr }
  /** `base[index]` */
  | { readonly kind: "index"; readonly base: AstExpr; readonly index: AstExpr }
  /** `base.field` where base is not a plain name */
  | { readonly kind: "field"; readonly base: AstExpr; readonly name: Identifier }
  /** `(a, b)`: a struct */
  | { readonly kind: "row"; readonly items: readonly AstExpr[] }
  /** `expr AS name` inside a struct or an argument list, and in a select list; several names for generators */
  | { readonly kind: "alias"; readonly operand: AstExpr; readonly names: readonly Identifier[] }
  /** `:name` or `?` */
  | { readonly kind: "parameter"; readonly name?: string; readonly ordinal?: number }
  | { readonly kind: "collate"; readonly operand: AstExpr; readonly collation: string }
  /** DEFAULT in VALUES and SET */
  | { readonly kind: "default" }
  /** `TABLE t`, `TABLE (query)`: an argument of a table-valued function */
  | { readonly kind: "tableArgument"; readonly query: Query; readonly partitionBy: readonly AstExpr[]; readonly singlePartition: boolean; readonly orderBy: readonly SortItem[] }
);

export type BinaryOperator =
  | "or" | "and"
  | "=" | "<=>" | "<>" | "<" | "<=" | ">" | ">="
  | "||" | "|" | "&" | "^" | "<<" | ">>" | ">>>"
  | "+" | "-" | "*" | "/" | "%" | "div";

export interface IntervalPart {
  /** A literal number, string, or any expression before a unit. For `INTERVAL '1-2' YEAR TO MONTH`: the string, unit and `to`. */
  readonly value: AstExpr;
  /** Lower case, singular: year, month, week, day, hour, minute, second, millisecond, microsecond, nanosecond. */
  readonly unit: string;
  readonly to?: string;
}

export interface FunctionArgument {
  /** `name => value` */
  readonly name?: Identifier;
  readonly value: AstExpr;
}

export interface SortItem {
  readonly expr: AstExpr;
  readonly ascending: boolean;
  readonly nullsFirst?: boolean;
  readonly span: Span;
}

export type WindowReference =
  | { readonly kind: "named"; readonly name: Identifier }
  | { readonly kind: "spec"; readonly spec: WindowSpec };

export interface WindowSpec {
  readonly base?: Identifier;
  readonly partitionBy: readonly AstExpr[];
  readonly orderBy: readonly SortItem[];
  readonly frame?: AstFrame;
  readonly span: Span;
}

export interface AstFrame {
  readonly unit: "rows" | "range";
  readonly start: AstFrameBound;
  readonly end: AstFrameBound;
}

export type AstFrameBound =
  | { readonly kind: "unboundedPreceding" | "unboundedFollowing" | "currentRow" }
  | { readonly kind: "preceding" | "following"; readonly offset: AstExpr };

// ---------------------------------------------------------------- queries

export interface Query {
  readonly kind: "query";
  readonly with: readonly CommonTable[];
  readonly recursive: boolean;
  readonly body: QueryBody;
  readonly orderBy: readonly SortItem[];
  /** ORDER BY ALL */
  readonly orderByAll?: { readonly ascending: boolean; readonly nullsFirst?: boolean };
  readonly sortBy: readonly SortItem[];
  readonly distributeBy: readonly AstExpr[];
  readonly clusterBy: readonly AstExpr[];
  /** `"all"` for LIMIT ALL */
  readonly limit?: AstExpr | "all";
  readonly offset?: AstExpr;
  readonly windows: readonly NamedWindow[];
  readonly span: Span;
}

export interface CommonTable {
  readonly name: Identifier;
  readonly columns: readonly Identifier[];
  readonly query: Query;
  readonly maxRecursion?: number;
}

export interface NamedWindow {
  readonly name: Identifier;
  readonly spec: WindowReference;
}

export type QueryBody =
  | Select
  | { readonly kind: "setOperation"; readonly operator: "union" | "intersect" | "except"; readonly all: boolean; readonly byName: boolean; readonly left: QueryBody; readonly right: QueryBody; readonly span: Span }
  | { readonly kind: "values"; readonly rows: readonly AstExpr[]; readonly alias?: TableAlias; readonly span: Span }
  /** TABLE t */
  | { readonly kind: "table"; readonly name: QualifiedName; readonly span: Span }
  | { readonly kind: "nested"; readonly query: Query; readonly span: Span };

export interface Select {
  readonly kind: "select";
  readonly hints: readonly Hint[];
  readonly distinct: boolean;
  /** Each an expression, perhaps under an `alias` node. */
  readonly items: readonly AstExpr[];
  /** Comma-separated relations; empty without FROM. */
  readonly from: readonly Relation[];
  readonly lateralViews: readonly LateralView[];
  readonly where?: AstExpr;
  readonly groupBy?: GroupBy;
  readonly having?: AstExpr;
  readonly qualify?: AstExpr;
  readonly windows: readonly NamedWindow[];
  readonly span: Span;
}

export interface Hint {
  readonly name: string;
  readonly args: readonly AstExpr[];
  readonly span: Span;
}

export interface LateralView {
  readonly outer: boolean;
  readonly call: AstExpr & { kind: "call" };
  readonly table?: Identifier;
  readonly columns: readonly Identifier[];
  readonly span: Span;
}

export type GroupBy =
  | { readonly kind: "all" }
  | { readonly kind: "items"; readonly items: readonly GroupingItem[] };

export type GroupingItem =
  | { readonly kind: "expr"; readonly expr: AstExpr }
  | { readonly kind: "rollup" | "cube"; readonly sets: readonly (readonly AstExpr[])[] }
  /** `keys`: those of `GROUP BY a, b GROUPING SETS (...)`, which are keys even if no set has them. */
  | { readonly kind: "groupingSets"; readonly sets: readonly (readonly AstExpr[])[]; readonly keys?: readonly AstExpr[] };

export interface TableAlias {
  readonly name?: Identifier;
  readonly columns: readonly Identifier[];
}

export type JoinType = "inner" | "cross" | "left" | "right" | "full" | "semi" | "anti";

export type Relation = { readonly span: Span } & (
  | { readonly kind: "table"; readonly name: QualifiedName; readonly alias?: TableAlias; readonly version?: TimeTravel; readonly sample?: TableSample; readonly options?: readonly Property[] }
  | { readonly kind: "subquery"; readonly query: Query; readonly alias?: TableAlias; readonly sample?: TableSample; readonly lateral: boolean }
  | { readonly kind: "values"; readonly rows: readonly AstExpr[]; readonly alias?: TableAlias }
  /** Table-valued function: range(...), explode(...), read_files(...), or `TABLE(...)` arguments */
  | { readonly kind: "function"; readonly call: AstExpr & { kind: "call" }; readonly alias?: TableAlias; readonly lateral: boolean }
  | { readonly kind: "join"; readonly type: JoinType; readonly natural: boolean; readonly lateral: boolean; readonly left: Relation; readonly right: Relation; readonly on?: AstExpr; readonly using?: readonly Identifier[] }
  | { readonly kind: "nested"; readonly relation: Relation; readonly alias?: TableAlias }
  | { readonly kind: "pivot"; readonly input: Relation; readonly aggregates: readonly AstExpr[]; readonly columns: readonly Identifier[]; readonly values: readonly AstExpr[]; readonly alias?: TableAlias }
  | { readonly kind: "unpivot"; readonly input: Relation; readonly includeNulls: boolean; readonly valueColumns: readonly Identifier[]; readonly nameColumn: Identifier; readonly items: readonly { readonly columns: readonly QualifiedName[]; readonly alias?: string }[]; readonly alias?: TableAlias }
);

export type TimeTravel =
  | { readonly kind: "version"; readonly version: AstExpr }
  | { readonly kind: "timestamp"; readonly timestamp: AstExpr };

export type TableSample =
  | { readonly kind: "percent"; readonly percent: AstExpr; readonly seed?: bigint }
  | { readonly kind: "rows"; readonly rows: AstExpr; readonly seed?: bigint }
  | { readonly kind: "bucket"; readonly bucket: number; readonly of: number; readonly seed?: bigint };

export interface Property {
  readonly key: string;
  readonly value: string;
}

// ---------------------------------------------------------------- statements

export interface ColumnDefinition {
  readonly name: Identifier;
  readonly type: DataType;
  readonly nullable: boolean;
  readonly comment?: string;
  readonly default?: SourceText;
  readonly generated?: SourceText;
  readonly identity?: { readonly always: boolean; readonly start: bigint; readonly step: bigint };
  readonly span: Span;
}

/** An expression kept as it was written, beside its tree: defaults, generated columns, CHECK constraints, views. */
export interface SourceText {
  readonly text: string;
  readonly expr: AstExpr;
}

export interface PartitionItem {
  readonly column: Identifier;
  readonly value?: AstExpr;
}

export type Statement = { readonly span: Span } & (
  | { readonly kind: "select"; readonly query: Query }
  | { readonly kind: "explain"; readonly mode: "simple" | "extended" | "formatted" | "cost" | "codegen" | "analyze"; readonly statement: Statement }
  | { readonly kind: "set"; readonly key?: string; readonly value?: string; readonly verbose: boolean }
  | { readonly kind: "setTimeZone"; readonly value: string }
  | { readonly kind: "reset"; readonly key?: string }
  | { readonly kind: "use"; readonly name: QualifiedName }
  | { readonly kind: "createDatabase"; readonly name: QualifiedName; readonly ifNotExists: boolean; readonly location?: string; readonly comment?: string; readonly properties: readonly Property[] }
  | { readonly kind: "dropDatabase"; readonly name: QualifiedName; readonly ifExists: boolean; readonly cascade: boolean }
  | {
      readonly kind: "createTable";
      readonly name: QualifiedName;
      readonly mode: "create" | "createOrReplace" | "replace";
      readonly ifNotExists: boolean;
      readonly external: boolean;
      readonly columns: readonly ColumnDefinition[];
      readonly constraints: readonly { readonly name: string; readonly check: SourceText }[];
      readonly provider?: string;
      readonly partitionedBy: readonly (Identifier | ColumnDefinition)[];
      readonly clusterBy?: readonly QualifiedName[];
      readonly options: readonly Property[];
      readonly location?: string;
      readonly comment?: string;
      readonly properties: readonly Property[];
      /** CLUSTERED BY (...) [SORTED BY (...)] INTO n BUCKETS */
      readonly buckets?: Buckets;
      readonly query?: Query;
      readonly like?: QualifiedName;
      /** SHALLOW | DEEP CLONE of a Delta or Parquet table */
      readonly clone?: { readonly source: QualifiedName; readonly version?: TimeTravel; readonly deep: boolean };
    }
  | { readonly kind: "createView"; readonly name: QualifiedName; readonly temporary: boolean; readonly global: boolean; readonly orReplace: boolean; readonly ifNotExists: boolean; readonly columns: readonly { readonly name: Identifier; readonly comment?: string }[]; readonly comment?: string; readonly properties: readonly Property[]; readonly binding?: SchemaBinding; readonly query: Query; readonly queryText: string }
  /** CREATE TEMPORARY VIEW v USING format OPTIONS (...) */
  | { readonly kind: "createTempViewUsing"; readonly name: QualifiedName; readonly orReplace: boolean; readonly columns: readonly ColumnDefinition[]; readonly provider: string; readonly options: readonly Property[] }
  | { readonly kind: "drop"; readonly object: "table" | "view"; readonly name: QualifiedName; readonly ifExists: boolean; readonly purge: boolean }
  | { readonly kind: "truncate"; readonly name: QualifiedName; readonly partition?: readonly PartitionItem[] }
  | { readonly kind: "insert"; readonly mode: "into" | "overwrite"; readonly table: QualifiedName; /** WITH (key = value): of the write. */ readonly options?: readonly Property[]; readonly schemaEvolution?: boolean; readonly columns?: readonly Identifier[]; readonly byName: boolean; readonly partition?: readonly PartitionItem[]; readonly ifNotExists: boolean; readonly replaceWhere?: AstExpr; readonly query: Query }
  /** FROM ... INSERT ... INSERT ...: each an `insert` or `insertDirectory` over the same relations */
  | { readonly kind: "multiInsert"; readonly inserts: readonly Statement[] }
  | { readonly kind: "insertDirectory"; readonly path: string; readonly provider: string; readonly options: readonly Property[]; readonly query: Query }
  | { readonly kind: "update"; readonly table: QualifiedName; readonly alias?: TableAlias; readonly assignments: readonly Assignment[]; readonly where?: AstExpr }
  | { readonly kind: "delete"; readonly table: QualifiedName; readonly alias?: TableAlias; readonly where?: AstExpr }
  | { readonly kind: "merge"; readonly target: QualifiedName; readonly targetAlias?: TableAlias; readonly source: Relation; readonly on: AstExpr; readonly clauses: readonly MergeClause[]; readonly schemaEvolution: boolean }
  | { readonly kind: "describeTable"; readonly name: QualifiedName; readonly extended: boolean; readonly column?: QualifiedName; readonly partition?: readonly PartitionItem[] }
  | { readonly kind: "describeQuery"; readonly query: Query }
  | { readonly kind: "describeFunction"; readonly name: QualifiedName; readonly extended: boolean }
  | { readonly kind: "describeDatabase"; readonly name: QualifiedName; readonly extended: boolean }
  | { readonly kind: "show"; readonly what: "databases" | "tables" | "views" | "functions" | "columns" | "partitions" | "tblproperties" | "createTable" | "tableExtended" | "catalogs" | "currentNamespace"; /** Of functions: SHOW USER | SYSTEM | ALL FUNCTIONS. */ readonly scope?: "user" | "system" | "all"; readonly name?: QualifiedName; readonly pattern?: string; readonly key?: string; readonly partition?: readonly PartitionItem[] }
  | { readonly kind: "cacheTable"; readonly name: QualifiedName; readonly lazy: boolean; readonly options: readonly Property[]; /** Of a view to be made. */ readonly definition?: { readonly query: Query; readonly queryText: string } }
  | { readonly kind: "uncacheTable"; readonly name: QualifiedName; readonly ifExists: boolean }
  | { readonly kind: "clearCache" }
  | { readonly kind: "refreshTable"; readonly name: QualifiedName }
  | { readonly kind: "analyzeTable"; readonly name: QualifiedName; readonly columns: readonly Identifier[] | "all" | "none"; readonly noScan: boolean }
  /** `view` for ALTER VIEW with an action that tables have too. */
  | { readonly kind: "alterTable"; readonly name: QualifiedName; readonly action: AlterAction; readonly view?: boolean }
  | { readonly kind: "alterView"; readonly name: QualifiedName; readonly query: Query; readonly queryText: string }
  | { readonly kind: "alterViewSchemaBinding"; readonly name: QualifiedName; readonly binding: SchemaBinding }
  | { readonly kind: "alterDatabase"; readonly name: QualifiedName; readonly properties?: readonly Property[]; readonly location?: string }
  | { readonly kind: "commentOn"; readonly object: "table" | "database"; readonly name: QualifiedName; readonly comment: string | null }
  | { readonly kind: "analyzeTables"; readonly database?: QualifiedName; readonly noScan: boolean }
  | { readonly kind: "useCatalog"; readonly name: Identifier }
  /** SQL functions (RETURN ...), and functions of a class or module (AS '...'). */
  | { readonly kind: "createFunction"; readonly name: QualifiedName; readonly temporary: boolean; readonly orReplace: boolean; readonly ifNotExists: boolean; readonly parameters: readonly ColumnDefinition[]; readonly returns?: { readonly type?: DataType; readonly columns?: readonly StructField[] }; readonly comment?: string; readonly body: FunctionBody }
  | { readonly kind: "dropFunction"; readonly name: QualifiedName; readonly temporary: boolean; readonly ifExists: boolean }
  | { readonly kind: "refreshFunction"; readonly name: QualifiedName }
  | { readonly kind: "refreshPath"; readonly path: string }
  | { readonly kind: "declareVariable"; readonly names: readonly QualifiedName[]; readonly orReplace: boolean; readonly type?: DataType; readonly default?: SourceText }
  | { readonly kind: "dropVariable"; readonly name: QualifiedName; readonly ifExists: boolean }
  | { readonly kind: "setVariable"; readonly assignments: readonly Assignment[] }
  | { readonly kind: "setVariables"; readonly targets: readonly QualifiedName[]; readonly query: Query }
  | { readonly kind: "executeImmediate"; readonly text: AstExpr; readonly into: readonly QualifiedName[]; readonly using: readonly AstExpr[] }
  // Delta's own statements
  | { readonly kind: "optimize"; readonly name: QualifiedName; readonly full: boolean; readonly where?: AstExpr; readonly zOrderBy: readonly QualifiedName[] }
  | { readonly kind: "vacuum"; readonly name: QualifiedName; readonly mode?: "lite" | "full"; readonly retainHours?: AstExpr; readonly inventory?: QualifiedName | Query; readonly dryRun: boolean }
  | { readonly kind: "restore"; readonly name: QualifiedName; readonly to: TimeTravel }
  | { readonly kind: "describeHistory"; readonly name: QualifiedName; readonly limit?: AstExpr }
  | { readonly kind: "describeDetail"; readonly name: QualifiedName }
  | { readonly kind: "convertToDelta"; readonly name: QualifiedName; readonly noStatistics: boolean; readonly partitionedBy: readonly StructField[] }
  | { readonly kind: "reorg"; readonly name: QualifiedName; readonly where?: AstExpr; readonly action: "purge" | "upgradeUniform"; readonly icebergCompatVersion?: number }
  | { readonly kind: "generateManifest"; readonly name: QualifiedName; readonly mode: string }
  /** A path in FROM of the query is a table whose name has an empty first part */
  | { readonly kind: "copyInto"; readonly name: QualifiedName; readonly source: { readonly path: string } | { readonly query: Query }; readonly format: string; readonly files: readonly string[]; readonly pattern?: string; readonly formatOptions: readonly Property[]; readonly copyOptions: readonly Property[] }
);

export type SchemaBinding = "binding" | "compensation" | "evolution" | "typeEvolution";

export type FunctionBody = { readonly kind: "expression"; readonly source: SourceText } | { readonly kind: "query"; readonly query: Query; readonly text: string } | { readonly kind: "class"; readonly name: string };

export interface Buckets {
  readonly columns: readonly Identifier[];
  readonly sortedBy: readonly { readonly column: Identifier; readonly ascending: boolean }[];
  readonly count: number;
}

export interface Assignment {
  readonly target: QualifiedName;
  readonly value: AstExpr;
}

export interface MergeClause {
  readonly when: "matched" | "notMatched" | "notMatchedBySource";
  readonly condition?: AstExpr;
  readonly action:
    | { readonly kind: "delete" }
    | { readonly kind: "updateAll" }
    | { readonly kind: "insertAll" }
    | { readonly kind: "update"; readonly assignments: readonly Assignment[] }
    | { readonly kind: "insert"; readonly columns: readonly QualifiedName[]; readonly values: readonly AstExpr[] };
}

export type AlterAction =
  | { readonly kind: "setProperties"; readonly properties: readonly Property[] }
  | { readonly kind: "unsetProperties"; readonly keys: readonly string[]; readonly ifExists: boolean }
  | { readonly kind: "rename"; readonly to: QualifiedName }
  | { readonly kind: "addColumns"; readonly columns: readonly (ColumnDefinition & { readonly path: QualifiedName; readonly position?: ColumnPosition })[] }
  | { readonly kind: "renameColumn"; readonly column: QualifiedName; readonly to: Identifier }
  | { readonly kind: "dropColumns"; readonly columns: readonly QualifiedName[]; readonly ifExists: boolean }
  | { readonly kind: "replaceColumns"; readonly columns: readonly ColumnDefinition[] }
  | { readonly kind: "alterColumn"; readonly column: QualifiedName; readonly type?: DataType; readonly comment?: string; readonly nullable?: boolean; readonly default?: SourceText | null; readonly position?: ColumnPosition }
  | { readonly kind: "setLocation"; readonly location: string }
  | { readonly kind: "addConstraint"; readonly name: string; readonly check: SourceText }
  | { readonly kind: "dropConstraint"; readonly name: string; readonly ifExists: boolean }
  | { readonly kind: "renamePartition"; readonly from: readonly PartitionItem[]; readonly to: readonly PartitionItem[] }
  | { readonly kind: "dropFeature"; readonly feature: string; readonly truncateHistory: boolean }
  /** Empty for CLUSTER BY NONE */
  | { readonly kind: "clusterBy"; readonly columns: readonly QualifiedName[] }
  | { readonly kind: "syncIdentity"; readonly column: QualifiedName }
  | { readonly kind: "addPartition"; readonly partitions: readonly (readonly PartitionItem[])[]; readonly ifNotExists: boolean }
  | { readonly kind: "dropPartition"; readonly partitions: readonly (readonly PartitionItem[])[]; readonly ifExists: boolean }
  | { readonly kind: "recoverPartitions" };

export type ColumnPosition = { readonly kind: "first" } | { readonly kind: "after"; readonly column: Identifier };
