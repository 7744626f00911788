import { lazy, Suspense } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { HISTORY_PAGE, HistoryListProvider } from './history/history-list.tsx';
import { HistoryPage } from './history/history-page.tsx';
import { useRefreshWhenBack } from './live/use-live.ts';
import { ErrorBoundary } from './shell/error-boundary.tsx';
import { EmptyState } from './ui/empty-state.tsx';
import { PageSkeleton } from './ui/page-skeleton.tsx';
import { Shell } from './shell/shell.tsx';

const SyncPage = lazy(() => import('./sync/sync-page.tsx').then(({ SyncPage }) => ({ default: SyncPage })));
const ContentTypesPage = lazy(() =>
  import('./content-types/content-types-page.tsx').then(({ ContentTypesPage }) => ({ default: ContentTypesPage })),
);
const ContentTypePage = lazy(() =>
  import('./content-types/content-type-page.tsx').then(({ ContentTypePage }) => ({ default: ContentTypePage })),
);
const DeploymentsPage = lazy(() =>
  import('./deployments/deployments-page.tsx').then(({ DeploymentsPage }) => ({ default: DeploymentsPage })),
);
const LivePage = lazy(() => import('./live-state/live-page.tsx').then(({ LivePage }) => ({ default: LivePage })));
const PlatformsPage = lazy(() =>
  import('./platforms/platforms-page.tsx').then(({ PlatformsPage }) => ({ default: PlatformsPage })),
);
const DeploymentPage = lazy(() =>
  import('./deployments/deployment-page.tsx').then(({ DeploymentPage }) => ({ default: DeploymentPage })),
);

export function App() {
  const [path] = useLocation();
  useRefreshWhenBack(HISTORY_PAGE);
  return (
    <Shell>
      <ErrorBoundary resetBy={path}>
        <Suspense fallback={<PageSkeleton />}>
          <HistoryListProvider>
            <Switch>
              <Route path="/">
                <HistoryPage />
              </Route>
              <Route path="/syncs/:syncId">{({ syncId }) => <SyncPage key={syncId} syncId={syncId} />}</Route>
              <Route path="/content-types">
                <ContentTypesPage />
              </Route>
              <Route path="/content-types/:typeKey">{({ typeKey }) => <ContentTypePage typeKey={typeKey} />}</Route>
              <Route path="/live">
                <LivePage />
              </Route>
              <Route path="/deployments">
                <DeploymentsPage />
              </Route>
              <Route path="/deployments/:id">{({ id }) => <DeploymentPage key={id} id={id} />}</Route>
              <Route path="/platforms">
                <PlatformsPage />
              </Route>
              <Route>
                <EmptyState title="This page does not exist">Choose a page in the menu.</EmptyState>
              </Route>
            </Switch>
          </HistoryListProvider>
        </Suspense>
      </ErrorBoundary>
    </Shell>
  );
}
