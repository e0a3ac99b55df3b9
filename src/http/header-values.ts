import type { IncomingMessage } from 'node:http';
import type { HeaderValues } from '../access/router-headers.ts';

/** Finds values in the raw headers: Node's `headersDistinct` makes arrays that live as long as the request. */
export function headerValues({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): HeaderValues {
  return (name) => {
    const values: string[] = [];
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const sent = rawHeaders[index];
      if (sent?.length === name.length && sent.toLowerCase() === name)
        values.push(rawHeaders[index + 1] ?? '');
    }
    return values;
  };
}
