/*
 * Loaded into every gateway's process before the gateway by `npm run test:plans`: each document is prepared before its
 * first request is run, and each `Accept` has its media type, so that the tests run on plans wherever these can.
 */
import { patchBuild } from './patch-build.ts';

const learnsMediaType = `
    if (prepared !== void 0 && request.method === "POST" && mediaTypes.get(request.headers.accept) === void 0) {
      const { status, headers } = await apollo.executeHTTPGraphQLRequest({
        httpGraphQLRequest: {
          method: "POST",
          headers: headerMapOf(request, origins),
          search: "",
          body: { query: "{ __typename }" },
        },
        context: async () => contextOfCheck(),
      });
      if (status === void 0) mediaTypes.learn(request.headers.accept, headers.get("content-type"));
    }
    const mediaType = mediaTypes.get(request.headers.accept);`;

patchBuild({
  'const mediaType = mediaTypes.get(request.headers.accept);': learnsMediaType,
  'const outcome = plain && await prepared?.run(plain, context);': `
    if (plain) await prepared?.prepare(apollo, [plain.query]);
    const outcome = plain && await prepared?.run(plain, context);`,
});
