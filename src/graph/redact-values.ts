import {
  type ArgumentNode,
  coerceInputValue,
  type DocumentNode,
  GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  valueFromASTUntyped,
  visit,
  visitWithTypeInfo,
} from 'graphql';

/*
 * graphql-js quotes values in its messages: whole variables in coercion errors, literals in validation errors, string
 * tokens in syntax errors. The rewritten messages name only the field and the rule.
 */

/** GraphQL's refusal of a document or its variables: a message without values, and the field. */
interface Rejection {
  readonly message: string;
  readonly path?: readonly string[];
}

interface RefusedRequest {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode | undefined;
  readonly operation: OperationDefinitionNode | undefined;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
}

/** Rewrites graphql-js' refusals of a document or its variables, in place, before anything logs or formats them. */
export function redactValues(errors: readonly GraphQLError[], request: RefusedRequest): void {
  const argumentRefusals = errors.some(isArgumentError) ? findArgumentRefusals(errors, request) : undefined;
  for (const error of errors) {
    if (isCoercionError(error)) rewrite(error, coercionRefusal(error));
    else if (isArgumentError(error)) {
      rewrite(error, argumentRefusals?.get(error) ?? { message: 'An argument is invalid.' });
      // graphql-js raises it during execution, so it has no code yet.
      error.extensions['code'] = 'BAD_USER_INPUT';
    } else if (error.extensions['code'] === 'OPERATION_RESOLUTION_FAILURE') {
      rewrite(error, {
        message:
          'The document has no operation with this `operationName`, or it has several and `operationName` is missing.',
      });
    } else if (error.extensions['code'] === 'GRAPHQL_PARSE_FAILED') rewrite(error, syntaxRefusal(error));
    else if (quotesLiteral(error)) rewrite(error, literalRefusal(error));
  }
}

function rewrite(error: GraphQLError, refusal: Rejection): void {
  error.message = refusal.message;
  // An error's stack starts with its message.
  error.stack = '';
  error.extensions['path'] = refusal.path;
}

function isCoercionError(error: GraphQLError): boolean {
  const [node] = error.nodes ?? [];
  return node?.kind === Kind.VARIABLE_DEFINITION && error.message.includes(' got invalid value ');
}

// Errors that only execution finds: a null for a variable that was valid because of its default, and a nullable
// variable as the only field of a @oneOf entry in a list (validation in graphql 16.15 refuses it elsewhere).
function isArgumentError(error: GraphQLError): boolean {
  return /^Argument "\w+" (has invalid value |of (required|non-null) type )/.test(error.message);
}

// These errors do not say which field of an argument is invalid: each argument is coerced again, up to its first
// invalid field.
function findArgumentRefusals(
  errors: readonly GraphQLError[],
  { schema, document, operation, variables }: RefusedRequest,
): ReadonlyMap<GraphQLError, Rejection> {
  const errorAt = new Map(errors.filter(isArgumentError).map((error) => [error.nodes?.[0], error]));
  const refusals = new Map<GraphQLError, Rejection>();
  const types = new TypeInfo(schema);
  const values = { ...defaultsOf(operation), ...variables };
  const findRefusal = (node: ArgumentNode): void => {
    const argument = types.getArgument();
    const error = errorAt.get(node.value);
    if (argument == null || error === undefined || refusals.has(error)) return;
    const first = firstFault(valueFromASTUntyped(node.value, values), argument.type);
    if (first !== undefined) {
      refusals.set(error, refusal([argument.name, ...first.path.map(String)], first.fault));
    }
  };
  if (document !== undefined) visit(document, visitWithTypeInfo(types, { Argument: findRefusal }));
  return refusals;
}

interface Fault {
  readonly path: readonly (string | number)[];
  readonly fault: GraphQLError;
}

function firstFault(value: unknown, type: GraphQLInputType): Fault | undefined {
  let first: Fault | undefined;
  try {
    coerceInputValue(value, type, (path, _value, fault) => {
      first = { path, fault };
      // Throwing is the only way to end a coercion early.
      throw fault;
    });
  } catch (error) {
    if (error !== first?.fault) throw error;
  }
  return first;
}

function defaultsOf(operation: OperationDefinitionNode | undefined): Record<string, unknown> {
  const withDefault = (operation?.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
    defaultValue === undefined ? [] : [[variable.name.value, valueFromASTUntyped(defaultValue)]],
  );
  return Object.fromEntries(withDefault);
}

function syntaxRefusal(error: GraphQLError): Rejection {
  const [, limit] =
    /^Syntax Error: Document contains more tha[tn] (\d+ (tokens|comments))\./.exec(error.message) ?? [];
  if (limit !== undefined) {
    return { message: `Syntax Error: this gateway allows at most ${limit} in a document.` };
  }
  const [at] = error.locations ?? [];
  return { message: `Syntax Error: the document does not parse at line ${at?.line}, column ${at?.column}.` };
}

// ValuesOfCorrectTypeRule reports the literal's node, and prints it.
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

function literalRefusal(error: GraphQLError): Rejection {
  return { message: ruleIn(error.message) ?? `A literal ${mismatch(error.message)}` };
}

/**
 * Removes the value from graphql-js' refusal of a variable: `Variable "$name" got invalid value <value> at "<path>";
 * <rule>`. The path consists of schema names and indices. It is found from the end: a value that ends with a quotation
 * mark is a string, whose inner quotation marks are escaped.
 */
function coercionRefusal(error: GraphQLError): Rejection {
  const [node] = error.nodes ?? [];
  const fault = error.originalError;
  if (node?.kind !== Kind.VARIABLE_DEFINITION || !(fault instanceof GraphQLError)) {
    return { message: 'A variable is invalid.' };
  }
  const [, path = node.variable.name.value] =
    / at "([\w.[\]]+)"$/.exec(error.message.slice(0, -`; ${fault.message}`.length)) ?? [];
  return refusal(path.match(/\w+/g) ?? [], fault);
}

function refusal(path: readonly string[], error: GraphQLError): Rejection {
  const unknown = /^Field "([A-Za-z_]\w{0,63})" is not defined by type "(\w+)"/.exec(error.message);
  const at = unknown?.[1] === undefined ? path : [...path, unknown[1]];
  const rule = unknown === null ? ruleIn(error.message) : `is not defined by type "${unknown[2]}".`;
  return { path: at, message: `${at.join('.')}: ${rule ?? mismatch(error.message)}` };
}

// Each of these messages names its type before any value, or after a quoted text.
const typeNames = [
  /^Expected value of type "([[\]!\w]+)"/,
  // Greedy, since the value may contain the same words.
  /^Value ".*" does not exist in "(\w+)" enum/s,
  /^Enum "(\w+)" cannot represent /,
  /^(\w+) cannot represent /,
];

function mismatch(message: string): string {
  const name = typeNames.map((pattern) => pattern.exec(message)?.[1]).find((found) => found !== undefined);
  return name === undefined ? 'is not a value of its type.' : `is not a value of type "${name}".`;
}

// Messages that contain only schema names.
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
