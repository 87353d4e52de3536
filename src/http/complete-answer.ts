/** An answer that has every header but its request's id. */
export class CompleteAnswer {
  readonly response: Response;

  constructor(response: Response) {
    this.response = response;
  }
}
