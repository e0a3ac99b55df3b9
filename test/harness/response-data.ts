/** A failure in the `errors` of a payload. */
interface ErrorData {
  readonly code: string;
  readonly message: string;
  readonly path?: readonly string[];
  readonly retryable: boolean;
  readonly effect: 'NONE' | 'UNKNOWN';
  readonly retryAfterMs: number | null;
  readonly upstreamRequestId: string | null;
}

interface SignalData {
  readonly score: number | null;
  readonly riskLevel: string | null;
  readonly evaluatedAt: string | null;
}

interface EvaluationData {
  readonly id: string;
  readonly customer: { readonly id: string } | null;
  readonly events: readonly object[] | null;
  readonly pendingSignals: readonly string[];
  readonly signals: { readonly accountSharing: SignalData; readonly multiAccounting: SignalData };
}

export interface PayloadData {
  readonly customerEvaluation: EvaluationData;
  readonly errors: readonly ErrorData[];
  readonly warnings: readonly object[];
  readonly idempotencyKey: string;
}

/** The data of a response. An operation selects only some of the fields, and failed ones are null. */
export interface ResponseData {
  readonly createCustomerEvaluation: PayloadData;
  readonly reportCustomerEvaluation: PayloadData;
  readonly customerEvaluation: EvaluationData;
  readonly _entities: readonly EvaluationData[];
  readonly _service: { readonly sdl: string };
  readonly __type: {
    readonly isOneOf: boolean;
    readonly fields: readonly object[];
    readonly inputFields: readonly object[];
  };
  /** In the supergraph of test/federation. */
  readonly ordersAfter: readonly { readonly id: string; readonly evaluation: EvaluationData | null }[];
  /** Mutations under aliases. */
  readonly a: PayloadData;
  readonly b: PayloadData;
  readonly first: PayloadData;
  readonly second: PayloadData;
}
