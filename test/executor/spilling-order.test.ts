import { afterAll } from "vitest";
import { LimitedEngine } from "./limited-engine.ts";
import { SORTS_AND_WINDOWS } from "./spilling-cases.ts";
import { testSpilling } from "./spilling.ts";

const engine = await LimitedEngine.open(2);
afterAll(() => engine.close());

testSpilling(engine, SORTS_AND_WINDOWS);
