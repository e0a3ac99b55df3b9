import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';

const maxRequestsPerConnection = 32;

export interface MetricsServer {
  /** The URL of the metrics, e.g. `http://127.0.0.1:9464/metrics`. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves only `GET /metrics`, on its own port: metrics are not for callers. If the port is unavailable, rejects with an
 * error that names its `setting`, to distinguish it from the gateway's own port.
 */
export async function serveMetrics(
  metrics: Metrics,
  { host, port, responseTimeoutMs }: { host: string; port: number; responseTimeoutMs: number },
): Promise<MetricsServer> {
  const { registry } = metrics;
  const server = createServer((request, response) => {
    const cuttingOff = setTimeout(() => {
      if (request.socket.destroyed) return;
      metrics.responseCutOff('timeout');
      request.socket.destroy();
    }, responseTimeoutMs).unref();
    response.once('close', () => clearTimeout(cuttingOff));
    if (request.url?.split('?')[0] !== '/metrics' || !['GET', 'HEAD'].includes(request.method ?? '')) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Metrics are at GET /metrics.\n');
      return;
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  // A client may pipeline, and not read: a response is a hundred times its request.
  server.maxRequestsPerSocket = maxRequestsPerConnection;
  await new Promise<void>((resolve, reject) => {
    const refuse = (fault: Error): void => reject(Object.assign(fault, { setting: 'METRICS_PORT' }));
    server.once('error', refuse);
    server.listen(port, host, () => {
      server.off('error', refuse);
      resolve();
    });
  });
  const { address, family, port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}/metrics`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
