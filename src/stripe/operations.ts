import { customerEvaluationsPath } from './customer-evaluation.wire.ts';

/** An operation of the upstream. Telemetry takes its names from here: nobody infers them from a method or URL. */
export interface UpstreamOperation {
  /** The label `call` of metrics and log lines. */
  readonly name: string;
  readonly method: 'GET' | 'POST';
  /** The path with its variable parts in braces (OpenTelemetry's `url.template`): holds no client's text. */
  readonly pathTemplate: string;
}

const onePath = `${customerEvaluationsPath}/{id}`;

export const createEvaluation = {
  name: 'create',
  method: 'POST',
  pathTemplate: customerEvaluationsPath,
} as const satisfies UpstreamOperation;

export const retrieveEvaluation = {
  name: 'retrieve',
  method: 'GET',
  pathTemplate: onePath,
} as const satisfies UpstreamOperation;

export const reportEvaluation = {
  name: 'report',
  method: 'POST',
  pathTemplate: `${onePath}/report`,
} as const satisfies UpstreamOperation;
