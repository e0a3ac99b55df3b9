import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

// What browsers offer only in secure contexts: on https and localhost, but not on a phone that opens the page by IP
// address.
const secureContextsOnly = /crypto\.(randomUUID\(|subtle)|from 'node:crypto'/;

const pages = globSync(['docs/examples/*.ts', 'docs/examples/**/*.html']);

describe('The examples for pages', () => {
  it('The examples for pages are those of each client, and the back end’s page', () => {
    expect(pages.length).toBeGreaterThanOrEqual(4);
  });

  it.each(pages)('the example %s runs on plain http as well', (page) => {
    expect(readFileSync(page, 'utf8')).not.toMatch(secureContextsOnly);
  });
});
