import { writeFileSync } from 'node:fs';
import { customerEvaluationModule } from '../src/customer-evaluation/customer-evaluation.module.ts';
import { apiSchemaOf } from '../src/graph/api-schema.ts';
import { buildSubgraph } from '../src/graph/subgraph-schema.ts';

// `npm run schema`: writes the SDL for routers, and the one for clients.
const { schema, sdl } = buildSubgraph([customerEvaluationModule(undefined)]);
writeFileSync('schema/customer-evaluations.graphql', await sdl());
writeFileSync('schema/api.graphql', apiSchemaOf(schema));
