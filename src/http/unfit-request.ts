/** A request whose form alone tells that it is not for us. */
export class UnfitRequest extends Error {
  override readonly name = 'UnfitRequest';
  readonly statusCode: number;

  constructor(statusCode: number) {
    super();
    this.statusCode = statusCode;
  }
}
