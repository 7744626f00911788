import { ActionIcon, Tooltip, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useDisclosure, useHotkeys } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { AccessSign } from './access-sign.tsx';
import { ConnectionSign } from './connection-sign.tsx';
import { KeysHelp } from './keys-help.tsx';
import { useMaySee } from './use-session.ts';
import classes from './shell.module.css';

const PAGES = [
  { path: '/', label: 'History', isAt: (path: string) => path === '/' || path.startsWith('/syncs') },
  { path: '/content-types', label: 'Content types', isAt: (path: string) => path.startsWith('/content-types') },
  { path: '/live', label: 'Live state', isAt: (path: string) => path.startsWith('/live') },
  { path: '/deployments', label: 'Deployments', isAt: (path: string) => /^\/(deployments|plans)/.test(path) },
  { path: '/platforms', label: 'Health', isAt: (path: string) => path.startsWith('/platforms') },
  { path: '/access-log', label: 'Access log', isAt: (path: string) => path.startsWith('/access-log') },
];

/** What stands round every page. */
export function Shell({ children }: { children: ReactNode }) {
  const [path] = useLocation();
  const maySee = useMaySee();
  const pages = PAGES.filter(({ path: to }) => to !== '/access-log' || maySee('access-log:read'));
  const [helps, help] = useDisclosure(false);
  useHotkeys([['shift+?', help.toggle]]);
  return (
    <>
      <a className={classes.skip} href="#content">
        Skip to the content
      </a>
      <header className={classes.header}>
        <Link href="/" className={classes.brand}>
          <Mark />
          SyncTrail
        </Link>
        <nav aria-label="Pages" className={classes.nav}>
          {pages.map(({ path: to, label, isAt }) => (
            <Link key={to} href={to} className={classes.link} aria-current={isAt(path) ? 'page' : undefined}>
              {label}
            </Link>
          ))}
        </nav>
        <div className={classes.tools}>
          <AccessSign />
          <ConnectionSign />
          <SchemeSwitch />
          <Tooltip label="Keyboard shortcuts (?)">
            <ActionIcon variant="subtle" color="gray" aria-label="Show the keyboard shortcuts" onClick={help.open}>
              <Sign path="M3 5h14v10H3zM6 8h.01M9 8h.01M12 8h.01M15 8h.01M6 12h8" />
            </ActionIcon>
          </Tooltip>
        </div>
      </header>
      <main id="content" className={classes.main} tabIndex={-1}>
        {children}
      </main>
      <KeysHelp opened={helps} onClose={help.close} />
    </>
  );
}

function SchemeSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const other = scheme === 'light' ? 'dark' : 'light';
  return (
    <Tooltip label={`Use ${other} colours`}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={`Use ${other} colours`}
        onClick={() => setColorScheme(other)}
      >
        <Sign
          path={
            scheme === 'light'
              ? 'M16.5 12.2A7 7 0 0 1 7.8 3.5a7 7 0 1 0 8.7 8.7z'
              : 'M10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 2v1.5M10 16.5V18M2 10h1.5M16.5 10H18M4.3 4.3l1.1 1.1M14.6 14.6l1.1 1.1M15.7 4.3l-1.1 1.1M5.4 14.6l-1.1 1.1'
          }
        />
      </ActionIcon>
    </Tooltip>
  );
}

function Sign({ path }: { path: string }) {
  return (
    <svg
      viewBox="0 0 20 20"
      width="18"
      height="18"
      aria-hidden
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={path} />
    </svg>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 32 32" width="24" height="24" aria-hidden>
      <rect width="32" height="32" rx="8" fill="#4263eb" />
      <path
        d="M9 20a7 7 0 0 0 12.6 1.6M23 12a7 7 0 0 0-12.6-1.6M23 6.5V12h-5.5M9 25.5V20h5.5"
        fill="none"
        stroke="#fff"
        strokeWidth="2.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
