import {
  type ArgumentNode,
  coerceInputValue,
  type DocumentNode,
  type GraphQLError,
  type GraphQLSchema,
  isInputType,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  typeFromAST,
  valueFromASTUntyped,
  visit,
  visitWithTypeInfo,
} from 'graphql';

/*
 * graphql-js quotes values in its messages: whole variables in coercion errors, literals in validation errors,
 * string tokens in syntax errors. Here the same is said by field and rule alone.
 */

/** What GraphQL itself refused in a document or its variables: a message without values, and the field. */
interface Refusal {
  readonly message: string;
  readonly path?: readonly string[];
}

interface RefusedRequest {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode | undefined;
  readonly operation: OperationDefinitionNode | undefined;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Rewrites, in place and before anything logs or formats them, the errors with which graphql-js refuses a
 * document or its variables.
 */
export function removeValues(errors: readonly GraphQLError[], request: RefusedRequest): void {
  const refusals = errors.some(isCoercionError)
    ? coercionRefusals(request.schema, request.operation, request.variables ?? {})
    : [];
  for (const error of errors) {
    if (isCoercionError(error)) rewrite(error, refusals.shift() ?? { message: 'A variable is refused.' });
    else if (isArgumentError(error)) {
      rewrite(error, argumentRefusal(error, request));
      // graphql-js raises it while it executes, so that nobody has named it yet.
      error.extensions['code'] = 'BAD_USER_INPUT';
    } else if (error.extensions['code'] === 'OPERATION_RESOLUTION_FAILURE') {
      rewrite(error, { message: 'The document does not tell by `operationName` which operation to run.' });
    } else if (error.extensions['code'] === 'GRAPHQL_PARSE_FAILED') rewrite(error, syntaxRefusal(error));
    else if (quotesLiteral(error)) rewrite(error, literalRefusal(error));
  }
}

function rewrite(error: GraphQLError, refusal: Refusal): void {
  error.message = refusal.message;
  // An error's stack begins with its message.
  error.stack = '';
  error.extensions['path'] = refusal.path;
}

function isCoercionError(error: GraphQLError): boolean {
  const [node] = error.nodes ?? [];
  return node?.kind === Kind.VARIABLE_DEFINITION && error.message.includes(' got invalid value ');
}

// What validation lets through and only a run shows: a null for a variable whose default made it fit, and a
// nullable variable as the one field of a @oneOf entry in a list (graphql 16.15 refuses it elsewhere).
function isArgumentError(error: GraphQLError): boolean {
  return /^Argument "\w+" (has invalid value |of (required|non-null) type )/.test(error.message);
}

// As with variables, the argument is coerced again to learn where it is at fault.
function argumentRefusal(
  error: GraphQLError,
  { schema, document, operation, variables }: RefusedRequest,
): Refusal {
  const refusals: Refusal[] = [];
  const types = new TypeInfo(schema);
  const values = { ...defaultsOf(operation), ...variables };
  const findArgument = (node: ArgumentNode): void => {
    const argument = types.getArgument();
    if (argument == null || !error.nodes?.includes(node.value)) return;
    coerceInputValue(valueFromASTUntyped(node.value, values), argument.type, (path, _value, fault) => {
      refusals.push(refusal([argument.name, ...path.map(String)], fault));
    });
  };
  if (document !== undefined) visit(document, visitWithTypeInfo(types, { Argument: findArgument }));
  return refusals[0] ?? { message: 'An argument is refused.' };
}

function defaultsOf(operation: OperationDefinitionNode | undefined): Record<string, unknown> {
  const withDefault = (operation?.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
    defaultValue === undefined ? [] : [[variable.name.value, valueFromASTUntyped(defaultValue)]],
  );
  return Object.fromEntries(withDefault);
}

function syntaxRefusal(error: GraphQLError): Refusal {
  const [at] = error.locations ?? [];
  return { message: `Syntax Error: the document does not parse at line ${at?.line}, column ${at?.column}.` };
}

// ValuesOfCorrectTypeRule reports the literal's own node, and prints it.
function quotesLiteral(error: GraphQLError): boolean {
  return error.nodes?.some((node) => literalKinds.has(node.kind)) ?? false;
}

const literalKinds: ReadonlySet<string> = new Set([
  Kind.INT,
  Kind.FLOAT,
  Kind.STRING,
  Kind.BOOLEAN,
  Kind.NULL,
  Kind.ENUM,
  Kind.LIST,
  Kind.OBJECT,
]);

function literalRefusal(error: GraphQLError): Refusal {
  return { message: ruleIn(error.message) ?? `A literal ${mismatch(error.message)}` };
}

/**
 * What graphql-js refuses in the variables, without values: coerces them again, as it does, in its order,
 * collecting paths. Runs only when something was refused.
 */
function coercionRefusals(
  schema: GraphQLSchema,
  operation: OperationDefinitionNode | undefined,
  variables: Readonly<Record<string, unknown>>,
): Refusal[] {
  const refusals: Refusal[] = [];
  for (const definition of operation?.variableDefinitions ?? []) {
    const name = definition.variable.name.value;
    const type = typeFromAST(schema, definition.type);
    if (!isInputType(type) || !Object.hasOwn(variables, name) || variables[name] === null) continue;
    coerceInputValue(variables[name], type, (path, _value, error) => {
      refusals.push(refusal([name, ...path.map(String)], error));
    });
  }
  return refusals;
}

function refusal(path: string[], error: GraphQLError): Refusal {
  const unknown = /^Field "([A-Za-z_]\w{0,63})" is not defined by type "(\w+)"/.exec(error.message);
  const at = unknown?.[1] === undefined ? path : [...path, unknown[1]];
  const rule = unknown === null ? ruleIn(error.message) : `is not defined by type "${unknown[2]}".`;
  return { path: at, message: `${at.join('.')}: ${rule ?? mismatch(error.message)}` };
}

// Each of these names its type before any value, or behind a text in quotes.
const typeNames = [
  /^Expected value of type "([[\]!\w]+)"/,
  // To the last of these words: the value may hold them too.
  /^Value ".*" does not exist in "(\w+)" enum/s,
  /^Enum "(\w+)" cannot represent /,
  /^(\w+) cannot represent /,
];

function mismatch(message: string): string {
  const name = typeNames.map((pattern) => pattern.exec(message)?.[1]).find((found) => found !== undefined);
  return name === undefined ? 'is not a value of its type.' : `is not a value of type "${name}".`;
}

// The messages that consist of the schema's own names and nothing else.
const rules = [
  /^OneOf Input Object "\w+" must specify exactly one key\.$/,
  /^Exactly one key must be specified for OneOf type "\w+"\.$/,
  /^Field "[\w.]+" must be non-null\.$/,
  /^Field "[\w.]+" of required type "[[\]!\w]+" was not provided\.$/,
  /^Expected type "\w+" to be an object\.$/,
  /^Expected non-nullable type "[[\]!\w]+" not to be null\.$/,
];

function ruleIn(message: string): string | undefined {
  return rules.some((rule) => rule.test(message)) ? message : undefined;
}
