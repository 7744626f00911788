import * as fc from 'fast-check';
import { validate, version } from 'uuid';
import { newId } from '#recording';

describe('ids', () => {
  it('are UUIDv7, all different, and ascend in the order in which they are made', () => {
    const ids = Array.from({ length: 20_000 }, () => newId());
    expect(ids.every((id) => validate(id) && version(id) === 7)).toBe(true);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(ids.toSorted());
  });

  it('of the past have its time, and do not set those that follow back', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date(), noInvalidDate: true }), (past) => {
        const before = newId();
        const id = newId(past);
        expect(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(past.getTime());
        expect(newId() > before).toBe(true);
      }),
    );
  });
});
