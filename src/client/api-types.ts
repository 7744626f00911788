import type { components, paths } from './schema.ts';

/** The schemas of the API document by their names, such as `Schemas['SyncDto']`. */
export type Schemas = components['schemas'];

/** Every error of the API (RFC 9457). `code` is stable; some codes add members of their own, such as `syncId`. */
export type Problem = Schemas['ProblemDto'];

type LivePath = paths['/api/v1/live'];
type LiveAnswers = LivePath['get']['responses'];

/** The list. Ask for the export file of the platform, whose form is the platform's own, with `parseAs: 'text'`. */
interface LiveList {
  responses: Omit<LiveAnswers, 200> & {
    200: { headers: LiveAnswers[200]['headers']; content: { 'application/json': Schemas['LivePageDto'] } };
  };
}

/** The paths of the API document, without `/metrics`, which is no JSON. */
export type Paths = Omit<paths, '/metrics' | '/api/v1/live'> & {
  '/api/v1/live': Omit<LivePath, 'get'> & { get: Omit<LivePath['get'], 'responses'> & LiveList };
};
