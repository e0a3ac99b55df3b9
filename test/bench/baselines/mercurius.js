// The fastest server that people write by hand: Fastify, Mercurius with its compiler, and undici.
import Fastify from 'fastify';
import mercurius from 'mercurius';
import { resolvers, typeDefs } from './graph.js';
import { call } from './undici-call.js';

const server = Fastify();
server.register(mercurius, { schema: typeDefs, resolvers: resolvers(call), jit: 1 });
await server.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
console.log('listening');
