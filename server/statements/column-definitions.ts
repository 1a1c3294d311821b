import type { StructField } from "../../catalog/types.ts";
import { GENERATION_EXPRESSION } from "../../delta/generation-expression.ts";
import { identityMetadata } from "../../delta/identity-columns.ts";
import type { ColumnDefinition } from "../../parser/ast.ts";

/** Columns of a table as the catalog keeps them: comment, default, generation and identity go into the field's metadata, under Spark's and Delta's names. */
export function fieldsOf(columns: readonly ColumnDefinition[]): StructField[] {
  return columns.map(({ name, type, nullable, comment, default: value, generated, identity }) => {
    const metadata = {
      ...(comment === undefined ? {} : { comment }),
      ...(value === undefined ? {} : { CURRENT_DEFAULT: value.text }),
      ...(generated === undefined ? {} : { [GENERATION_EXPRESSION]: generated.text }),
      ...(identity === undefined ? {} : identityMetadata(identity.start, identity.step, identity.always)),
    };
    return { name: name.name, type, nullable, ...(Object.keys(metadata).length === 0 ? {} : { metadata }) };
  });
}
