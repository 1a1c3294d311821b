import type { Action, AddFile, DomainMetadata, Metadata, Protocol, RemoveFile, SetTransaction } from "./actions.ts";
import { fileKey } from "./file-paths.ts";

/** What a log's actions add up to. */
export interface TableState {
  readonly protocol: Protocol | undefined;
  readonly metadata: Metadata | undefined;
  /** Live files by `fileKey`. */
  readonly files: ReadonlyMap<string, AddFile>;
  /** Removed files, by `fileKey`, as far back as the log tells. */
  readonly tombstones: ReadonlyMap<string, RemoveFile>;
  /** By appId. */
  readonly transactions: ReadonlyMap<string, SetTransaction>;
  /** Without removed ones. */
  readonly domains: ReadonlyMap<string, DomainMetadata>;
}

export const EMPTY_STATE: TableState = { protocol: undefined, metadata: undefined, files: new Map(), tombstones: new Map(), transactions: new Map(), domains: new Map() };

/** The state after more actions, in the order of their versions. */
export function applyActions(state: TableState, actions: Iterable<Action>): TableState {
  let { protocol, metadata } = state;
  const files = new Map(state.files);
  const tombstones = new Map(state.tombstones);
  const transactions = new Map(state.transactions);
  const domains = new Map(state.domains);
  for (const action of actions) {
    switch (action.kind) {
      case "protocol":
        ({ protocol } = action);
        break;
      case "metaData":
        metadata = action.metaData;
        break;
      case "add": {
        const key = fileKey(action.add);
        files.set(key, action.add);
        tombstones.delete(key);
        break;
      }
      case "remove": {
        const key = fileKey(action.remove);
        files.delete(key);
        tombstones.set(key, action.remove);
        break;
      }
      case "txn":
        transactions.set(action.txn.appId, action.txn);
        break;
      case "domainMetadata":
        if (action.domainMetadata.removed) domains.delete(action.domainMetadata.domain);
        else domains.set(action.domainMetadata.domain, action.domainMetadata);
        break;
      case "commitInfo":
      case "cdc":
      case "sidecar":
        break;
    }
  }
  return { protocol, metadata, files, tombstones, transactions, domains };
}
