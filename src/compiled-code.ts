import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

/**
 * Lets Node keep what it compiles, so that the next start need not. Beside the code: a user who may write there may change the
 * code itself. That is not true of the folder for temporary files. A folder that cannot be written only costs time.
 */
enableCompileCache(join(import.meta.dirname, '..', 'compile-cache'));
