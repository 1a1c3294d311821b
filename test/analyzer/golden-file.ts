/** One statement of a golden file of Spark's: its text, the schema of its result, and its rows or the JSON of its error. */
export interface GoldenQuery {
  readonly sql: string;
  readonly schema: string;
  readonly output: string;
}

/** `-- !query`, `-- !query schema`, `-- !query output`, again and again. */
export function goldenQueries(text: string): readonly GoldenQuery[] {
  return text
    .split(/^-- !query\n/m)
    .slice(1)
    .flatMap((block) => {
      const schemaAt = block.indexOf("-- !query schema\n");
      const outputAt = block.indexOf("-- !query output\n");
      if (schemaAt < 0 || outputAt < 0) return [];
      return [
        {
          sql: block.slice(0, schemaAt).trim(),
          schema: block.slice(schemaAt + "-- !query schema\n".length, outputAt).trim(),
          // A row may begin with a blank.
          output: block.slice(outputAt + "-- !query output\n".length).trimEnd(),
        },
      ];
    });
}

/** The error condition that a golden output holds, or undefined when it holds rows. */
export function goldenCondition(query: GoldenQuery): string | undefined {
  return /"(?:errorClass|condition)" : "([^"]+)"/.exec(query.output)?.[1];
}
