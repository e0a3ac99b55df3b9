import type { ExecutionResult, IntrospectionQuery, IntrospectionType } from 'graphql';

/** An introspection result without the fields for routers, so that the documentation shows the clients' schema. */
export function asClientsKnowIt(
  answer: ExecutionResult<IntrospectionQuery>,
): ExecutionResult<IntrospectionQuery> {
  if (!answer.data) return answer;
  const { __schema: schema } = answer.data;
  const types = schema.types.filter(({ name }) => !isForRouters(name)).map(withoutRouterFields);
  return { ...answer, data: { __schema: { ...schema, types } } };
}

function withoutRouterFields(type: IntrospectionType): IntrospectionType {
  if (type.kind !== 'OBJECT') return type;
  return { ...type, fields: type.fields.filter(({ name }) => !isForRouters(name)) };
}

// `_entities`, `_service` and their types (Apollo Federation Subgraph Specification); `__Schema` is GraphQL's own.
function isForRouters(name: string): boolean {
  return /^_[^_]/.test(name);
}
