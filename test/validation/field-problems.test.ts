import { ArrayMinSize, IsBoolean, IsIn, IsInt, IsObject, IsUUID, Max, MaxLength, Min } from 'class-validator';
import { Name, ProblemList, readDto, Text, Timestamp, OneOrMany, WholeNumber, MayBeLeftOut } from '#validation';

class Request {
  @MayBeLeftOut()
  @Text(5)
  text?: unknown;
  @MayBeLeftOut()
  @Text(5, { each: true })
  @OneOrMany(2)
  texts?: unknown;
  @MayBeLeftOut()
  @Name()
  name?: unknown;
  @MayBeLeftOut()
  @WholeNumber()
  @Min(1)
  @Max(5)
  number?: unknown;
  @MayBeLeftOut()
  @IsIn(['a', 'b'])
  choice?: unknown;
  @MayBeLeftOut()
  @IsUUID()
  id?: unknown;
  @MayBeLeftOut()
  @Timestamp()
  time?: unknown;
  @MayBeLeftOut()
  @IsBoolean()
  flag?: unknown;
  @MayBeLeftOut()
  @IsObject()
  object?: unknown;
  @MayBeLeftOut()
  @MaxLength(3)
  short?: unknown;
  @MayBeLeftOut()
  @ArrayMinSize(1)
  @OneOrMany(2)
  some?: unknown;
}

class Needy {
  @IsInt()
  number?: unknown;
}

function problemsOf(type: new () => object, sent: unknown, at?: string): unknown[] {
  const problems = new ProblemList();
  readDto(type, sent, problems, at);
  return problems.members().errors;
}

describe('the code of a field that is wrong', () => {
  it.each([
    ['text', 5, 'NOT_A_TEXT', 'must be a string'],
    ['text', '', 'EMPTY', 'should not be empty'],
    ['text', ' \u200b', 'EMPTY', 'must not be blank'],
    ['text', 'abcdef', 'TOO_LONG', 'must be shorter than or equal to 5 characters'],
    ['text', 'a\0', 'BAD_CHARACTER', 'must not contain a NUL character'],
    ['text', '\ud83d', 'BAD_CHARACTER', 'must not contain half of a surrogate pair'],
    ['texts', ['ok', 'abcdef'], 'TOO_LONG', 'must be shorter than or equal to 5 characters in each value'],
    ['texts', ['a', 'b', 'c'], 'TOO_MANY', 'must contain no more than 2 elements'],
    ['name', '..', 'WRONG_FORM', 'must not be "." or "..": an address cannot hold it'],
    ['number', '0', 'TOO_SMALL', 'must not be less than 1'],
    ['number', '6', 'TOO_LARGE', 'must not be greater than 5'],
    ['choice', 'c', 'UNKNOWN_VALUE', 'must be one of the following values: a, b'],
    ['id', 'x', 'NOT_A_UUID', 'must be a UUID'],
    ['time', 'x', 'NOT_A_TIME', 'must be a date, or a date and time with its offset, in ISO 8601, of our era'],
    ['flag', 1, 'NOT_A_BOOLEAN', 'must be a boolean value'],
    ['object', 1, 'NOT_AN_OBJECT', 'must be an object'],
    ['short', 'abcd', 'TOO_LONG', 'must be shorter than or equal to 3 characters'],
    ['some', [], 'TOO_FEW', 'must contain at least 1 elements'],
    ['other', 1, 'UNKNOWN_FIELD', 'should not exist'],
    ['__proto__', 1, 'UNKNOWN_FIELD', 'should not exist'],
  ])('%s: %j is %s', (field, value, code, detail) => {
    const sent = JSON.parse(`{${JSON.stringify(field)}:${JSON.stringify(value)}}`) as object;
    const found = problemsOf(Request, sent, 'items[3].');
    expect(found).toEqual([{ field: `items[3].${field}`, detail, code }]);
  });

  it('says of a value that is missing no more than that, and of all of them where they stand', () => {
    expect(problemsOf(Needy, {})).toEqual([{ field: 'number', detail: 'must be an integer number', code: 'MISSING' }]);
    expect(problemsOf(Needy, [])).toEqual([{ field: '', detail: 'must be an object', code: 'NOT_AN_OBJECT' }]);
  });
});
