import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';

/** Which part of a list. */
export class PageQuery {
  /** How many at the most. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(100)
  limit: number = 50;

  /** `next` or `prev` of another page of the same list. */
  @IsOptional()
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
