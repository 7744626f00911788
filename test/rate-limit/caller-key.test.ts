import { callerOf } from '#rate-limit';

const socket = { remoteAddress: '192.0.2.1' };

describe('the caller of a request', () => {
  it.each([
    ['10.0.0.7', 'address 10.0.0.7'],
    ['::ffff:10.0.0.7', 'address 10.0.0.7'],
    ['2001:db8:1:2:3:4:5:6', 'address 2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff::1', 'address 2001:db8:1:2::/64'],
    ['2001:db8:1:3::1', 'address 2001:db8:1:3::/64'],
    ['::1', 'address ::1'],
    ['garbage that a proxy passed on', 'address 192.0.2.1'],
  ])('at %s is %s', (ip, caller) => {
    expect(callerOf({ ip, socket })).toBe(caller);
  });

  it('is the principal where somebody is authenticated, whatever the address', () => {
    expect(callerOf({ ip: '10.0.0.7', socket, principal: { id: 'key-1' } })).toBe('principal key-1');
  });

  it('cannot pass for another by its name', () => {
    expect(callerOf({ ip: '10.0.0.7', socket })).not.toBe(callerOf({ ip: '', socket, principal: { id: '10.0.0.7' } }));
  });
});
