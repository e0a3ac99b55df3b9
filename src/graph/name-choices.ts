import { type GraphQLError, type GraphQLSchema, isEnumType, isInputObjectType } from 'graphql';

/** Matches the refusals of an enum value and of a @oneOf input, as graphql-js and `redact-values.ts` word them. */
const ofOneType =
  /(?: is not a value of type| for OneOf type|^OneOf Input Object) "(\w+)"(?: must specify exactly one key)?\.$/;

/** Adds the enum's values or the input's keys, in place. Only for callers that may see the schema. */
export function addAcceptedValues(errors: readonly GraphQLError[], schema: GraphQLSchema): void {
  for (const error of errors) {
    const name = ofOneType.exec(error.message)?.[1];
    const choices = name === undefined ? [] : choicesOf(schema, name);
    if (choices.length > 0) error.message += ` Use ${choices.join(' or ')}.`;
  }
}

function choicesOf(schema: GraphQLSchema, name: string): string[] {
  const type = schema.getType(name);
  if (isEnumType(type)) {
    const values = type.getValues().map((value) => value.name);
    // Only responses contain `UNKNOWN`.
    return values.filter((value) => value !== 'UNKNOWN');
  }
  return isInputObjectType(type) ? Object.keys(type.getFields()) : [];
}
