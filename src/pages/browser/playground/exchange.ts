import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { getOperationAST, print } from 'graphql';
import { find } from './find.ts';
import { type GraphQLAnswer, send } from './gateway.ts';

/** The calls that the sandbox received under a key; each mutation has its own keys. */
interface CallsOf {
  readonly mutation: 'createCustomerEvaluation' | 'reportCustomerEvaluation';
  readonly idempotencyKey: string;
  /** Only the newest call, as for repeated reads. */
  readonly newestOnly?: boolean;
}

/** An operation to send and show. */
export interface Exchange<Data, Variables> {
  readonly title: string;
  readonly document: TypedDocumentNode<Data, Variables>;
  readonly variables: Variables;
  readonly callsOf: CallsOf;
}

/** A call that the sandbox received, and its response. */
interface ReceivedCall {
  readonly request: string;
  readonly answer: string;
}

/** Shows an operation in `place`. Returns a function that sends it and shows its result. */
export function lay<Data, Variables>(
  { title, document: operation, variables, callsOf }: Exchange<Data, Variables>,
  place: Element,
): () => Promise<GraphQLAnswer<Data>> {
  const shown = document.importNode(find('#exchange', HTMLTemplateElement).content, true);
  const part = (selector: string): Element => find(selector, Element, shown);
  part('h3').textContent = title;
  part('.name').textContent = getOperationAST(operation)?.name?.value ?? '';
  part('.operation').textContent = print(operation);
  part('.variables').textContent = JSON.stringify(variables, null, 2);
  const [calls, answered] = [part('.calls'), part('.answer')];
  place.prepend(shown);
  return async () => {
    try {
      const answer = await send(operation, variables);
      answered.textContent = JSON.stringify(answer, null, 2);
      return answer;
    } catch (error) {
      answered.textContent = 'Nothing.';
      throw error;
    } finally {
      const received = await receivedCalls(callsOf);
      calls.replaceChildren(...(received.length === 0 ? [noCall()] : received.map(itemOf)));
    }
  };
}

/** Sends an operation, and shows its result in `place`. */
export function show<Data, Variables>(
  exchange: Exchange<Data, Variables>,
  place: Element,
): Promise<GraphQLAnswer<Data>> {
  return lay(exchange, place)();
}

// Only the sandbox can list the calls that it received; Stripe has no such API.
async function receivedCalls({ mutation, idempotencyKey, newestOnly }: CallsOf): Promise<ReceivedCall[]> {
  const response = await fetch(`try/calls?${new URLSearchParams({ mutation, idempotencyKey })}`).catch(
    () => undefined,
  );
  const calls = response?.ok ? ((await response.json()) as ReceivedCall[]) : [];
  return newestOnly ? calls.slice(-1) : calls;
}

function noCall(): HTMLElement {
  const item = document.createElement('li');
  item.className = 'none';
  item.textContent = 'Nothing: no call was sent.';
  return item;
}

function itemOf({ request, answer }: ReceivedCall): HTMLElement {
  const item = document.createElement('li');
  item.append(preformatted('request', withLaidOutBody(request)), preformatted('reply', laidOut(answer)));
  return item;
}

/** A response, with a JSON body indented like the gateway's own; any other response unchanged. */
function laidOut(answer: string): string {
  const [status, ...lines] = answer.split('\n');
  return lines.length === 0 ? answer : `${status}\n${indented(lines.join('\n'))}`;
}

/** A request, formatted likewise: JSON on v2, a form on v1. */
function withLaidOutBody(request: string): string {
  const [head = '', ...rest] = request.split('\r\n\r\n');
  return `${head}\r\n\r\n${indented(rest.join('\r\n\r\n'))}`;
}

function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** The exact text, with each form field on its own line. */
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
