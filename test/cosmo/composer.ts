import { federateSubgraphs, ROUTER_COMPATIBILITY_VERSION_ONE } from '@wundergraph/composition';
import type { ComposedSubgraph } from '../federation/supergraph.ts';

/**
 * Composes as Cosmo does. Its schemas come from another copy of graphql-js, so `instanceof` does not recognize their
 * types.
 */
export function composeWithCosmo(
  subgraphs: readonly ComposedSubgraph[],
): ReturnType<typeof federateSubgraphs> {
  return federateSubgraphs({
    subgraphs: subgraphs.map(({ name, url, typeDefs }) => ({ name, url, definitions: typeDefs })),
    version: ROUTER_COMPATIBILITY_VERSION_ONE,
  });
}
