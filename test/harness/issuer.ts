import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, type JWK, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';

/** A key of an issuer, and how tokens refer to it. */
export interface IssuerKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly jwk: JWK;
}

export interface Issuer {
  readonly url: string;
  readonly key: IssuerKey;
  /** The number of times its keys were fetched. */
  readonly fetches: number;
  /** Writes every further response of the JWKS URL. */
  answerWith(write: (response: ServerResponse) => void): void;
  /** Serves these keys from now on. */
  publish(...keys: readonly IssuerKey[]): void;
  /** The environment of a gateway that trusts this issuer. */
  environment(rest?: Record<string, string>): Record<string, string>;
  /** A valid token with the given changes; undefined removes a claim. */
  token(
    claims?: Record<string, unknown>,
    header?: Omit<Partial<JWTHeaderParameters>, 'kid'> & { kid?: string | undefined },
    key?: IssuerKey,
  ): Promise<string>;
  close(): Promise<void>;
}

const allScopes = 'evaluations:create evaluations:report evaluations:read evaluations:signals';

const algorithms = { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512', Ed25519: 'EdDSA' };

/** Makes a key pair: RSA with this many bits, or on an elliptic curve. */
export async function makeKey(
  kid: string,
  kind: number | 'P-256' | 'P-384' | 'P-521' | 'Ed25519' = 2048,
): Promise<IssuerKey> {
  const { publicKey, privateKey } =
    typeof kind === 'number'
      ? generateKeyPairSync('rsa', { modulusLength: kind })
      : kind === 'Ed25519'
        ? generateKeyPairSync('ed25519')
        : generateKeyPairSync('ec', { namedCurve: kind });
  const alg = typeof kind === 'number' ? 'RS256' : algorithms[kind];
  return { kid, alg, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** An issuer of tokens whose JWKS URL can be made to fail. */
export async function startIssuer(): Promise<Issuer> {
  const key = await makeKey('first');
  let fetches = 0;
  let write: (response: ServerResponse) => void;
  const publish = (...keys: readonly IssuerKey[]): void => {
    write = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }));
    };
  };
  publish(key);
  const server = createServer((_request, response) => {
    fetches += 1;
    write(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const token: Issuer['token'] = (claims = {}, header = {}, signer = key) => {
    const now = Math.floor(Date.now() / 1000);
    const payload: JWTPayload = {
      iss: url,
      aud: 'gateway',
      sub: 'someone',
      iat: now,
      exp: now + 300,
      scope: allScopes,
      ...claims,
    };
    for (const name of Object.keys(payload)) if (payload[name] === undefined) delete payload[name];
    return new SignJWT(payload)
      .setProtectedHeader({ alg: signer.alg, kid: signer.kid, ...header } as JWTHeaderParameters)
      .sign(signer.privateKey);
  };

  return {
    url,
    key,
    get fetches() {
      return fetches;
    },
    answerWith(next) {
      write = next;
    },
    publish,
    environment: (rest = {}) => ({
      AUTH_MODE: 'jwt',
      JWT_JWKS_URL: `${url}/keys`,
      JWT_ISSUER: url,
      JWT_AUDIENCE: 'gateway',
      ...rest,
    }),
    token,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
