type Bound<Offset> = { readonly kind: "unboundedPreceding" | "unboundedFollowing" | "currentRow" } | { readonly kind: "preceding" | "following"; readonly offset: Offset };

/** A bound of a window frame in SQL, before and after analysis. */
export function frameBoundText<Offset>(bound: Bound<Offset>, offsetText: (offset: Offset) => string): string {
  switch (bound.kind) {
    case "unboundedPreceding":
      return "UNBOUNDED PRECEDING";
    case "unboundedFollowing":
      return "UNBOUNDED FOLLOWING";
    case "currentRow":
      return "CURRENT ROW";
    case "preceding":
      return `${offsetText(bound.offset)} PRECEDING`;
    case "following":
      return `${offsetText(bound.offset)} FOLLOWING`;
  }
}
