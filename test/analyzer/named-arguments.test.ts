import { afterAll, beforeAll, expect, test } from "vitest";
import { SparrowUnderTest } from "../oracle/sparrow.ts";

let sparrow: SparrowUnderTest;

beforeAll(async () => {
  sparrow = await SparrowUnderTest.open();
});
afterAll(() => sparrow.close());

test("arguments by name go to their parameters' places, and defaults to those that have none", async () => {
  expect((await sparrow.query("SELECT mask('Ab1-', otherChar => 'o', lowerChar => 'q')")).rows).toEqual([["Xqno"]]);
  expect((await sparrow.query("SELECT mask(upperchar => 'Q', str => 'Ab1-')")).rows).toEqual([["Qxn-"]]);
  expect((await sparrow.query("SELECT * FROM posexplode_outer(collection => array(7))")).rows).toEqual([[0, 7]]);
});

test("what is wrong with names has Spark's conditions", async () => {
  const failures: readonly (readonly [string, string])[] = [
    ["mask(upperChar => 'Q', 'x')", "UNEXPECTED_POSITIONAL_ARGUMENT"],
    ["mask('x', upperChar => 'Q', upperChar => 'R')", "DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT.DOUBLE_NAMED_ARGUMENT_REFERENCE"],
    ["mask('x', str => 'y')", "DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT.BOTH_POSITIONAL_AND_NAMED"],
    ["mask(upperChar => 'Q')", "REQUIRED_PARAMETER_NOT_FOUND"],
    ["mask('x', nope => 'Q')", "UNRECOGNIZED_PARAMETER_NAME"],
    ["encode(str => 'a', charset => 'utf-8')", "NAMED_PARAMETERS_NOT_SUPPORTED"],
  ];
  for (const [call, condition] of failures) await expect(sparrow.query(`SELECT ${call}`), call).rejects.toMatchObject({ condition });
});
