import type { DeletionVectorDescriptor } from "./actions.ts";

/** Decodes `%XX` of a path in the log; a path with stray percent signs is taken as it is. */
function decodePath(path: string): string {
  if (!path.includes("%")) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** A path as actions have it: everything encoded that a URI's path must not hold. */
export function encodePath(path: string): string {
  return encodeURI(path).replaceAll("#", "%23").replaceAll("?", "%3F");
}

/** What two actions about one file have in common, however each writes the path: decoded, and `file:/x`, `file:///x` and `/x` as one. */
export function canonicalPath(path: string): string {
  return decodePath(path).replace(/^file:(?:\/\/)?(?=\/)/, "");
}

/** Absolute path of a file of the table at `location`. */
export function absoluteFilePath(location: string, path: string): string {
  const canonical = canonicalPath(path);
  return canonical.startsWith("/") || /^[A-Za-z][\w+.-]*:/.test(canonical) ? canonical : `${location}/${canonical}`;
}

/** Identity of a deletion vector within the log; empty for none. */
function deletionVectorId(descriptor: DeletionVectorDescriptor | undefined): string {
  if (descriptor === undefined) return "";
  const { storageType, pathOrInlineDv, offset } = descriptor;
  return `${storageType}${pathOrInlineDv}${offset === undefined ? "" : `@${offset}`}`;
}

/** What actions are reconciled by: the file and its deletion vector. */
export function fileKey(file: { readonly path: string; readonly deletionVector?: DeletionVectorDescriptor }): string {
  const id = deletionVectorId(file.deletionVector);
  return id === "" ? canonicalPath(file.path) : `${canonicalPath(file.path)}\n${id}`;
}
