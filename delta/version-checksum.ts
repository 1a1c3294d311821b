import type { CommitInfo } from "./actions.ts";
import { encodeExactJson } from "./exact-json.ts";
import type { DeltaSnapshot } from "./snapshot.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

/** Lower ends of the bins of file sizes, in bytes: powers of two, and between them steps that are finer where files are mostly. Source: Delta's `FileSizeHistogram`. */
const SIZE_BINS: readonly number[] = [
  0,
  ...doublings(8 * KIB, 4 * MIB),
  ...steps(8, 40, 4),
  ...steps(48, 120, 8),
  ...steps(124, 144, 4),
  ...steps(160, 576, 16),
  ...steps(640, 1408, 64),
  ...steps(1536, 2048, 128),
  ...steps(2304, 3840, 256),
  ...doublings(4 * GIB, 256 * GIB),
];

function doublings(from: number, to: number): number[] {
  return from > to ? [] : [from, ...doublings(from * 2, to)];
}

/** From one number of MiB to another. */
function steps(from: number, to: number, by: number): number[] {
  return Array.from({ length: (to - from) / by + 1 }, (_, i) => (from + i * by) * MIB);
}

/** Lower ends of the bins of deleted rows per file. Source: the protocol's section "Deleted Record Counts Histogram Schema". */
const DELETED_BINS: readonly number[] = [0, 1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 2_147_483_647];

/** The files of a small table are in the checksum too, so that replay can be checked one by one. */
const MAX_LISTED_FILES = 50;

/** The text of `<version>.crc`: what a replay of the log up to the version must come to. `commitInfo`: the commit's own. Source: the protocol's section "Version Checksum File". */
export function versionChecksum({ protocol, metadata, files, transactions, domains }: DeltaSnapshot, commitInfo: CommitInfo): string {
  const fileCounts = SIZE_BINS.map(() => 0);
  const totalBytes = SIZE_BINS.map(() => 0);
  const deletedRecordCounts = DELETED_BINS.map(() => 0);
  let tableSizeBytes = 0;
  let numDeletedRecordsOpt = 0;
  let numDeletionVectorsOpt = 0;
  for (const { size, deletionVector } of files.values()) {
    const bin = binOf(SIZE_BINS, size);
    fileCounts[bin]++;
    totalBytes[bin] += size;
    tableSizeBytes += size;
    numDeletedRecordsOpt += deletionVector?.cardinality ?? 0;
    if (deletionVector !== undefined) numDeletionVectorsOpt++;
    deletedRecordCounts[binOf(DELETED_BINS, deletionVector?.cardinality ?? 0)]++;
  }
  return encodeExactJson({
    txnId: commitInfo.txnId,
    tableSizeBytes,
    numFiles: files.size,
    numDeletedRecordsOpt,
    numDeletionVectorsOpt,
    numMetadata: 1,
    numProtocol: 1,
    inCommitTimestampOpt: commitInfo.inCommitTimestamp,
    setTransactions: [...transactions.values()],
    domainMetadata: [...domains.values()],
    metadata,
    protocol,
    fileSizeHistogram: { sortedBinBoundaries: SIZE_BINS, fileCounts, totalBytes },
    deletedRecordCountsHistogramOpt: { deletedRecordCounts },
    ...(files.size <= MAX_LISTED_FILES && { allFiles: [...files.values()].map((file) => ({ ...file, dataChange: false })) }),
  });
}

/** The last bin that begins at or before a value. */
function binOf(bins: readonly number[], value: number): number {
  return Math.max(0, bins.findLastIndex((from) => from <= value));
}
