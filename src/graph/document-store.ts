import { InMemoryLRUCache } from '@apollo/utils.keyvaluecache';
import type { DocumentNode } from 'graphql';

/** Measured at 183 to 506, including the token's part of the syntax tree. */
const bytesPerToken = 500;
const maxBytes = 25_000_000;

/** The approximate memory of a parsed document: its text, and its tokens and comments, which its syntax tree keeps. */
export function documentBytes({ loc }: DocumentNode): number {
  let bytes = 2 * (loc?.source.body.length ?? 0);
  for (let token = loc?.startToken; token != null; token = token.next ?? undefined) bytes += bytesPerToken;
  return bytes;
}

/**
 * Apollo Server's store of validated documents, limited by their memory. By default it measures a document by its JSON,
 * which has neither text nor tokens nor comments: it would keep a thousand times its limit.
 */
export function createDocumentStore(): InMemoryLRUCache<DocumentNode> {
  return new InMemoryLRUCache<DocumentNode>({ maxSize: maxBytes, sizeCalculation: documentBytes });
}
