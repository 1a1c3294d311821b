import { testRandomQueries } from "./queries-under-test.ts";

/** The first ones: engine.test.ts. */
testRandomQueries(Number(process.env.SPARROW_RANDOM_SEED ?? 1), 200, 300);
