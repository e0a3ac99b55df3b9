import type { Logger } from 'pino';
import { isOrganizationKey } from '../stripe/http/account-keys.ts';
import { parseSecret } from './config.ts';
import type { SecretFile, SecretFileUse } from './secret-file-watcher.ts';
import { isLiveKey } from './setting-types.ts';
import type { Secrets } from './settings.ts';

/** How each secret is replaced when its file changes. */
export interface Renewals {
  stripeKey(key: string): void;
  routerSecrets(secrets: readonly string[]): void;
  redisUrl(url: string): void;
  pseudonymKey(key: string): void;
}

/** Uses new secrets from files if they are valid for their settings, and logs each change, never a secret. */
export function renewSecrets(renewals: Renewals, log: Logger): SecretFileUse {
  // The switch below calls this with each name: TypeScript can't relate a name to its value otherwise.
  const taken = <Name extends keyof Secrets>(
    name: Name,
    text: string,
    renew: (secret: NonNullable<Secrets[Name]>) => void,
  ): boolean => {
    const secret = parseSecret(name, text);
    if (secret === undefined || secret === null) return false;
    try {
      renew(secret);
      return true;
    } catch {
      // A library rejects a value that the setting accepts.
      return false;
    }
  };
  return {
    apply(file: SecretFile, text: string): boolean {
      if (changeRefused(file, text) !== undefined) return false;
      const { setting } = file;
      switch (setting) {
        case 'STRIPE_SECRET_KEY':
          return taken(setting, text, renewals.stripeKey);
        case 'ROUTER_SECRET':
          return taken(setting, text, renewals.routerSecrets);
        case 'REDIS_URL':
          return taken(setting, text, renewals.redisUrl);
        case 'PSEUDONYM_KEY':
          return taken(setting, text, renewals.pseudonymKey);
      }
    },
    onState(file, state, text) {
      const { setting } = file;
      if (state === 'refused') {
        log.error({ setting, state }, changeRefused(file, text) ?? secretFileIsGone);
      } else log.info({ setting, state }, 'secret file reloaded');
    },
  };
}

const secretFileIsGone = 'secret file missing or invalid, keeping the previous secret';
const modeMustStay =
  'secret file changes between test and live mode, keeping the previous secret: restart to change it';
const kindMustStay =
  'secret file changes between an account key and an organization key, keeping the previous secret: restart to change it';

// The startup rules for a live key and for an organization's, and the mode that pages and evaluations show, hold for the
// life of the process.
function changeRefused({ setting, text: atStart }: SecretFile, text: string | undefined): string | undefined {
  if (setting !== 'STRIPE_SECRET_KEY' || text === undefined) return undefined;
  if (parseSecret(setting, text) === undefined) return undefined;
  if (isLiveKey(text) !== isLiveKey(atStart)) return modeMustStay;
  return isOrganizationKey(text) === isOrganizationKey(atStart) ? undefined : kindMustStay;
}
