import { isJsonObject } from '#json';
import { assertNone, ProblemList, readDto } from '#validation';
import { RecordSyncDto, RecordSyncsDto, SyncExtensionDto, SyncResultDto, VersionLinkDto } from './external.dto.ts';

/** The bodies of external recording. Each function throws `InvalidRequestError` with what is wrong, and where. */
export const readSync = checked((body, problems) => {
  const sync = readDto(RecordSyncDto, body, problems);
  checkContents(sync, problems, '');
  return sync;
});
export const readSyncs = checked((body, problems) => {
  const request = readDto(RecordSyncsDto, body, problems);
  if (problems.isEmpty) {
    for (const [index, sync] of request.syncs.entries()) checkContents(sync, problems, `syncs[${index}].`);
  }
  return request;
});
export const readLink = checked((body, problems) => readDto(VersionLinkDto, body, problems));
export const readOutcome = checked((body, problems): SyncResultDto | SyncExtensionDto =>
  isJsonObject(body) && body.status === 'IN_PROGRESS'
    ? readDto(SyncExtensionDto, body, problems)
    : readDto(SyncResultDto, body, problems),
);

function checked<T>(readBody: (body: unknown, problems: ProblemList) => T): (body: unknown) => T {
  return (body) => {
    const problems = new ProblemList();
    const value = readBody(body, problems);
    assertNone(problems);
    return value;
  };
}

function checkContents(sync: RecordSyncDto, problems: ProblemList, at: string): void {
  const { direction, removal, data, versionHash, result } = sync;
  const add = (field: string, detail: string) => problems.add({ field: at + field, detail, code: 'CONFLICT' });
  if (removal && direction !== 'PUSH') add('removal', 'must not be true of a PULL');
  if (removal && data !== undefined) add('data', 'must not be given: a removal sends nothing');
  if (removal && (versionHash ?? result?.versionHash)) {
    add('versionHash', 'must not be given: a removal carries no version');
  }
  if (direction === 'PULL' && data !== undefined && result?.response !== undefined) {
    add('result.response', 'must not be given next to data: what a PULL received is one of them');
  }
}
