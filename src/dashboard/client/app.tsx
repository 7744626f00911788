import { lazy, Suspense } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { HISTORY_PAGE, HistoryListProvider } from './history/history-list.tsx';
import { HistoryPage } from './history/history-page.tsx';
import { useRefreshWhenBack } from './live/use-live.ts';
import { ErrorBoundary } from './shell/error-boundary.tsx';
import { EmptyState } from './ui/empty-state.tsx';
import { PageSkeleton } from './ui/page-skeleton.tsx';
import { Shell } from './shell/shell.tsx';
import { SignedIn } from './shell/sign-in.tsx';

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
const AccessLogPage = lazy(() =>
  import('./access-log/access-log-page.tsx').then(({ AccessLogPage }) => ({ default: AccessLogPage })),
);
const NewDeploymentPage = lazy(() =>
  import('./planning/new-deployment-page.tsx').then(({ NewDeploymentPage }) => ({ default: NewDeploymentPage })),
);
const PlanPage = lazy(() => import('./plans/plan-page.tsx').then(({ PlanPage }) => ({ default: PlanPage })));
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
          <SignedIn>
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
                <Route path="/deployments/new">
                  <NewDeploymentPage />
                </Route>
                <Route path="/plans/:id">{({ id }) => <PlanPage key={id} id={id} />}</Route>
                <Route path="/deployments/:id">{({ id }) => <DeploymentPage key={id} id={id} />}</Route>
                <Route path="/platforms">
                  <PlatformsPage />
                </Route>
                <Route path="/access-log">
                  <AccessLogPage />
                </Route>
                <Route>
                  <EmptyState title="This page does not exist">Choose a page in the menu.</EmptyState>
                </Route>
              </Switch>
            </HistoryListProvider>
          </SignedIn>
        </Suspense>
      </ErrorBoundary>
    </Shell>
  );
}
