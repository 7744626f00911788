import { ArrayMinSize, IsUUID, MinDate } from 'class-validator';
import { PageDto, RequesterDto } from '#http';
import { MayBeNull, Name, OneOrMany, Text, Timestamp } from '#validation';

/** Which key is meant. */
export class KeyParams {
  /**
   * Id of the key, a UUIDv7. It is no secret.
   * @example '019a5f0e-7c11-7aaa-8000-000000000000'
   */
  @IsUUID()
  id: string;
}

/** What a new key is for, and what it may do. */
export class KeyRequestDto extends RequesterDto {
  /**
   * Name of the key, 1 to 100 characters. It is the actor of everything that the key does, so no other key may have it.
   * @example 'nightly-sync'
   */
  @Name(100)
  name: string;

  /**
   * Roles (`viewer`, `auditor`, `operator`, `admin`) and scopes, at every target, or at one: `deploy@optimizely/staging`,
   * `read@optimizely/*`.
   * @example ["viewer", "sync:write", "deploy@optimizely/staging"]
   */
  @OneOrMany(100)
  @ArrayMinSize(1)
  @Text(600, { each: true })
  grants: string[];

  /**
   * Time after which the key is refused; null when it never expires.
   * @example '2090-01-06T00:00:00Z'
   */
  @MayBeNull()
  @Timestamp()
  @MinDate(() => new Date(), { message: '$property must be in the future' })
  expiresAt?: Date | null;
}

/** Why a key is revoked. */
export class KeyRevocationDto extends RequesterDto {
  /**
   * Free text about the reason, 1 to 2,000 characters.
   * @example 'The laptop of its holder was stolen'
   */
  @Text(2_000)
  reason: string;
}

/** An API key without its secret. */
export class KeyDto {
  /** Id of the key, a UUIDv7. It is no secret. */
  id: string;
  /** Name of the key: the actor of everything that it does. */
  name: string;
  /** First characters of the key, to tell keys apart. */
  hint: string;
  /** Scopes of the key, each with its target unless it holds at every target. */
  grants: string[];
  /** Time when the key was created. */
  createdAt: Date;
  /** User or system that created the key. */
  createdBy: string;
  /** Time after which the key is refused; null when it never expires. */
  expiresAt: Date | null;
  /** Time of the last use of the key, to the minute; null when it was not used. */
  lastUsedAt: Date | null;
  /** Time when the key was revoked; null when it is not. */
  revokedAt: Date | null;
  /** User or system that revoked the key; null when nobody did. */
  revokedBy: string | null;
  /** Free text about the reason for the revocation; null when the key is not revoked. */
  revokeReason: string | null;
}

/** A key that was created just now. */
export class NewKeyDto extends KeyDto {
  /** The key itself. It is shown in this answer only: the service stores its hash. */
  key: string;
}

export class KeyPageDto extends PageDto {
  /** Keys of the page, newest first, also those that are revoked. */
  items: KeyDto[];
}
