import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { manifestOf } from '../src/access/trusted-manifest.ts';

// `npm run codegen`: writes the trusted documents in both formats of clients' tools.
const directory = 'schema/operations';
const operations = readdirSync(directory)
  .filter((name) => name.endsWith('.graphql'))
  .sort()
  .flatMap((name) => manifestOf(readFileSync(`${directory}/${name}`, 'utf8')).operations);

write('persisted-query-manifest', { format: 'apollo-persisted-query-manifest', version: 1, operations });
write('persisted-documents', Object.fromEntries(operations.map(({ id, body }) => [id, body])));

function write(name: string, content: object): void {
  writeFileSync(`schema/generated/${name}.json`, `${JSON.stringify(content, null, 2)}\n`);
}
