/*
 * Loaded into every gateway's process before the gateway by `npm run test:plans`: each document is prepared before its
 * first request is run, so that the tests run on plans wherever these can.
 */
import { patchBuild } from './patch-build.ts';

patchBuild({
  'const outcome = plain && await prepared?.run(plain, context);': `
    if (plain) await prepared?.prepare(apollo, [plain.query]);
    const outcome = plain && await prepared?.run(plain, context);`,
});
