import { lazy, Suspense } from 'react';
import { Redirect, Route, Switch, useLocation } from 'wouter';
import { HistoryPage } from './history/history-page.tsx';
import { useRefreshWhenBack } from './live/use-live.ts';
import { ErrorBoundary } from './shell/error-boundary.tsx';
import { Nothing } from './shell/nothing.tsx';
import { PageSkeleton } from './shell/page-skeleton.tsx';
import { Shell } from './shell/shell.tsx';

const SyncPage = lazy(() => import('./sync/sync-page.tsx').then(({ SyncPage }) => ({ default: SyncPage })));

export function App() {
  const [path] = useLocation();
  useRefreshWhenBack();
  return (
    <Shell>
      <ErrorBoundary resetBy={path}>
        <Suspense fallback={<PageSkeleton />}>
          <Switch>
            <Route path="/">
              <HistoryPage />
            </Route>
            <Route path="/syncs/:syncId">{({ syncId }) => <SyncPage syncId={syncId} />}</Route>
            <Route path="/history">
              <Redirect to="/" />
            </Route>
            <Route>
              <Nothing title="There is no such page">Choose one above.</Nothing>
            </Route>
          </Switch>
        </Suspense>
      </ErrorBoundary>
    </Shell>
  );
}
