import {
  createLocalStorage,
  type Fetcher,
  type FetcherParams,
  type Observable,
  StorageAPI,
} from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { type ExecutionResult, getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import { createRoot } from 'react-dom/client';
import { readPageInfo } from '../read-page-info.ts';
import { asClientsKnowIt } from './client-schema.ts';
import { HowToRun } from './how-to-run.tsx';
import { wrapLines } from './line-wrapping.ts';
import { headersToFillIn, shippedTabs } from './shipped-tabs.ts';
import { defineThemes, themes } from './themes.ts';
import { provideWorkers } from './workers.ts';
import 'graphiql/style.css';
import './explorer.css';

const info = readPageInfo();
const place = document.querySelector('#explorer');
if (place === null) throw new Error('the page has no place for the explorer');

// GraphiQL's own introspection query does not ask for `isOneOf`; this one does.
const introspection = getIntrospectionQuery({
  oneOf: true,
  schemaDescription: true,
  inputValueDeprecation: true,
});

const fetcher: Fetcher = (asked, { headers } = {}) =>
  asked.operationName === 'IntrospectionQuery'
    ? post<ExecutionResult<IntrospectionQuery>>({ ...asked, query: introspection }, headers).then(
        asClientsKnowIt,
      )
    : stoppable(post<ExecutionResult>(asked, headers));

/** Ends the run in progress, if there is one. */
let endRun = (): void => undefined;
let openTab: string | undefined;

// GraphiQL stops the run itself when another tab is opened, but not for a new one.
function tabChanged({ tabs, activeTabIndex }: { tabs: { id: string }[]; activeTabIndex: number }): void {
  const id = tabs[activeTabIndex]?.id;
  if (id !== openTab) endRun();
  openTab = id;
}

/**
 * A response as an observable. GraphiQL cannot stop a promise: running twice would evaluate twice, and a late response
 * would appear in whichever tab is open then.
 */
function stoppable(response: Promise<ExecutionResult>): Observable<ExecutionResult> {
  return {
    subscribe: (observer) => {
      if (typeof observer !== 'object') throw new Error('GraphiQL subscribes with an object');
      const { next, error, complete } = observer;
      let isStopped = false;
      endRun = () => {
        isStopped = true;
        complete();
      };
      response
        .then((result) => {
          if (!isStopped) next(result);
          if (!isStopped) complete();
        })
        .catch((reason: unknown) => {
          if (!isStopped) error(reason);
        });
      return {
        unsubscribe: () => {
          isStopped = true;
        },
      };
    },
  };
}

async function post<Result>(
  { query, operationName, variables }: FetcherParams,
  headers: Record<string, string> = {},
): Promise<Result> {
  // For a moment after a tab is opened, GraphiQL still names the operation of the previous tab.
  const isNamed = new RegExp(`(query|mutation)\\s+${operationName}\\b`).test(query);
  const response = await fetch('graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, operationName: isNamed ? operationName : undefined, variables }),
  });
  return response.json();
}

// By default, all GraphiQL pages at this host and port store their tabs under the same names, but values for one
// upstream are wrong for another.
const storage = createLocalStorage({ namespace: `customer-evaluations:${JSON.stringify(info)}` });
const tabs = shippedTabs(info);
const kept = new StorageAPI(storage);
// The editors initially show their last content, not that of the first tab.
if (kept.get('tabState') === null) {
  kept.set('query', tabs[0].query);
  kept.set('variables', tabs[0].variables);
  // An operation is wider than a response.
  kept.set('docExplorerFlex', '0.35');
  kept.set('editorFlex', '1.6');
}

provideWorkers();
defineThemes();
wrapLines();
createRoot(place).render(
  <GraphiQL
    fetcher={fetcher}
    onTabChange={tabChanged}
    defaultTabs={tabs}
    defaultHeaders={headersToFillIn}
    defaultEditorToolsVisibility="variables"
    editorTheme={themes}
    storage={storage}
    // Headers hold credentials and must never be stored. GraphiQL's history would store them despite this setting.
    shouldPersistHeaders={false}
    plugins={[]}
  >
    <GraphiQL.Logo> </GraphiQL.Logo>
    <GraphiQL.Footer>
      <HowToRun mode={info.mode} />
    </GraphiQL.Footer>
  </GraphiQL>,
);
