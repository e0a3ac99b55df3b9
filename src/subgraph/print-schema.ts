import { writeFileSync } from 'node:fs';
import { buildSubgraph } from './subgraph-schema.ts';

// `npm run schema`: writes the published SDL.
writeFileSync('schema/customer-evaluations.graphql', await buildSubgraph(undefined).sdl());
