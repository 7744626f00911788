export { Periodic } from './periodic.ts';
