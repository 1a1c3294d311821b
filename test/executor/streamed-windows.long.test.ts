import { afterAll } from "vitest";
import { LimitedEngine } from "./limited-engine.ts";
import { testStreamedWindows, WINDOWS } from "./streamed-windows.ts";

const engine = await LimitedEngine.open(2);
afterAll(() => engine.close());

testStreamedWindows(engine, WINDOWS);
