import type { PageFacts } from '../../http/page-facts.ts';

/** Reads what the server has written into the page. */
export function readFacts(): PageFacts {
  return JSON.parse(document.body.dataset['facts'] ?? '{}') as PageFacts;
}
