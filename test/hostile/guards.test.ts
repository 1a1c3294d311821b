import { testGuards } from "./guards.ts";

/** Under the defaults, and a third of them under each configuration, in turn: the whole is in guards.long.test.ts. */
testGuards((configuration, query) => configuration === 0 || (query + configuration) % 3 === 0);
