import { isAbsolute, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { SparrowError } from "../catalog/errors.ts";
import { hasStorage } from "./storages.ts";

/** A path as SQL gives it (`data/x`, `/data/x`, `file:/data/x`, `file:///data/x`), absolute; relative ones from the working folder, those of a registered storage as they are. Raises INVALID_EMPTY_LOCATION. */
export function absolutePath(path: string): string {
  if (hasStorage(path)) return path;
  if (path.trim() === "") throw new SparrowError("INVALID_EMPTY_LOCATION", "42K05", `The location name cannot be empty string, but \`${path}\` was given.`, { location: path });
  const local = path.startsWith("file://") ? fileURLToPath(path) : path.startsWith("file:") ? path.slice("file:".length) : path;
  return isAbsolute(local) ? local : resolve(local);
}

/** A location as results show it. */
export function locationText(location: string): string {
  return hasStorage(location) ? location : `file:${location}`;
}
