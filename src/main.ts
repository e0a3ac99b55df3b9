import { keepCompiled } from './start-up/compile-cache.ts';

// Both are for what is loaded from here on: all but this file.
keepCompiled();
process.setSourceMapsEnabled(true);

const { run } = await import('./run.ts');
await run(process.argv.slice(2));
