import { createLocalStorage, type Fetcher, StorageAPI } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { getIntrospectionQuery } from 'graphql';
import { createRoot } from 'react-dom/client';
import { readFacts } from '../read-facts.ts';
import { asClientsKnowIt } from './client-schema.ts';
import { HowToRun } from './how-to-run.tsx';
import { wrapLines } from './line-wrapping.ts';
import { headersToFillIn, shippedTabs } from './shipped-tabs.ts';
import { defineThemes, themes } from './themes.ts';
import { provideWorkers } from './workers.ts';
import 'graphiql/style.css';
import './explorer.css';

const facts = readFacts();
const place = document.querySelector('#explorer');
if (place === null) throw new Error('the page has no place for the explorer');

// GraphiQL's own question does not ask which inputs are unions, and takes the answer to this one as well.
const introspection = getIntrospectionQuery({
  oneOf: true,
  schemaDescription: true,
  inputValueDeprecation: true,
});

const fetcher: Fetcher = async ({ query, operationName, variables }, { headers } = {}) => {
  const asksForSchema = operationName === 'IntrospectionQuery';
  const asked = asksForSchema ? introspection : query;
  // For a moment after another tab was opened, GraphiQL still names the operation of the one before.
  const isNamed = new RegExp(`(query|mutation)\\s+${operationName}\\b`).test(asked);
  const response = await fetch('graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query: asked, operationName: isNamed ? operationName : undefined, variables }),
  });
  const answer = await response.json();
  return asksForSchema ? asClientsKnowIt(answer) : answer;
};

// Every GraphiQL at this host and port keeps its tabs under the same names unless told otherwise, and what is filled
// in for one upstream is not right for another.
const storage = createLocalStorage({ namespace: `customer-evaluations:${JSON.stringify(facts)}` });
const tabs = shippedTabs(facts);
const kept = new StorageAPI(storage);
// What the editors show at first is taken from what they showed last, and not from the first tab.
if (kept.get('tabState') === null) {
  kept.set('query', tabs[0].query);
  kept.set('variables', tabs[0].variables);
  // An operation is wider than an answer.
  kept.set('docExplorerFlex', '0.35');
  kept.set('editorFlex', '1.6');
}

provideWorkers();
defineThemes();
wrapLines();
createRoot(place).render(
  <GraphiQL
    fetcher={fetcher}
    defaultTabs={tabs}
    defaultHeaders={headersToFillIn}
    defaultEditorToolsVisibility="variables"
    editorTheme={themes}
    storage={storage}
    // Headers hold credentials: they are never stored. GraphiQL's history would do so, whatever is said here.
    shouldPersistHeaders={false}
    plugins={[]}
  >
    <GraphiQL.Logo> </GraphiQL.Logo>
    <GraphiQL.Footer>
      <HowToRun mode={facts.mode} />
    </GraphiQL.Footer>
  </GraphiQL>,
);
