import type { Arena } from "../../memory/arena.ts";
import type { SpillLayout } from "../../spill/spill-layout.ts";
import type { SpilledPage, SpillStore } from "../../spill/spill-store.ts";
import type { ThreadContext } from "../../thread-context.ts";
import type { SortModule, SortShape } from "../rows/sort-module.ts";
import { addressesInOrder, RecordSorter } from "../rows/sort-records.ts";

/** Makes some pages on disk, which fit into memory, a sorted run. */
export interface SortPagesTask {
  readonly kind: "sortPages";
  readonly shape: SortShape;
  readonly sorting: SortModule;
  readonly layout: SpillLayout;
  readonly pages: readonly SpilledPage[];
}

export function sortPages({ shape, sorting, layout, pages }: SortPagesTask, context: ThreadContext, work: Arena, spill: SpillStore): readonly SpilledPage[] {
  const runs = pages.map((page) => spill.read(page, layout, work));
  const sorted = new RecordSorter(context, work, work, shape, sorting).sort(runs, work);
  return spill.write(layout, [addressesInOrder(context, work, sorted)]);
}
