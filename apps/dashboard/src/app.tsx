import { LocationProvider, Route, Router } from 'preact-iso';
import { ClusterPage } from './cluster/cluster-page.tsx';
import { DeadLettersPage } from './dead-letters/dead-letters-page.tsx';
import { GraphPage } from './graph/graph-page.tsx';
import { HomePage } from './home/home-page.tsx';
import { BASE, links } from './parts/links.ts';
import { Empty, Page } from './parts/index.ts';
import { PromisePage } from './promise/promise-page.tsx';
import { SchedulesPage } from './schedules/schedules-page.tsx';
import { SearchPage } from './search/search-page.tsx';
import { Shell } from './shell/shell.tsx';
import { TasksPage } from './tasks/tasks-page.tsx';

/** The page for each URL. */
export function App() {
  return (
    <LocationProvider scope={BASE}>
      <Shell>
        <Router>
          <Route path={BASE} component={HomePage} />
          <Route path={links.cluster} component={ClusterPage} />
          <Route path={links.promises} component={SearchPage} />
          <Route path={`${BASE}/promise`} component={PromisePage} />
          <Route path={`${BASE}/graph`} component={GraphPage} />
          <Route path={links.tasks} component={TasksPage} />
          <Route path={links.schedules} component={SchedulesPage} />
          <Route path={links.deadLetters} component={DeadLettersPage} />
          <Route default component={UnknownPage} />
        </Router>
      </Shell>
    </LocationProvider>
  );
}

function UnknownPage() {
  return (
    <Page title="Page not found">
      <div class="panel">
        <Empty title="This page does not exist">
          <a href={links.overview}>Go to the overview</a>
        </Empty>
      </div>
    </Page>
  );
}
