import type { Sequence } from "./generate.ts";
import type { NamedRows, Operation } from "./operations.ts";

/** Trials of smaller sequences after which the smallest so far must do. */
const TRIALS = 300;

/** The smallest sequence found that still fails: steps, rows and properties are taken away as long as one such change still fails. */
export async function shrinkSequence(sequence: Sequence, fails: (smaller: Sequence) => Promise<boolean>): Promise<Sequence> {
  let smallest = sequence;
  for (let trials = 0; trials < TRIALS; ) {
    let improved = false;
    for (const candidate of smaller(smallest)) {
      if (++trials > TRIALS) return smallest;
      if (!(await fails(candidate))) continue;
      smallest = candidate;
      improved = true;
      break;
    }
    if (!improved) return smallest;
  }
  return smallest;
}

/** Great steps first. */
function* smaller({ definition, operations }: Sequence): Generator<Sequence> {
  for (let length = operations.length >> 1; length > 0; length >>= 1) {
    for (let at = 0; at + length <= operations.length; at += length) yield { definition, operations: operations.toSpliced(at, length) };
  }
  for (const key of Object.keys(definition.properties)) yield { definition: { ...definition, properties: Object.fromEntries(Object.entries(definition.properties).filter(([other]) => other !== key)) }, operations };
  for (const i of definition.partitionedBy.keys()) yield { definition: { ...definition, partitionedBy: definition.partitionedBy.toSpliced(i, 1) }, operations };
  for (const [i, operation] of operations.entries()) for (const less of smallerOperations(operation)) yield { definition, operations: operations.with(i, less) };
}

function* smallerOperations(operation: Operation): Generator<Operation> {
  switch (operation.kind) {
    case "insert":
    case "overwrite":
    case "replaceWhere":
      for (const rows of fewerRows(operation.rows)) yield { ...operation, rows };
      return;
    case "merge":
      for (const source of fewerRows(operation.source)) yield { ...operation, source };
      if (operation.clauses.length > 1) for (const i of operation.clauses.keys()) yield { ...operation, clauses: operation.clauses.toSpliced(i, 1) };
      return;
    case "update":
      if (operation.set.length > 1) for (const i of operation.set.keys()) yield { ...operation, set: operation.set.toSpliced(i, 1) };
      if (operation.where !== undefined) yield { ...operation, where: undefined };
      return;
    case "delete":
      if (operation.where !== undefined) yield { ...operation, where: undefined };
      return;
    case "insertSelect":
    case "addColumn":
    case "renameColumn":
    case "dropColumn":
    case "purge":
    case "dropNotNull":
    case "addConstraint":
    case "dropConstraint":
    case "setProperty":
    case "optimize":
    case "vacuum":
    case "restore":
    case "travel":
      return;
  }
}

function* fewerRows({ columns, rows }: NamedRows): Generator<NamedRows> {
  if (rows.length > 2) yield* [{ columns, rows: rows.slice(0, rows.length >> 1) }, { columns, rows: rows.slice(rows.length >> 1) }];
  if (rows.length > 1) for (const i of rows.keys()) yield { columns, rows: rows.toSpliced(i, 1) };
}
