/** A request that is invalid by its form alone. */
export class UnfitRequest extends Error {
  override readonly name = 'UnfitRequest';
  readonly statusCode: number;

  constructor(statusCode: number) {
    super();
    this.statusCode = statusCode;
  }
}
