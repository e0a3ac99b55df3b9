/** The request is invalid as HTTP: its path, size, encoding or media type. */
export class UnfitRequest extends Error {
  override readonly name = 'UnfitRequest';
  readonly statusCode: number;

  constructor(statusCode: number) {
    super();
    this.statusCode = statusCode;
  }
}
