import { InternalError, SparrowError } from "../catalog/errors.ts";
import type { ErrorSite } from "./emit/emit-context.ts";
import type { Failure } from "./worker-messages.ts";

/** The error that a failure in a worker stands for. */
export function toError(failure: Failure, sites: readonly ErrorSite[]): Error {
  switch (failure.kind) {
    case "row": {
      const site = sites[failure.site];
      return site === undefined ? new InternalError(`compiled code named error site ${failure.site} of ${sites.length}`) : site.toError(failure.operands);
    }
    case "cancelled":
      return new SparrowError("OPERATION_CANCELED", "HY008", "Operation has been canceled.", {}, { origin: "resource" });
    case "sparrow": {
      const { condition, sqlState, message, parameters, origin, span, hint, detail } = failure;
      return new SparrowError(condition, sqlState, message, parameters, { origin, span, hint, detail });
    }
    case "other": {
      const error = new InternalError(failure.message);
      error.stack = failure.stack;
      return error;
    }
  }
}
