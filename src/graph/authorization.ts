import type { Permissions } from '../access/permissions.ts';
import { ForbiddenError } from '../errors/forbidden-error.ts';

/** Throws `ForbiddenError` unless the caller has the scope. */
export function requireScope(permissions: Permissions, scope: string): void {
  if (!permissions.may(scope)) throw ForbiddenError.lacksScope(scope);
}

/** Throws `ForbiddenError` if a caller that is bound to its own customer names another. */
export function requireOwnCustomer({ customer }: Permissions, named: string): void {
  if (customer.kind === 'any' || (customer.kind === 'own' && customer.id === named)) return;
  throw ForbiddenError.otherCustomer();
}

/** Throws `ForbiddenError` if callers are bound to customers and this one has none: no evaluation can be its own. */
export function requireAnyCustomer({ customer }: Permissions): void {
  if (customer.kind === 'none') throw ForbiddenError.otherCustomer();
}
