import { GatewayError } from './gateway-error.ts';

/** The caller is authenticated, but is not allowed to do this. */
export class ForbiddenError extends GatewayError {
  override readonly name = 'ForbiddenError';
  override readonly code = 'FORBIDDEN';
  /** Set only if the whole request is refused. */
  override readonly statusCode: 403 | undefined;

  private constructor(message: string, statusCode?: 403) {
    super(message);
    this.statusCode = statusCode;
  }

  static lacksScope(scope: string): ForbiddenError {
    return new ForbiddenError(`The caller lacks the required scope ${scope}.`);
  }

  static noAccount(): ForbiddenError {
    return new ForbiddenError(
      'The caller has no Stripe account, and this gateway has no default. The token issuer or router must name one.',
      403,
    );
  }

  static otherCustomer(): ForbiddenError {
    return new ForbiddenError('The caller may only act for its own customer.');
  }
}
