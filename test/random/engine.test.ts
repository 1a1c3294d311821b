import { testRandomQueries } from "./queries-under-test.ts";

/** The next ones: engine.long.test.ts. */
testRandomQueries(Number(process.env.SPARROW_RANDOM_SEED ?? 1), 0, Number(process.env.SPARROW_RANDOM_COUNT ?? 200));
