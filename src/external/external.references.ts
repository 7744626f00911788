import { EntityManager } from '@mikro-orm/core';
import { Injectable } from '@nestjs/common';
import { query } from '#database';
import type { StartRow } from '#recording';
import { type TypeRef, typeRefKey, VersionHistoryService, VersionNotFoundError } from '#versioning';
import type { DomainError } from '../domain-error.ts';
import { DeploymentOwnedError, throwOneOf, UnknownDeploymentError } from './external.errors.ts';

/** What external syncs may name: versions that are in the history, and no deployment of ours. */
@Injectable()
export class ExternalReferences {
  constructor(
    private readonly em: EntityManager,
    private readonly versions: VersionHistoryService,
  ) {}

  /** Throws `VersionNotFoundError`, {@link UnknownDeploymentError} and {@link DeploymentOwnedError}, with the index. */
  async assertGood(rows: StartRow[]): Promise<void> {
    const versions = await this.knownVersions(rows);
    const deployments = await this.knownDeployments(rows);
    for (const [index, row] of rows.entries()) {
      const error = unknownVersion(row, versions) ?? badDeployment(row, deployments);
      if (error) throwOneOf(rows, index, error);
    }
  }

  /** Of those that are named: what the history has, and what these syncs bring. */
  private async knownVersions(rows: StartRow[]): Promise<Set<string>> {
    const named = rows.filter(({ namesVersion }) => namesVersion).map(versionOf);
    const known: NamedVersion[] = rows.filter(({ newVersion }) => newVersion).map(versionOf);
    for (const [platform, versions] of Map.groupBy(named, (version) => version.platform))
      known.push(...(await this.versions.byHashes(platform, versions)));
    return new Set(known.map(versionName));
  }

  /** Of those that are named; undefined in an application that has no deployments of ours, but may have its own. */
  private async knownDeployments(rows: StartRow[]): Promise<Set<string> | undefined> {
    const named = rows.flatMap(({ context }) => context.deploymentId ?? []);
    if (named.length === 0) return undefined;
    const has = await query<{ has: boolean }>(this.em, `select to_regclass('deployment') is not null as has`);
    if (!has.rows[0]!.has) return undefined;
    const { rows: known } = await query<{ id: string }>(
      this.em,
      'select id from deployment where id = any($1::uuid[])',
      [named],
    );
    return new Set(known.map(({ id }) => id));
  }
}

function unknownVersion(row: StartRow, known: Set<string>): DomainError | undefined {
  if (!row.namesVersion || known.has(versionName(versionOf(row)))) return undefined;
  return new VersionNotFoundError(row, row.versionHash!);
}

function badDeployment({ context }: StartRow, known: Set<string> | undefined): DomainError | undefined {
  const { deploymentId } = context;
  if (!known || deploymentId === undefined) return undefined;
  return known.has(deploymentId) ? new DeploymentOwnedError(deploymentId) : new UnknownDeploymentError(deploymentId);
}

type NamedVersion = TypeRef & { versionHash: string };

function versionOf({ platform, kind, typeKey, versionHash }: StartRow): NamedVersion {
  return { platform, kind, typeKey, versionHash: versionHash! };
}

function versionName(version: NamedVersion): string {
  return `${typeRefKey(version)} ${version.versionHash}`;
}
