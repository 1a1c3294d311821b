import { keepsBytes } from "../pipeline/row-access.ts";
import type { RowField } from "../pipeline/row-layout.ts";

/** Where records hold addresses: what must be known to write them to a file and to read them back at another place. */
export interface SpillLayout {
  readonly recordBytes: number;
  /** Offsets of strings: uint32 address, uint32 length. */
  readonly strings: readonly number[];
  /** Linked lists of nodes that belong to the record. */
  readonly lists: readonly SpilledList[];
}

/** At `offset` of the record: uint32 first node, uint32 last node; 0 for an empty list. A node begins with the uint32 address of the next one. */
export interface SpilledList {
  readonly offset: number;
  readonly nodeBytes: number;
  /** Offsets of strings in a node. */
  readonly strings: readonly number[];
}

/** For records with these fields, all of which have been written. */
export function spillLayout(recordBytes: number, fields: readonly RowField[], lists: readonly SpilledList[] = []): SpillLayout {
  return { recordBytes, strings: stringOffsets(fields), lists };
}

export function stringOffsets(fields: readonly RowField[]): readonly number[] {
  return fields.filter(keepsBytes).map((field) => field.offset);
}
