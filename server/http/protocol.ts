import { SparrowError } from "../../catalog/errors.ts";

/** Statements with the same value share a session: settings, temporary views, current database. Without it a statement has a session of its own. */
export const SESSION_HEADER = "sparrow-session";

/** An error as the server sends it, under the names of Spark's error JSON. */
export interface ErrorBody {
  readonly error: {
    readonly errorClass: string;
    readonly sqlState: string;
    readonly message: string;
    readonly messageParameters: Readonly<Record<string, string>>;
    /** Positions count from 1 and include both ends, as Spark's do. */
    readonly queryContext: readonly { readonly startIndex: number; readonly stopIndex: number; readonly fragment: string }[];
    readonly detail?: string;
    readonly hint?: string;
  };
}

export function errorBody(error: unknown, sql: string): ErrorBody {
  if (!(error instanceof SparrowError)) {
    const message = error instanceof Error ? error.message : String(error);
    return { error: { errorClass: "INTERNAL_ERROR", sqlState: "XX000", message, messageParameters: {}, queryContext: [] } };
  }
  const { span } = error;
  const queryContext = span === undefined ? [] : [{ startIndex: span.start + 1, stopIndex: span.end, fragment: sql.slice(span.start, span.end) }];
  return { error: { errorClass: error.condition, sqlState: error.sqlState, message: error.message, messageParameters: error.parameters, queryContext, detail: error.detail, hint: error.hint } };
}

/** Non-standard, as some proxies use it: the client went away, or cancelled. */
const CLIENT_CLOSED_REQUEST = 499;

/** 400 for what the statement or its data are to blame for, 499 when cancelled, 503 at a limit of the machine or the settings, 500 for our own faults. */
export function errorStatus(error: unknown): number {
  if (!(error instanceof SparrowError)) return 500;
  if (error.condition === "OPERATION_CANCELED") return CLIENT_CLOSED_REQUEST;
  return error.origin === "resource" ? 503 : 400;
}
