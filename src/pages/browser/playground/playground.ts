import {
  CustomerEvaluationDocument,
  ReportCustomerEvaluationDocument,
  type ReportCustomerEvaluationMutationVariables,
} from '../../../../schema/generated/customer-evaluations.ts';
import { readPageInfo } from '../read-page-info.ts';
import { type Attempt, type Evaluated, type Kind, logIn, signUp, signUpOfCustomer } from './attempt.ts';
import { type Exchange, lay, show } from './exchange.ts';
import { find } from './find.ts';
import { NoAnswer } from './gateway.ts';
import { gaugeAwaiting, gaugeOf, gaugeWithout, wordsOf } from './gauge.ts';
import { generateKey } from './idempotency-key.ts';
import { outcomesOf } from './outcomes.ts';
import { causedByThePerson, type Verdict, verdictOf, verdictOfRead } from './verdict.ts';
import { awaitSignals } from './waiting.ts';
import './playground.css';

const info = readPageInfo();
const result = find('#result', HTMLElement);
const status = find('#status', HTMLElement);
const gauge = find('#gauge', HTMLElement);
const note = find('#note', HTMLElement);
const outcomes = find('#outcomes', HTMLElement);
const again = find('#again', HTMLElement);
const exchanges = find('#exchanges', HTMLElement);
const sandboxCase = find('#case', HTMLSelectElement);
let repeat = async (): Promise<void> => undefined;

gauge.append(gaugeWithout('The score', 'none yet'));
// A random score is mostly low; this one shows what a score is for.
sandboxCase.value = 'elevated';
sandboxCase.addEventListener('change', () => {
  const word = sandboxCase.value;
  find('#case-example', HTMLElement).textContent =
    word === '' ? 'rse_ and anything else' : `rse_sandbox_${word}`;
});
find('#sign-up-hint', HTMLElement).hidden = info.customerData;
onSubmit('#sign-up', (form) => {
  const radarSession = makeRadarSession();
  return info.customerData
    ? evaluate(signUp(form, radarSession))
    : evaluate(signUpOfCustomer(form, radarSession));
});
onSubmit('#log-in', (form) => evaluate(logIn(form, makeRadarSession())));
find('#repeat', HTMLButtonElement).addEventListener('click', () => repeat());

function onSubmit(selector: string, submit: (form: FormData) => Promise<void>): void {
  const form = find(selector, HTMLFormElement);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit(new FormData(form));
  });
}

/** In a product, Stripe.js makes these: `stripe.createRadarSession()`. This one can contain a word for the sandbox. */
function makeRadarSession(): string {
  const word = sandboxCase.value;
  return `rse_${word === '' ? generateKey().slice(0, 12) : `sandbox_${word}`}`;
}

async function evaluate<Data extends Evaluated, Variables>(attempt: Attempt<Data, Variables>): Promise<void> {
  const { kind, document, variables, idempotencyKey } = attempt;
  repeat = () => evaluate(attempt);
  evaluations += 1;
  note.hidden = true;
  outcomes.hidden = true;
  // It stays visible from now on, so that keyboard users keep their focus.
  again.hidden = false;
  gauge.replaceChildren(gaugeWithout('The score', 'asking…'));
  exchanges.replaceChildren();
  const callsOf = { mutation: 'createCustomerEvaluation', idempotencyKey } as const;
  await inTurn(
    `${kind}: asking the gateway…`,
    async () => {
      const title = `${kind}: the evaluation`;
      const verdict = verdictOf(await show({ title, document, variables, callsOf }, exchanges));
      return () => {
        showVerdict(kind, verdict);
        if (verdict.outcome === 'pending') waitFor(kind, verdict.id, { ...callsOf, newestOnly: true });
      };
    },
    () => showNoScore('no answer'),
  );
}

let evaluations = 0;

/** Reads a pending evaluation until its signal arrives, unless another evaluation has started. */
async function waitFor(
  kind: Kind,
  id: string,
  callsOf: Exchange<unknown, unknown>['callsOf'],
): Promise<void> {
  const awaited = evaluations;
  const title = `${kind}: the evaluation, read again`;
  const read = lay({ title, document: CustomerEvaluationDocument, variables: { id }, callsOf }, exchanges);
  const verdict = await awaitSignals(async () => verdictOfRead(await read()), {
    isOver: () => awaited !== evaluations,
  });
  if (verdict === undefined) return;
  if (verdict !== 'late') return showVerdict(kind, verdict);
  showVerdict(kind, { outcome: 'unscored', id, why: 'the signal has not arrived within a minute' });
}

