import { ThriftError, ThriftReader, ThriftType } from "./thrift-compact.ts";

/** A page's header, as far as decoding needs it. Sizes are of what follows the header. */
export interface PageHeader {
  readonly kind: "data" | "dataV2" | "dictionary" | "other";
  readonly uncompressedBytes: number;
  readonly compressedBytes: number;
  readonly values: number;
  readonly encoding: number;
  /** Version 1: how definition levels are encoded; RLE in version 2. */
  readonly definitionEncoding: number;
  /** Version 2: bytes of definition levels, which lie in front and are not compressed. */
  readonly definitionBytes: number;
  readonly repetitionBytes: number;
  readonly isCompressed: boolean;
}

const RLE = 3;
const KINDS = { 0: "data", 2: "dictionary", 3: "dataV2" } as const;

/** Reads the header at the reader's position. Source: parquet-format's `PageHeader`. */
export function readPageHeader(reader: ThriftReader): PageHeader {
  const header = { kind: "other" as PageHeader["kind"], uncompressedBytes: 0, compressedBytes: 0, values: 0, encoding: -1, definitionEncoding: RLE, definitionBytes: 0, repetitionBytes: 0, isCompressed: true };
  reader.struct((id) => {
    switch (id) {
      case 1:
        header.kind = KINDS[reader.int() as keyof typeof KINDS] ?? "other";
        return true;
      case 2:
        header.uncompressedBytes = reader.int();
        return true;
      case 3:
        header.compressedBytes = reader.int();
        return true;
      case 5:
      case 7:
        reader.struct((field) => {
          if (field === 1) header.values = reader.int();
          else if (field === 2) header.encoding = reader.int();
          else if (field === 3 && id === 5) header.definitionEncoding = reader.int();
          else return false;
          return true;
        });
        return true;
      case 8:
        reader.struct((field, type) => {
          if (field === 1) header.values = reader.int();
          else if (field === 4) header.encoding = reader.int();
          else if (field === 5) header.definitionBytes = reader.int();
          else if (field === 6) header.repetitionBytes = reader.int();
          else if (field === 7) header.isCompressed = type === ThriftType.true;
          // Statistics hold binary values, which are passed over.
          else return false;
          return true;
        });
        return true;
      default:
        return false;
    }
  });
  const { uncompressedBytes, compressedBytes, values, definitionBytes, repetitionBytes } = header;
  if (Math.min(uncompressedBytes, compressedBytes, values, definitionBytes, repetitionBytes) < 0 || compressedBytes > reader.bytes.length - reader.position) {
    throw new ThriftError("a page does not fit into its column chunk");
  }
  return header;
}
