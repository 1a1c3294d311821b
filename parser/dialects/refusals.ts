import type { Span } from "../../catalog/errors.ts";
import { SparrowError } from "../../catalog/errors.ts";

/** A construct that means something else in Spark, or that node-sql-parser cannot be trusted with. */
export function unsupportedConstruct(dialect: string, construct: string, span: Span | undefined): SparrowError {
  return new SparrowError("UNSUPPORTED_DIALECT_CONSTRUCT", "0A000", `SQL in the dialect ${dialect} is not supported here: ${construct}`, { dialect, construct }, { span, hint: "Write the statement in Spark SQL: SET sparrow.sql.dialect = spark" });
}
