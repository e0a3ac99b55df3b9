import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { getOperationAST, print } from 'graphql';
import type { Keyed } from './attempt.ts';
import { find } from './find.ts';
import { type GraphQLAnswer, send } from './gateway.ts';

/** An operation to be sent and shown. */
export interface Exchange<Data, Variables> {
  readonly title: string;
  /** The mutation's field: each has idempotency keys of its own. */
  readonly mutation: 'createCustomerEvaluation' | 'reportCustomerEvaluation';
  readonly document: TypedDocumentNode<Data, Variables>;
  readonly variables: Keyed<Variables>;
}

/** A call as the sandbox received it, and what it answered. */
interface ReceivedCall {
  readonly request: string;
  readonly answer: string;
}

/** Sends an operation, and shows in `place` all that came of it. */
export async function show<Data, Variables>(
  { title, mutation, document: operation, variables }: Exchange<Data, Variables>,
  place: Element,
): Promise<GraphQLAnswer<Data>> {
  const shown = document.importNode(find('#exchange', HTMLTemplateElement).content, true);
  const part = (selector: string): Element => find(selector, Element, shown);
  part('h3').textContent = title;
  part('.name').textContent = getOperationAST(operation)?.name?.value ?? '';
  part('.operation').textContent = print(operation);
  part('.variables').textContent = JSON.stringify(variables, null, 2);
  const [calls, answered] = [part('.calls'), part('.answer')];
  place.prepend(shown);
  try {
    const answer = await send(operation, variables);
    answered.textContent = JSON.stringify(answer, null, 2);
    return answer;
  } catch (error) {
    answered.textContent = 'Nothing.';
    throw error;
  } finally {
    const received = await callsUnder(mutation, variables.idempotencyKey);
    calls.replaceChildren(...received.map(itemOf));
    if (received.length === 0) calls.replaceWith('Nothing: no call was sent.');
  }
}

// Only the sandbox tells what it received; there is nothing like it where the upstream is Stripe.
async function callsUnder(mutation: string, idempotencyKey: string): Promise<ReceivedCall[]> {
  const response = await fetch(`try/calls?${new URLSearchParams({ mutation, idempotencyKey })}`).catch(
    () => undefined,
  );
  return response?.ok ? ((await response.json()) as ReceivedCall[]) : [];
}

function itemOf({ request, answer }: ReceivedCall): HTMLElement {
  const item = document.createElement('li');
  item.append(preformatted('request', request), preformatted('reply', laidOut(answer)));
  return item;
}

/** An answer whose body is JSON, indented as the gateway's own; any other answer as it came. */
function laidOut(answer: string): string {
  const [status = '', ...lines] = answer.split('\n');
  try {
    return `${status}\n${JSON.stringify(JSON.parse(lines.join('\n')), null, 2)}`;
  } catch {
    return answer;
  }
}

/** The exact text, with each form field on a line of its own. */
function preformatted(name: string, text: string): HTMLElement {
  const made = document.createElement('pre');
  made.className = name;
  for (const field of text.split(/(?=&\w)/)) {
    const line = document.createElement('span');
    line.textContent = field;
    made.append(line);
  }
  return made;
}
