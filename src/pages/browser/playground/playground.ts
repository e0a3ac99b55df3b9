import {
  type EvaluateLoginMutation,
  type EvaluateRegistrationMutation,
  ReportCustomerEvaluationDocument,
  type ReportCustomerEvaluationMutationVariables,
} from '../../../../schema/generated/customer-evaluations.ts';
import { readFacts } from '../read-facts.ts';
import { type Attempt, type Keyed, type Kind, logIn, signUp } from './attempt.ts';
import { show } from './exchange.ts';
import { find } from './find.ts';
import { NoAnswer } from './gateway.ts';
import { gaugeOf, wordsOf } from './gauge.ts';
import { drawKey } from './idempotency-key.ts';
import { outcomesOf } from './outcomes.ts';
import { type Verdict, verdictOf } from './verdict.ts';
import './playground.css';

const facts = readFacts();
const result = find('#result', HTMLElement);
const status = find('#status', HTMLElement);
const verdictPlace = find('#verdict', HTMLElement);
const gauge = find('#gauge', HTMLElement);
const outcomes = find('#outcomes', HTMLElement);
const exchanges = find('#exchanges', HTMLElement);
const sandboxCase = find('#case', HTMLSelectElement);
let repeat = async (): Promise<void> => undefined;

onSubmit('#sign-up', (form) => evaluate(signUp(form, makeRadarSession())));
onSubmit('#log-in', (form) => evaluate(logIn(form, makeRadarSession())));
find('#repeat', HTMLButtonElement).addEventListener('click', () => repeat());

function onSubmit(selector: string, submit: (form: FormData) => Promise<void>): void {
  const form = find(selector, HTMLFormElement);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit(new FormData(form));
  });
}

/** Stripe.js makes these in a product: `stripe.createRadarSession()`. This one can tell the sandbox what to do. */
function makeRadarSession(): string {
  const word = sandboxCase.value;
  return `rse_${word === '' ? drawKey().slice(0, 12) : `sandbox_${word}`}`;
}

async function evaluate<Data extends EvaluateLoginMutation | EvaluateRegistrationMutation, Variables>(
  attempt: Attempt<Data, Variables>,
): Promise<void> {
  repeat = () => evaluate(attempt);
  verdictPlace.hidden = true;
  outcomes.hidden = true;
  gauge.replaceChildren();
  exchanges.replaceChildren();
  const { kind } = attempt;
  await inTurn(`${kind}: asking the gateway…`, async () => {
    const exchange = {
      ...attempt,
      title: `${kind}: the evaluation`,
      mutation: 'createCustomerEvaluation',
    } as const;
    const verdict = verdictOf(await show(exchange, exchanges));
    return () => showVerdict(kind, verdict);
  });
}

async function report(
  outcome: string,
  variables: Keyed<ReportCustomerEvaluationMutationVariables>,
): Promise<void> {
  await inTurn(`Reporting: ${outcome}…`, async () => {
    const { data, errors = [] } = await show(
      {
        title: `The report: ${outcome}`,
        mutation: 'reportCustomerEvaluation',
        document: ReportCustomerEvaluationDocument,
        variables,
      },
      exchanges,
    );
    const [failure] = [...(data?.reportCustomerEvaluation?.errors ?? []), ...errors];
    return () => {
      status.textContent =
        failure === undefined ? `Reported: ${outcome}.` : `Not reported: ${failure.message}`;
    };
  });
}

let turns = 0;

/** Does what shows its end in the page, unless something newer has begun by then. */
async function inTurn(what: string, work: () => Promise<() => void>): Promise<void> {
  turns += 1;
  const turn = turns;
  status.textContent = what;
  result.ariaBusy = 'true';
  bringIntoView();
  const end = await work().catch((error) => {
    if (!(error instanceof NoAnswer)) throw error;
    return () => {
      status.textContent =
        'The gateway did not answer. Send it again: under the same key nothing happens twice.';
      verdictPlace.hidden = false;
    };
  });
  if (turn !== turns) return;
  result.ariaBusy = 'false';
  end();
  bringIntoView();
}

// On a narrow screen the result is below the forms.
function bringIntoView(): void {
  if (matchMedia('(width < 60rem)').matches) result.scrollIntoView();
}

function showVerdict(kind: Kind, verdict: Verdict): void {
  verdictPlace.hidden = false;
  switch (verdict.outcome) {
    case 'scored':
      gauge.append(gaugeOf(verdict.signal, verdict.reading));
      status.textContent = `${kind} evaluated. ${verdict.signal}: ${wordsOf(verdict.reading)}.`;
      break;
    case 'unscored':
      status.textContent = `${kind} evaluated: there is no signal.`;
      break;
    case 'failed':
      status.textContent = `${kind} not evaluated. ${verdict.why} The person is let in without a score.`;
      break;
  }
  if (verdict.outcome !== 'failed') offerOutcomes(kind, verdict.id);
}

function offerOutcomes(kind: Kind, id: string): void {
  outcomes.hidden = false;
  const buttons = outcomesOf(kind, facts.reports).map(([outcome, input]) => {
    // Drawn here, so that a button that is pressed again repeats its report, and makes no second one.
    const variables = { id, report: input, idempotencyKey: drawKey() };
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = outcome;
    button.addEventListener('click', () => report(outcome, variables));
    return button;
  });
  find('#outcome-buttons', HTMLElement).replaceChildren(...buttons);
}
