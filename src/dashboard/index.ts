/** The page over the HTTP API; refuses content that is not its own. */
export { DashboardModule } from './dashboard.module.ts';
