/** A test of whole relative paths against a glob pattern: `*`, `?`, `[a-c]`, `[!x]`, `{a,b}`; wildcards do not cross folders. Source: Hadoop's `GlobPattern`. */
export function pathMatcher(pattern: string): (path: string) => boolean {
  let depth = 0;
  const expression = pattern.replaceAll(/\\.|\[[^\]]*\]|[*?{},.+^$()|\\[\]]/g, (token) => {
    switch (token) {
      case "*":
        return "[^/]*";
      case "?":
        return "[^/]";
      case "{":
        depth++;
        return "(?:";
      case "}":
        depth = Math.max(0, depth - 1);
        return ")";
      case ",":
        return depth > 0 ? "|" : ",";
      default:
        return token.startsWith("[") && token.length > 1 ? token.replace(/^\[[!^]/, "[^") : token.startsWith("\\") && token.length > 1 ? token : `\\${token}`;
    }
  });
  const regex = new RegExp(`^(?:${expression})$`, "u");
  return (path) => regex.test(path);
}
