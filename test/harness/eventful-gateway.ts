import { createEverything, registration, registrationAnswer } from './evaluations.ts';
import { answers, type FaultyUpstream, startFaultyUpstream, status, succeed } from './faulty-upstream.ts';
import { startTestGateway, upstreamAt } from './gateway.ts';
import { type Issuer, startIssuer } from './issuer.ts';
import { metricsUrl } from './scrape.ts';

/** A gateway with every feature on. */
export interface EventfulGateway {
  readonly metricsUrl: string;
  /** Makes everything happen once, so that each metric has a sample and each counter has counted. */
  happen(): Promise<void>;
  close(): Promise<void>;
}

export async function startEventfulGateway(): Promise<EventfulGateway> {
  const upstream: FaultyUpstream = await startFaultyUpstream();
  const issuer: Issuer = await startIssuer();
  const gateway = await startTestGateway(
    upstreamAt(upstream.url, {
      ...issuer.environment(),
      METRICS_PORT: '0',
      REDIS_URL: 'redis://127.0.0.1:1',
      RATE_LIMIT_PER_MINUTE: '20',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
      OTEL_EXPORTER_OTLP_TIMEOUT: '100',
      UPSTREAM_MAX_ATTEMPTS: '2',
    }),
  );
  const drifting = answers(JSON.stringify({ ...registrationAnswer, newer: true }), {
    'content-type': 'application/json',
  });
  let callers = 0;
  return {
    metricsUrl: metricsUrl(gateway),
    async happen() {
      callers += 1;
      const headers = { authorization: `Bearer ${await issuer.token({ sub: `caller ${callers}` })}` };
      const create = () => gateway.send(createEverything, { input: registration() }, headers);
      upstream.next(succeed, status(500), succeed, drifting, status(401, { type: 'invalid_request_error' }));
      for (let count = 0; count < 4; count += 1) await create();
      upstream.always(status(500));
      for (let count = 0; count < 30; count += 1) await create();
      upstream.always();
    },
    async close() {
      await gateway.close();
      await issuer.close();
      await upstream.close();
    },
  };
}
