import { GatewayError } from './gateway-error.ts';

/** The caller is known and may not do this. The rest of its operation is answered. */
export class ForbiddenError extends GatewayError {
  override readonly name = 'ForbiddenError';
  override readonly code = 'FORBIDDEN';
  override readonly statusCode = undefined;

  private constructor(message: string) {
    super(message);
  }

  static lacksScope(scope: string): ForbiddenError {
    return new ForbiddenError(`This needs the scope ${scope}, which the caller lacks.`);
  }

  static noAccount(): ForbiddenError {
    return new ForbiddenError(
      'The caller names no Stripe account, and this gateway has none for it. Its issuer or router must name one.',
    );
  }

  static otherCustomer(): ForbiddenError {
    return new ForbiddenError('The caller may only act for its own customer.');
  }
}
