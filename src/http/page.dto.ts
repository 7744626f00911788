import { IsString, Max, MaxLength, Min } from 'class-validator';
import { MayBeLeftOut, WholeNumber } from '#validation';

/** Which part of a list. */
export class PageQuery {
  /** Maximum number of items on the page. */
  @MayBeLeftOut()
  @WholeNumber()
  @Min(1)
  @Max(100)
  limit: number = 50;

  /** Value of `next` or `prev` from another page of the same list. */
  @MayBeLeftOut()
  @IsString()
  @MaxLength(4_000)
  cursor?: string;
}

/** Part of a list. */
export class PageDto {
  /** Cursor of the next page; null on the last page. */
  next: string | null;
  /** Cursor of the previous page; null on the first page. */
  prev: string | null;
}
