import { Refusal } from './refusal.ts';

/** The caller is known and may not do this. The rest of its operation is answered. */
export class Forbidden extends Refusal {
  override readonly name = 'Forbidden';
  override readonly code = 'FORBIDDEN';
  override readonly statusCode = undefined;

  private constructor(message: string) {
    super(message);
  }

  static lacksScope(scope: string): Forbidden {
    return new Forbidden(`This needs the scope ${scope}, which the caller does not have.`);
  }

  static otherCustomer(): Forbidden {
    return new Forbidden('The caller may act for its own customer only.');
  }
}
