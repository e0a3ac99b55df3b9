import { connect } from 'node:net';

/** A response as received on the connection. */
export interface RawResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Sends bytes on a new connection, and reads until the other side closes it. */
export function sendBytes(url: string, ...parts: (string | Buffer)[]): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      answer += chunk;
    });
    // What was received until then is the response.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
    for (const part of parts) socket.write(part);
  });
}

/** Sends a request line, headers and a body exactly as given, with `Connection: close`. */
export async function sendRaw(
  url: string,
  requestLine: string,
  headers: readonly string[] = [],
  body = '',
): Promise<RawResponse> {
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  const head = [requestLine, ...headers, ...length, 'Connection: close', '', ''].join('\r\n');
  return readResponse(await sendBytes(url, head + body));
}

/** Parses a response. Throws if there is none, or more than one. */
export function readResponse(text: string): RawResponse {
  const end = text.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1];
  if (status === undefined || text.indexOf('HTTP/1.1 ', end) >= 0) throw new Error(`not one answer: ${text}`);
  const headers = new Headers(lines.map((line) => line.split(/: ?(.*)/s).slice(0, 2) as [string, string]));
  return { status: Number(status), headers, body: text.slice(end + 4) };
}
