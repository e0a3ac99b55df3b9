const refuse = (): never => {
  throw new Error(
    'a route has a schema: fastify needs its compilers back, here and in src/bundles/server.ts',
  );
};

/** For fastify: no route of ours has a schema. Left alone, it loads what would compile them. */
export const withoutSchemas = { compilersFactory: { buildValidator: refuse, buildSerializer: refuse } };
