import type { Caller } from './caller.ts';
import { type CustomerBinding, scopes } from './scopes.ts';

/** What the caller of a request may do. */
export interface Permissions {
  /** Whether the caller has a scope. */
  may(scope: string): boolean;
  /** For which customers it may act: any, its own, or none at all. */
  readonly customer: CustomerBinding;
}

/** What a caller may do: its scopes, and those that `SIGNALS_VISIBILITY=all` gives to everybody. */
export function permissionsOf(caller: Caller, signalsVisibility: 'all' | 'scoped'): Permissions {
  return {
    may: (scope: string): boolean =>
      caller.scopes === 'all' ||
      caller.scopes.has(scope) ||
      (scope === scopes.signals && signalsVisibility === 'all'),
    customer: caller.customer,
  };
}
