import type { PageInfo } from '../page-info.ts';

/** Reads what the server has written into the page. */
export function readPageInfo(): PageInfo {
  return JSON.parse(document.body.dataset['pageInfo'] ?? '{}') as PageInfo;
}
