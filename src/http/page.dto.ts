import { IsString, Max, MaxLength, Min } from 'class-validator';
import { MayBeLeftOut, WholeNumber } from '#validation';

/** Which part of a list. */
export class PageQuery {
  /** How many at the most. */
  @MayBeLeftOut()
  @WholeNumber()
  @Min(1)
  @Max(100)
  limit: number = 50;

  /** `next` or `prev` of another page of the same list. */
  @MayBeLeftOut()
  @IsString()
  @MaxLength(4_000)
  cursor?: string;
}

/** Part of a list. */
export class PageDto {
  /** Cursor of the next page; null at the end. */
  next: string | null;
  /** Cursor of the page before; null at the beginning. */
  prev: string | null;
}
