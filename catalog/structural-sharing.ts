/** The items with `f` applied; the very same array when `f` keeps every one. */
export function mapItems<T>(items: readonly T[], f: (item: T, index: number) => T): readonly T[] {
  let out: T[] | undefined;
  for (let i = 0; i < items.length; i++) {
    const mapped = f(items[i], i);
    if (mapped !== items[i] && out === undefined) out = items.slice(0, i);
    out?.push(mapped);
  }
  return out ?? items;
}

/** The object with `f` applied to these fields, in this order; the very same object when `f` keeps every one. */
export function mapFields<T extends object, Field extends keyof T>(object: T, fields: readonly Field[], f: (value: T[Field]) => T[Field]): T {
  let out = object;
  for (const field of fields) {
    const mapped = f(object[field]);
    if (mapped !== object[field]) out = { ...out, [field]: mapped };
  }
  return out;
}
