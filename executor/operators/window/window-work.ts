import type { Column, WindowCall } from "../../../catalog/expression.ts";

/** What a window's task computes: for each call a field that is filled. The order begins with `partitionKeys` partition keys. */
export interface WindowWork {
  readonly calls: readonly { readonly column: Column; readonly call: WindowCall }[];
  readonly partitionKeys: number;
}
