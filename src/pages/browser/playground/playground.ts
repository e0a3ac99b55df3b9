import {
  type CustomerEvaluationReportInput,
  type EvaluateLoginMutation,
  type EvaluateRegistrationMutation,
  ReportCustomerEvaluationDocument,
} from '../../../../schema/generated/customer-evaluations.ts';
import { readFacts } from '../read-facts.ts';
import { type Attempt, logIn, signUp } from './attempt.ts';
import { show } from './exchange.ts';
import { find } from './find.ts';
import { gaugeOf, wordsOf } from './gauge.ts';
import { drawKey } from './idempotency-key.ts';
import { outcomesOf } from './outcomes.ts';
import { type Verdict, verdictOf } from './verdict.ts';
import './playground.css';

const facts = readFacts();
const result = find('#result', HTMLElement);
const status = find('#status', HTMLElement);
const verdictPlace = find('#verdict', HTMLElement);
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
  exchanges.replaceChildren();
  verdictPlace.hidden = true;
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

async function report(id: string, outcome: string, input: CustomerEvaluationReportInput): Promise<void> {
  await inTurn(`Reporting: ${outcome}…`, async () => {
    const { data, errors = [] } = await show(
      {
        title: `The report: ${outcome}`,
        mutation: 'reportCustomerEvaluation',
        document: ReportCustomerEvaluationDocument,
        variables: { id, report: input, idempotencyKey: drawKey() },
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
  const end = await work().catch(() => () => {
    status.textContent =
      'The gateway did not answer. Send again with the same key, and nothing happens twice.';
    verdictPlace.hidden = false;
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

function showVerdict(kind: Attempt<unknown, unknown>['kind'], verdict: Verdict): void {
  const gauge = find('#gauge', HTMLElement);
  gauge.replaceChildren();
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
  offerOutcomes(kind, verdict.outcome === 'failed' ? undefined : verdict.id);
}

function offerOutcomes(kind: Attempt<unknown, unknown>['kind'], id: string | undefined): void {
  find('#outcomes', HTMLElement).hidden = id === undefined;
  if (id === undefined) return;
  const buttons = outcomesOf(kind, facts.reports).map(([outcome, input]) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = outcome;
    button.addEventListener('click', () => report(id, outcome, input));
    return button;
  });
  find('#outcome-buttons', HTMLElement).replaceChildren(...buttons);
}
