import { SparrowError } from "../errors.ts";
import type { DataType } from "../types.ts";
import { sqlTypeName } from "../types.ts";
import type { ResolveContext } from "./signature.ts";

const DOC_ROOT = "https://spark.apache.org/docs/latest";
const ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "11th", "12th", "13th", "14th", "15th", "16th", "17th"];

/** `"INT"`: a type as Spark's messages quote it. */
export function quoteType(type: DataType): string {
  return `"${sqlTypeName(type)}"`;
}

export function quoteName(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

function callText(context: ResolveContext): string {
  return `"${context.sqlText?.().call ?? `${context.name}(...)`}"`;
}

function argumentText(context: ResolveContext, index: number): string {
  return `"${context.sqlText?.().args[index] ?? `argument ${index + 1}`}"`;
}

/** WRONG_NUM_ARGS.WITHOUT_SUGGESTION; `expected` is the list of counts that fit, or a phrase such as `> 1`. */
export function wrongNumberOfArguments(context: ResolveContext, actual: number, expected: readonly number[] | string): SparrowError {
  const expectedText = typeof expected === "string" ? expected : expected.length === 1 ? String(expected[0]) : `[${expected.join(", ")}]`;
  const parameters = { functionName: quoteName(context.name), expectedNum: expectedText, actualNum: String(actual), docroot: DOC_ROOT };
  return new SparrowError(
    "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
    "42605",
    `The function ${parameters.functionName} takes ${expectedText} arguments, but ${actual} were given.`,
    parameters,
    { span: context.span },
  );
}

/** Any DATATYPE_MISMATCH; `sqlExpr` is added to the parameters. */
export function typeMismatch(context: ResolveContext, subCondition: string, message: string, parameters: Readonly<Record<string, string>>): SparrowError {
  const sqlExpr = callText(context);
  return new SparrowError(`DATATYPE_MISMATCH.${subCondition}`, "42K09", `Cannot resolve ${sqlExpr} due to data type mismatch: ${message}`, { sqlExpr, ...parameters }, { span: context.span });
}

/** `required` is quoted already: `"STRING"`, `("STRING" or "BINARY")`. */
export function unexpectedInputType(context: ResolveContext, index: number, actual: DataType, required: string): SparrowError {
  const parameters = { paramIndex: ORDINALS[index] ?? `${index + 1}th`, inputSql: argumentText(context, index), inputType: quoteType(actual), requiredType: required };
  return typeMismatch(context, "UNEXPECTED_INPUT_TYPE", `the ${parameters.paramIndex} argument needs the type ${required}, but ${parameters.inputSql} has the type ${parameters.inputType}.`, parameters);
}

export function differentTypes(context: ResolveContext, types: readonly DataType[], functionName = context.name): SparrowError {
  const dataType = `[${types.map(quoteType).join(", ")}]`;
  return typeMismatch(context, "DATA_DIFF_TYPES", `all arguments of ${quoteName(functionName)} must have one type, but they are ${dataType}.`, { functionName: quoteName(functionName), dataType });
}

export function operandsDiffer(context: ResolveContext, left: DataType, right: DataType): SparrowError {
  const parameters = { left: quoteType(left), right: quoteType(right) };
  return typeMismatch(context, "BINARY_OP_DIFF_TYPES", `the operands have the types ${parameters.left} and ${parameters.right}.`, parameters);
}

/** `inputType` is what the operator takes, quoted already. */
export function wrongOperandType(context: ResolveContext, inputType: string, actual: DataType): SparrowError {
  const parameters = { inputType, actualDataType: quoteType(actual) };
  return typeMismatch(context, "BINARY_OP_WRONG_TYPE", `the operator takes ${inputType}, not ${parameters.actualDataType}.`, parameters);
}

export function notOrderable(context: ResolveContext, type: DataType): SparrowError {
  const parameters = { functionName: quoteName(context.name), dataType: quoteType(type) };
  return typeMismatch(context, "INVALID_ORDERING_TYPE", `${parameters.functionName} cannot order values of type ${parameters.dataType}.`, parameters);
}

/** The argument must be a constant. `inputName` is Spark's name of the parameter. */
export function notFoldable(context: ResolveContext, index: number, inputName: string, inputType: DataType): SparrowError {
  const parameters = { inputName: quoteName(inputName), inputType: quoteType(inputType), inputExpr: argumentText(context, index) };
  return typeMismatch(context, "NON_FOLDABLE_INPUT", `the argument ${parameters.inputName} must be a constant of type ${parameters.inputType}, but is ${parameters.inputExpr}.`, parameters);
}

export function unexpectedNull(context: ResolveContext, exprName: string): SparrowError {
  return typeMismatch(context, "UNEXPECTED_NULL", `${exprName} must not be NULL.`, { exprName });
}
