import type { PageFacts } from '../page-info.ts';

/** Reads what the server has written into the page. */
export function readFacts(): PageFacts {
  return JSON.parse(document.body.dataset['facts'] ?? '{}') as PageFacts;
}
