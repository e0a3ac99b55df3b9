import { readFileSync, writeFileSync } from 'node:fs';
import { withTables } from './readme-tables.ts';

// `npm run docs`
writeFileSync('README.md', withTables(readFileSync('README.md', 'utf8')));
