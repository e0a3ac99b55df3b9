import type { Config } from '../config/config.ts';
import { unrecognizedVariables } from './unrecognized-variables.ts';

/** A problem that does not prevent the start. */
export interface StartupWarning {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The warnings that a start logs and `--check-config` prints. */
export function startupWarnings(
  { upstream, stripe }: Config,
  environment: Readonly<Record<string, string | undefined>>,
): StartupWarning[] {
  const settings = unrecognizedVariables(environment);
  return [
    ...(settings.length > 0
      ? [{ message: 'unrecognized settings, check the spelling', fields: { settings } }]
      : []),
    ...(upstream === 'stripe' && stripe.secretKey.startsWith('sk_live_')
      ? [{ message: 'STRIPE_SECRET_KEY can do everything in its account: use a restricted key', fields: {} }]
      : []),
  ];
}
