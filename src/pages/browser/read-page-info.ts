import type { PageFacts } from '../page-info.ts';

/** Reads the facts that the server has written into the page. */
export function readFacts(): PageFacts {
  return JSON.parse(document.body.dataset['facts'] ?? '{}') as PageFacts;
}
