import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { isStripeAccount } from '../stripe/http/account-keys.ts';
import { type Caller, isName, scopeList, subjectId } from './caller.ts';
import type { RemoteKeySet } from './key-set.ts';
import { type CustomerBinding, scopes } from './scopes.ts';
import { TokenCache } from './token-cache.ts';

export interface TokenSettings {
  readonly issuer: string;
  /** A token must be issued for one of these. */
  readonly audiences: readonly string[];
  /** The claim with the audience: `aud`, or the one that an issuer sends instead. */
  readonly audienceClaim: string;
  /** How far the clocks of issuer and gateway may differ. */
  readonly clockToleranceSeconds: number;
  /** The claim that holds the caller's own customer; undefined if callers are not bound to one. */
  readonly customerClaim: string | undefined;
  /** The claim that holds the caller's Stripe account; undefined if all calls are for one account. */
  readonly accountClaim: string | undefined;
}

/** The token is invalid; the reason is only for the log. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
}

// Asymmetric only: with HS256 allowed, a token signed with the public key as a secret would pass (RFC 8725, 2.1).
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

// More than any issuer sends, but cheap to parse.
const maxLength = 8 * 1024;

/** A compact JWS behind its scheme (RFC 6750, 2.1; RFC 7515, 7.1). A JWE has five parts. */
const bearer = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i;

// Limits the signatures to verify for a token without a kid, which anybody may send.
const maxKeysTried = 8;

/** Authenticates a caller by its `Authorization` header. */
export class BearerTokens {
  readonly #keys: RemoteKeySet;
  readonly #settings: TokenSettings;
  readonly #options: JWTVerifyOptions;
  readonly #verified: TokenCache;

  constructor(keys: RemoteKeySet, settings: TokenSettings) {
    this.#keys = keys;
    this.#settings = settings;
    this.#options = {
      algorithms,
      issuer: settings.issuer,
      ...(settings.audienceClaim === 'aud' ? { audience: [...settings.audiences] } : {}),
      requiredClaims: ['exp', 'sub', settings.audienceClaim],
      clockTolerance: settings.clockToleranceSeconds,
    };
    this.#verified = new TokenCache(settings.clockToleranceSeconds);
  }

  /** The caller that the header authenticates. Throws `TokenRefused`. */
  callerOf(authorization: string | undefined): Caller | Promise<Caller> {
    const token = tokenIn(authorization);
    return this.#verified.find(token, this.#keys.version) ?? this.#verify(token);
  }

  /** The caller of a recently verified token; undefined for any other token. */
  recognize(authorization: string | undefined): Caller | undefined {
    const token = bearer.exec(authorization ?? '')?.[1];
    return token === undefined ? undefined : this.#verified.find(token, this.#keys.version);
  }

  async #verify(token: string): Promise<Caller> {
    // Read before verification: a set fetched meanwhile may lack the key.
    const keySet = this.#keys.version;
    try {
      const payload = await this.#payloadOf(token);
      const caller = callerOf(payload, this.#settings);
      const { exp, nbf } = payload;
      this.#verified.add(token, { caller, validity: { exp, nbf }, keySet });
      return caller;
    } catch (error) {
      throw error instanceof TokenRefused ? error : new TokenRefused(reasonOf(error));
    }
  }

  async #payloadOf(token: string): Promise<JWTPayload> {
    try {
      return await this.#payloadByAnyKey(token);
    } catch (error) {
      // If keys have no kid, or a new key reuses the old one's, only the signature shows that a key is new.
      const mayBeNewKey = error instanceof errors.JWSSignatureVerificationFailed && this.#keys.canFetchAgain;
      if (!mayBeNewKey) throw error;
      await this.#keys.fetchAgain();
      return this.#payloadByAnyKey(token);
    }
  }

  /** Tries each key that fits: several may have one kid, or none (RFC 7517, 4.5). */
  async #payloadByAnyKey(token: string): Promise<JWTPayload> {
    try {
      // jose's key sets ignore jku, x5u and jwk, the headers with which a token brings its own key.
      return (await jwtVerify(token, this.#keys.resolve, this.#options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      let tried = 0;
      for await (const key of error) {
        tried += 1;
        if (tried > maxKeysTried) break;
        const payload = await this.#payloadByKey(token, key);
        if (payload !== undefined) return payload;
      }
      throw new errors.JWSSignatureVerificationFailed();
    }
  }

  /** Undefined if another key may be the right one: this key did not sign the token, or is too weak for jose. */
  async #payloadByKey(token: string, key: CryptoKey): Promise<JWTPayload | undefined> {
    try {
      return (await jwtVerify(token, key, this.#options)).payload;
    } catch (error) {
      const isOther = error instanceof errors.JWSSignatureVerificationFailed || error instanceof TypeError;
      if (isOther) return undefined;
      throw error;
    }
  }
}

function tokenIn(authorization: string | undefined): string {
  if (authorization === undefined) throw new TokenRefused('no Authorization header');
  if (authorization.length > maxLength) throw new TokenRefused('longer than 8 kB');
  const token = bearer.exec(authorization)?.[1];
  if (token === undefined) throw new TokenRefused('no token of three parts after Bearer');
  return token;
}

function callerOf(payload: JWTPayload, settings: TokenSettings): Caller {
  const { issuer, customerClaim, accountClaim, audienceClaim, audiences } = settings;
  const { sub, [audienceClaim]: audience } = payload;
  // `aud` itself, which may be a list, was checked by jose.
  if (audienceClaim !== 'aud' && !audiences.some((each) => each === audience))
    throw new TokenRefused(`ERR_JWT_CLAIM_VALIDATION_FAILED ${audienceClaim}`);
  if (!isName(sub)) throw new TokenRefused('sub is not a name');
  const granted = scopesOf(payload);
  return {
    id: subjectId(issuer, sub),
    isNamed: true,
    scopes: granted,
    customer: customerClaim === undefined ? { kind: 'any' } : bindingOf(payload[customerClaim], granted),
    account: accountClaim === undefined ? undefined : accountIn(payload[accountClaim]),
  };
}

// `scope` (RFC 8693, 4.2) is a list in one string; several issuers send `scp` instead, as a list or a string.
function scopesOf({ scope, scp }: JWTPayload): ReadonlySet<string> {
  const list = scope ?? scp;
  if (typeof list === 'string') return scopeList(list);
  return new Set(Array.isArray(list) ? list.filter((item) => typeof item === 'string') : []);
}

function bindingOf(claim: unknown, granted: ReadonlySet<string>): CustomerBinding {
  if (granted.has(scopes.anyCustomer)) return { kind: 'any' };
  if (claim === undefined || claim === null) return { kind: 'none' };
  if (!isName(claim)) throw new TokenRefused('the customer claim is not an id');
  return { kind: 'own', id: claim };
}

function accountIn(claim: unknown): string | undefined {
  if (claim === undefined || claim === null) return undefined;
  if (typeof claim !== 'string' || !isStripeAccount(claim))
    throw new TokenRefused('the account claim is not a Stripe account');
  return claim;
}

// jose's codes and claim names are safe to log; its messages may quote the token.
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTClaimValidationFailed) return `${error.code} ${error.claim}`;
  if (error instanceof errors.JOSEError) return error.code;
  // jose throws a TypeError for a key that it rejects, such as an RSA key below 2048 bits.
  return error instanceof TypeError ? 'unusable key' : 'key set unavailable';
}
