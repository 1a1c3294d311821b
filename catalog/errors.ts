/** A range of UTF-16 code units in the SQL text that was given. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Who is at fault. `user`: the statement or its arguments. `data`: a value or file met while running. `resource`: memory, disk, time,
 * cancellation. Our own faults are assertions (`InternalError`), never this class.
 */
export type ErrorOrigin = "user" | "data" | "resource";

export interface SparrowErrorOptions {
  readonly origin?: ErrorOrigin;
  readonly span?: Span;
  readonly detail?: string;
  readonly hint?: string;
  readonly cause?: unknown;
}

/**
 * An error that a user is meant to read. `condition` is Spark's error condition (`DIVIDE_BY_ZERO`, `UNRESOLVED_COLUMN.WITH_SUGGESTION`),
 * `parameters` its message parameters under Spark's names, `sqlState` Spark's SQLSTATE for the condition.
 */
export class SparrowError extends Error {
  readonly condition: string;
  readonly sqlState: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly origin: ErrorOrigin;
  readonly span: Span | undefined;
  readonly detail: string | undefined;
  readonly hint: string | undefined;

  constructor(
    condition: string,
    sqlState: string,
    message: string,
    parameters: Readonly<Record<string, string>> = {},
    options: SparrowErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "SparrowError";
    this.condition = condition;
    this.sqlState = sqlState;
    this.parameters = parameters;
    this.origin = options.origin ?? "user";
    this.span = options.span;
    this.detail = options.detail;
    this.hint = options.hint;
  }
}

/** A broken promise between parts of this program. Never caught to go on; the message is for its maintainers. */
export class InternalError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "InternalError";
  }
}

export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new InternalError(message);
}

/** The end of an exhaustive switch: fails to compile when a case is missing, and fails loudly when one slips through at run time. */
export function unreachable(value: never): never {
  throw new InternalError(`unexpected ${JSON.stringify(value)}`);
}
