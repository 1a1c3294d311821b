import { testGuards } from "./guards.ts";

testGuards(() => true);
