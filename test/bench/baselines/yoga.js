import { createServer } from 'node:http';
import { createSchema, createYoga } from 'graphql-yoga';
import { resolvers, typeDefs } from './graph.js';
import { call } from './undici-call.js';

const yoga = createYoga({ schema: createSchema({ typeDefs, resolvers: resolvers(call) }), logging: false });
createServer(yoga).listen(process.env.PORT, '127.0.0.1', () => console.log('listening'));
