import '@mantine/core/styles.css';
import './theme.css';
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { theme } from './theme.ts';

/** A request that was refused stays so; one that got no answer may get one. */
const isWorthAnother = (failures: number, error: unknown) =>
  failures < 3 && !(typeof error === 'object' && error !== null && 'status' in error && Number(error.status) < 500);

/** Milliseconds before the next try: after two seconds in all, the page says that the service does not answer. */
const untilAnother = (failures: number) => 300 * 2 ** failures;

const queries = new QueryClient({
  defaultOptions: {
    // What cannot be sent fails now: a deployment that is sent when the network is back would surprise.
    queries: { retry: isWorthAnother, retryDelay: untilAnother, staleTime: 5_000, networkMode: 'always' },
    mutations: { networkMode: 'always' },
  },
});
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')!.content;
// By this name the styles that a dialog brings along look for it.
Object.assign(globalThis, { __webpack_nonce__: nonce });

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <QueryClientProvider client={queries}>
        <App />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
