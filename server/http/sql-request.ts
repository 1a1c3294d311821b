import { SparrowError } from "../../catalog/errors.ts";
import { CONTENT_TYPES, type ResultFormat } from "../results/formats.ts";

export type ParameterValue = null | boolean | number | string;

/** The body of `POST /sql`: the statement alone as text, or JSON with what belongs to it. */
export interface SqlRequest {
  readonly sql: string;
  /** Values for `?` as a list, for `:name` as an object. */
  readonly parameters?: readonly ParameterValue[] | Readonly<Record<string, ParameterValue>>;
  /** Settings for this statement alone. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly session?: string;
}

/** Raises INVALID_REQUEST for a body of another shape. */
export function sqlRequest(body: unknown): SqlRequest {
  if (typeof body === "string") return { sql: body };
  if (body === null || typeof body !== "object" || Array.isArray(body)) throw invalid("the body must be SQL text, or a JSON object with `sql`");
  const { sql, parameters, settings, session, ...others } = body as Record<string, unknown>;
  if (typeof sql !== "string") throw invalid("`sql` must be a string");
  if (parameters !== undefined && !isParameters(parameters)) throw invalid("`parameters` must be a list or an object of strings, numbers, booleans and nulls");
  if (settings !== undefined && !isTexts(settings)) throw invalid("`settings` must be an object of strings");
  if (session !== undefined && typeof session !== "string") throw invalid("`session` must be a string");
  const unknown = Object.keys(others);
  if (unknown.length > 0) throw invalid(`\`${unknown[0]}\` is not known; there are sql, parameters, settings and session`);
  return { sql, parameters, settings, session };
}

function isParameters(value: unknown): value is SqlRequest["parameters"] {
  return value !== null && typeof value === "object" && Object.values(value).every((item) => item === null || ["string", "number", "boolean"].includes(typeof item));
}

function isTexts(value: unknown): value is Record<string, string> {
  return value !== null && typeof value === "object" && !Array.isArray(value) && Object.values(value).every((item) => typeof item === "string");
}

function invalid(why: string): SparrowError {
  return new SparrowError("INVALID_REQUEST", "22023", `The request is invalid: ${why}.`, { reason: why });
}

/** The first format that the Accept header names, in the client's order of preference; JSON for none and for anything. Raises NOT_ACCEPTABLE. */
export function acceptedFormat(accept: string | undefined): ResultFormat {
  const wanted = (accept ?? "*/*")
    .split(",")
    .map((entry, order) => {
      const [type, ...parameters] = entry.split(";").map((part) => part.trim().toLowerCase());
      const quality = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
      return { type, order, quality: quality === undefined ? 1 : Number(quality) };
    })
    .sort((a, b) => b.quality - a.quality || a.order - b.order);
  for (const { type } of wanted) {
    if (type === "*/*" || type === "application/*") return "json";
    const found = (Object.keys(CONTENT_TYPES) as ResultFormat[]).find((format) => CONTENT_TYPES[format] === type);
    if (found !== undefined) return found;
  }
  throw new SparrowError("NOT_ACCEPTABLE", "22023", `No result format for Accept: ${accept}. There are ${Object.values(CONTENT_TYPES).join(", ")}.`, { accept: accept ?? "" });
}
