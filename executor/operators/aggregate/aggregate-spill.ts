import type { SpilledList, SpillLayout } from "../../spill/spill-layout.ts";
import { spillLayout, stringOffsets } from "../../spill/spill-layout.ts";
import { fieldOf } from "../../pipeline/row-layout.ts";
import type { AggregateState } from "./aggregate-plan.ts";
import type { AggregateShape } from "./aggregate-sink.ts";
import { nodeLayout } from "./state-updates.ts";
import { VALUES_NODE } from "./value-lists.ts";

/** Groups as they go to disk: with the lists of what they have collected. */
export function aggregateSpillLayout({ layout, plan }: AggregateShape): SpillLayout {
  return spillLayout(layout.bytes, layout.fields, plan.states.flatMap((state) => listOf(state, layout)));
}

function listOf(state: AggregateState, layout: AggregateShape["layout"]): readonly SpilledList[] {
  switch (state.kind) {
    case "collect": {
      const node = nodeLayout(state);
      return [{ offset: fieldOf(layout, state.list.id).offset, nodeBytes: node.bytes, strings: stringOffsets(node.fields) }];
    }
    case "values":
      return [{ offset: fieldOf(layout, state.list.id).offset, nodeBytes: VALUES_NODE.bytes, strings: [] }];
    case "count":
    case "sum":
    case "extreme":
    case "moments":
    case "comoments":
      return [];
  }
}
