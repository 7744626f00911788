import { RequesterDto } from '#http';
import { Text } from '#validation';

/** Why a content type is retired, or brought back. */
export class RetirementRequestDto extends RequesterDto {
  /**
   * Free text kept with the retirement, 1 to 2,000 characters.
   * @example 'Decided with the editors'
   */
  @Text(2_000)
  reason: string;
}

/** Since when a content type is retired. */
export class RetiredDto {
  /** Time when the content type was retired. */
  at: Date;
  /** User or system that retired the content type. */
  by: string;
  /** Free text about the reason for the retirement. */
  reason: string;
}

/** One time that a content type was retired. */
export class RetirementDto {
  /** Start of the retirement. */
  retiredAt: Date;
  /** User or system that started the retirement. */
  retiredBy: string;
  /** Free text about the reason for its start. */
  reason: string;
  /** End of the retirement; null while the content type is retired. */
  reinstatedAt: Date | null;
  /** User or system that brought the content type back. */
  reinstatedBy: string | null;
  /** Free text about the reason to bring it back. */
  reinstateReason: string | null;
}

export class RetirementListDto {
  /** Retirements of the content type, newest first, at most 100. */
  items: RetirementDto[];
}
