import { mkdirSync, writeFileSync } from 'node:fs';
import { generatedPages } from './pages.ts';

// `npm run docs`
mkdirSync('docs/reference', { recursive: true });
for (const [path, text] of generatedPages()) writeFileSync(path, text);
