import type { Caller } from './caller.ts';
import { scopes } from './scopes.ts';

/** What a caller may do: its scopes, and those that `SIGNALS_VISIBILITY=all` gives to everybody. */
export function permissionsOf(caller: Caller, signalsVisibility: 'all' | 'scoped') {
  return {
    may: (scope: string): boolean =>
      caller.scopes === 'all' ||
      caller.scopes.has(scope) ||
      (scope === scopes.signals && signalsVisibility === 'all'),
    customer: caller.customer,
  };
}
