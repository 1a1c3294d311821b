/** Numbers of the portable Roaring bitmap format and of Delta's 64-bit form of it. Source: RoaringFormatSpec; Delta's protocol, "Deletion Vector Format". */

export const MAGIC = 1681511377;
export const SERIAL_COOKIE_NO_RUNS = 12346;
export const SERIAL_COOKIE = 12347;
/** Bitmaps without runs, and those with at least so many containers, have a table of offsets. */
export const NO_OFFSET_THRESHOLD = 4;
/** Containers with more rows than this are bitmaps. */
export const ARRAY_MAX = 4096;
