/** SHOW ... LIKE: `*` stands for any text, `|` separates alternatives, letters in any case. Source: Spark's `StringUtils.filterPattern`. */
export function matchesPattern(name: string, pattern: string | undefined): boolean {
  if (pattern === undefined) return true;
  return pattern
    .trim()
    .split("|")
    .some((alternative) => {
      const expression = alternative
        .trim()
        .split("*")
        .map((part) => part.replaceAll(/[.+?^${}()[\]\\]/g, "\\$&"))
        .join(".*");
      return new RegExp(`^${expression}$`, "iu").test(name);
    });
}
