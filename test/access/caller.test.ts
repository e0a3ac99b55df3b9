import { describe, expect, it } from '@jest/globals';
import { pseudonymizer, subjectId } from '../../src/access/caller.ts';
import { addressKey } from '../../src/access/client-address.ts';
import { callerOfRouter } from '../../src/access/router-headers.ts';

describe('what an address is counted under', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
    ['2001:db8:0:1::1', '32.1.13.184.0.0.0.1/64'],
    ['2001:db8:0:1:ffff:ffff:ffff:ffff', '32.1.13.184.0.0.0.1/64'],
    ['2001:DB8:0:1:0:0:0:9', '32.1.13.184.0.0.0.1/64'],
    ['2001:db8:0:2::1', '32.1.13.184.0.0.0.2/64'],
    ['::1', '0.0.0.0.0.0.0.0/64'],
    ['fe80::1%br-1a2b', '254.128.0.0.0.0.0.0/64'],
    ['fe80::1%eth0.100', '254.128.0.0.0.0.0.0/64'],
  ])('an address is counted as itself, or as its IPv6 network: %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });

  it.each(['', 'x', '127.1', '1', '192.0.2.1:80', '192.0.2.0/24', ' 192.0.2.1', undefined])(
    'a text that is no address is not counted: %j',
    (text) => {
      expect(addressKey(text)).toBeUndefined();
    },
  );
});

describe('the name of a caller or address where others can read it', () => {
  const name = pseudonymizer('a key of this test alone');

  it('a pseudonym is the same for the same name and key, and different for any other name or key', () => {
    expect(name('192.0.2.1')).toMatch(/^[\w-]{22}$/);
    expect(name('192.0.2.1')).toBe(pseudonymizer('a key of this test alone')('192.0.2.1'));
    expect(name('192.0.2.2')).not.toBe(name('192.0.2.1'));
    expect(pseudonymizer('another key')('192.0.2.1')).not.toBe(name('192.0.2.1'));
  });

  it('a pseudonym does not change between versions, so that counters and logs of different replicas can be compared', () => {
    expect(name('192.0.2.1')).toBe('I955o_grIIEMk_zUlfwwKk');
  });
});

describe('the id of a caller, the scope of its idempotency keys', () => {
  const routed = (subject?: string, issuer?: string) => {
    const headers: Record<string, string | undefined> = {
      'x-caller-subject': subject,
      'x-caller-issuer': issuer,
    };
    const valuesOf = (name: string) => (headers[name] === undefined ? [] : [headers[name]]);
    return callerOfRouter(valuesOf, false)?.id;
  };

  it('a caller’s id does not change between versions, so that a retry after a deployment is the same call', () => {
    const id = 'RtwBIJwPSYDnNInAzPhsLBrdGD2nhgj1GHU9d7wwnp8';
    expect(subjectId('https://issuer.example', 'someone')).toBe(id);
    expect(routed('someone', 'https://issuer.example')).toBe(id);
    // Behind a router that sends no issuer.
    expect(routed('someone')).toBe('46mE1e9GRMaHQ2siAskDQbt23cekCl9sxyjLp8oeDDc');
    expect(routed()).toBe('NsYtPxW8koc1-QyBwWbCC_5oVmC2ovtscqNF5FHN100');
  });

  it('a subject that a router writes in UTF-8 has the same caller id as in a token', () => {
    const bytes = Buffer.from('josé').toString('latin1');
    expect(routed(bytes, 'https://issuer.example')).toBe(subjectId('https://issuer.example', 'josé'));
  });

  it('a subject that a router writes in Latin-1 is a caller of its own', () => {
    const written = ['jos\u00e9', 'josÃ©', 'jos\u00e8', 'jose'].map((subject) =>
      routed(subject, 'https://issuer.example'),
    );
    expect(new Set(written).size).toBe(4);
  });

  it('a subject that a router writes with a byte order mark is not the caller without it', () => {
    const bytes = Buffer.from('\uFEFFu9').toString('latin1');
    expect(routed(bytes, 'https://issuer.example')).toBe(subjectId('https://issuer.example', '\uFEFFu9'));
    expect(routed(bytes, 'https://issuer.example')).not.toBe(routed('u9', 'https://issuer.example'));
  });
});