async function report(
  outcome: string,
  variables: ReportCustomerEvaluationMutationVariables & { readonly idempotencyKey: string },
  button: HTMLElement,
): Promise<void> {
  await inTurn(`Reporting: ${outcome}…`, async () => {
    const { data, errors = [] } = await show(
      {
        title: `The report: ${outcome}`,
        document: ReportCustomerEvaluationDocument,
        variables,
        callsOf: {
          mutation: 'reportCustomerEvaluation',
          idempotencyKey: variables.idempotencyKey,
        },
      },
      exchanges,
    );
    const [failure] = [...(data?.reportCustomerEvaluation?.errors ?? []), ...errors];
    return () => {
      if (failure !== undefined) return tell('failed', `Not reported: ${failure.message}`);
      button.dataset['state'] = 'reported';
      return tell('done', `Reported: ${outcome}.`);
    };
  });
}

let turns = 0;

/** Runs an action and shows its result in the page, unless a newer one has started. */
async function inTurn(
  what: string,
  work: () => Promise<() => void>,
  withoutAnswer: () => void = () => undefined,
): Promise<void> {
  turns += 1;
  const turn = turns;
  tell('busy', what);
  result.ariaBusy = 'true';
  const working = work();
  bringIntoView();
  const end = await working.catch((error) => {
    if (!(error instanceof NoAnswer)) throw error;
    return () => {
      tell('failed', 'The gateway did not respond. Send it again: with the same key, nothing happens twice.');
      withoutAnswer();
    };
  });
  if (turn !== turns) return;
  result.ariaBusy = 'false';
  end();
  bringIntoView();
}

function tell(state: 'busy' | 'done' | 'failed', text: string): void {
  status.dataset['state'] = state;
  status.textContent = text;
}

// On a narrow screen the result is below the forms; on any screen, it may have been scrolled away.
function bringIntoView(): void {
  const isBelow = matchMedia('(width < 60rem)').matches;
  if (isBelow || result.getBoundingClientRect().top < 0) result.scrollIntoView();
}

function showVerdict(kind: Kind, verdict: Verdict): void {
  switch (verdict.outcome) {
    case 'scored':
      gauge.replaceChildren(gaugeOf(verdict.signal, verdict.reading));
      tell('done', `${kind} evaluated. ${verdict.signal}: ${wordsOf(verdict.reading)}.`);
      break;
    case 'pending':
      gauge.replaceChildren(gaugeAwaiting(verdict.signal));
      tell('busy', `${kind} evaluated. Waiting for the signal: ${verdict.signal}…`);
      break;
    case 'unscored':
      showNoScore(verdict.why);
      tell('done', `${kind} evaluated: ${verdict.why}.`);
      break;
    case 'failed':
      showNoScore('not evaluated');
      tell('failed', `${kind} not evaluated (${verdict.code}). ${verdict.why}`);
      note.textContent = causedByThePerson.has(verdict.code)
        ? 'A person can provoke this failure to avoid the check, so a product must not let them in because of it.'
        : 'The person is let in without a score: a fraud check that is down must not lock anyone out.';
      note.hidden = false;
      break;
  }
  // Offered once, so that nobody reports a second time after reporting while the signal was pending.
  if (verdict.outcome !== 'failed' && outcomes.hidden) offerOutcomes(kind, verdict.id);
}

function showNoScore(why: string): void {
  gauge.replaceChildren(gaugeWithout('No score', why));
}

function offerOutcomes(kind: Kind, id: string): void {
  outcomes.hidden = false;
  const buttons = outcomesOf(kind, info.reports).map(([outcome, input]) => {
    // The same for the same outcome: pressing a button again retries its report instead of making a second one.
    const variables = { id, report: input, idempotencyKey: `report of ${id}: ${outcome}` };
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = outcome;
    button.addEventListener('click', () => report(outcome, variables, button));
    return button;
  });
  find('#outcome-buttons', HTMLElement).replaceChildren(...buttons);
}
