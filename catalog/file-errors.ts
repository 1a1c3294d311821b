import { SparrowError } from "./errors.ts";

/** Spark's error for a file that a table's log names and that is not there. */
export function fileNotExist(path: string): SparrowError {
  return new SparrowError("FAILED_READ_FILE.FILE_NOT_EXIST", "KD001", `Encountered error while reading file ${path}: it does not exist, though the table's log names it.`, { path }, { origin: "data", hint: "It was deleted by hand, or by VACUUM when an older version is read." });
}
