import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createPlaces } from '../../src/customer-evaluation/v1/parameter-places.ts';
import { clientPath } from '../../src/graph/error-path.ts';
import { wellFormedText } from '../harness/texts.ts';

describe('the upstream’s name of a parameter as the client’s path', () => {
  it.each([
    { param: 'event_type', path: ['input', 'eventType'] },
    { param: 'evaluation_context', path: ['input', 'evaluationContext'] },
    { param: 'evaluation_context[1]', path: ['input', 'evaluationContext', '1'] },
    {
      param: 'evaluation_context[0][client_details][radar_session]',
      path: ['input', 'evaluationContext', '0', 'clientDetails', 'radarSession'],
    },
    {
      param: 'evaluation_context[12][client_details][data][user_agent]',
      path: ['input', 'evaluationContext', '12', 'clientDetails', 'data', 'userAgent'],
    },
    {
      param: 'evaluation_context[1][customer_details][customer_data][email]',
      path: ['input', 'evaluationContext', '1', 'customerDetails', 'customerData', 'email'],
    },
    { param: 'evaluation_context[0][type]', path: ['input', 'evaluationContext', '0'] },
    { param: 'evaluation_context[0][shoe_size][email]', path: ['input', 'evaluationContext', '0'] },
    { param: 'expand[0]', path: undefined },
    { param: 'constructor', path: undefined },
    { param: '', path: undefined },
    { param: undefined, path: undefined },
  ])('the upstream’s parameter $param is the client’s path $path', ({ param, path }) => {
    expect(clientPath(param, createPlaces)).toEqual(path);
  });

  it('the client’s path of a parameter is made of known names and indices only, whatever the parameter', () => {
    const known =
      /^(input|eventType|evaluationContext|clientDetails|radarSession|data|ip|referrer|userAgent|customerDetails|customer|customerData|email|name|phone|\d{1,6})$/;
    const nearlyOne = fc
      .array(
        fc.oneof(wellFormedText, fc.constantFrom('evaluation_context', '0', 'customer', '__proto__', '[')),
      )
      .map((parts) => parts.map((part, index) => (index === 0 ? part : `[${part}]`)).join(''));
    fc.assert(
      fc.property(fc.oneof(nearlyOne, fc.string({ unit: 'binary' })), (param) => {
        for (const segment of clientPath(param, createPlaces) ?? []) expect(segment).toMatch(known);
      }),
    );
  });
});
