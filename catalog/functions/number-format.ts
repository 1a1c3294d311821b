import { SparrowError } from "../errors.ts";
import type { Span } from "../errors.ts";

/** The number formats of `to_char` and `to_number`: `S$999G999D00`. Source: Spark's `ToNumberParser`. */
export interface NumberFormat {
  readonly sign: { readonly kind: "S" | "MI" | "PR"; readonly atEnd: boolean } | undefined;
  readonly dollar: boolean;
  /** Digits between thousands separators, most significant first. */
  readonly groups: readonly string[];
  /** Digits after the decimal point; undefined without one. */
  readonly fraction: string | undefined;
  readonly precision: number;
  readonly scale: number;
}

const FORMAT = /^(MI|S)?(\$)?([09.,DG]*)(PR|MI|S)?$/;

/** Takes a format apart; raises INVALID_FORMAT.*. */
export function parseNumberFormat(format: string, span?: Span): NumberFormat {
  const invalid = (reason: string, message: string): SparrowError => new SparrowError(`INVALID_FORMAT.${reason}`, "42601", `The format '${format}' is invalid: ${message}.`, { format: `'${format}'` }, { span });
  const match = FORMAT.exec(format.toUpperCase());
  if (match === null) throw invalid("UNEXPECTED_TOKEN", "it has a token that no number format has, or one in the wrong place");
  const [, first, dollar, body, last] = match;
  if (first !== undefined && last !== undefined) throw invalid("WRONG_NUM_TOKEN", "it has two signs");
  const parts = body.replaceAll("D", ".").replaceAll("G", ",").split(".");
  if (parts.length > 2) throw invalid("WRONG_NUM_TOKEN", "it has two decimal points");
  const [whole, fraction] = parts;
  if (fraction?.includes(",") === true) throw invalid("THOUSANDS_SEPS_MUST_BEFORE_DEC", "thousands separators must stand before the decimal point");
  const groups = whole === "" ? [] : whole.split(",");
  if (groups.length > 1 && groups.includes("")) throw invalid("CONT_THOUSANDS_SEPS", "thousands separators must have digits on both sides");
  const digits = groups.join("");
  if (digits.length + (fraction?.length ?? 0) === 0) throw invalid("WRONG_NUM_DIGIT", "it has no digits");
  const kind = (first ?? last) as "S" | "MI" | "PR" | undefined;
  return { sign: kind === undefined ? undefined : { kind, atEnd: last !== undefined }, dollar: dollar !== undefined, groups, fraction, precision: digits.length + (fraction?.length ?? 0), scale: fraction?.length ?? 0 };
}
