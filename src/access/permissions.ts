import type { Caller } from './caller.ts';
import { type CustomerBinding, scopes } from './scopes.ts';

/** What the caller of a request may do. */
export interface Permissions {
  /** Whether the caller has a scope. */
  may(scope: string): boolean;
  /** The customers that the caller may act for: any, its own, or none. */
  readonly customer: CustomerBinding;
}

/** A caller's permissions: its scopes, and those that `SIGNALS_VISIBILITY=all` grants to everybody. */
export function permissionsOf(caller: Caller, signalsVisibility: 'all' | 'scoped'): Permissions {
  return {
    may: (scope: string): boolean =>
      caller.scopes === 'all' ||
      caller.scopes.has(scope) ||
      (scope === scopes.signals && signalsVisibility === 'all'),
    customer: caller.customer,
  };
}
