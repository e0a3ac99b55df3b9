import { afterEach, describe, expect, it } from '@jest/globals';
import { startTestGateway, type TestGateway } from '../harness/gateway.ts';

describe('documents that one caller sends, each once', () => {
  let gateway: TestGateway;

  afterEach(() => gateway.close());

  const start = async (environment: Record<string, string> = {}): Promise<void> => {
    gateway = await startTestGateway(environment, {
      nodeOptions: ['--max-old-space-size=112', '--max-semi-space-size=4'],
    });
  };

  it('the gateway refuses documents of more comments than MAX_TOKENS, and they do not end a process with a small heap', async () => {
    await start();
    for (let count = 0; count < 250; count += 1) {
      const { status, errors } = await gateway.send(`{ a${count}: __typename }\n${'#\n'.repeat(8_000)}`);
      expect(status).toBe(400);
      expect(errors?.[0]).toMatchObject({
        message: 'Syntax Error: this gateway allows at most 1000 comments in a document.',
        extensions: { code: 'GRAPHQL_PARSE_FAILED' },
      });
    }
    expect((await gateway.send(`{ __typename }\n${'#\n'.repeat(1_000)}`)).status).toBe(200);
  });

  it('the gateway keeps documents by their memory, so that long ones do not end a process with a small heap', async () => {
    await start({ MAX_DOCUMENT_BYTES: '1000000', MAX_BODY_BYTES: '2000000' });
    const comment = `#${'x'.repeat(900_000)}`;
    for (let count = 0; count < 180; count += 1) {
      expect((await gateway.send(`{ a${count}: __typename }\n${comment}`)).status).toBe(200);
    }
  });
});
