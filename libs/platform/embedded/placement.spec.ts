import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAccounts } from './account';
import { canReach, place } from './placement';

const account = { name: 'nobody', uid: 65_534, gid: 65_534 };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aceso-place-'));
  chmodSync(folder, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const request = (home: string) => ({
  home,
  binaries: { folder: join(folder, 'native'), version: '18.0.0' },
  account,
  instance: 'c4d7a1de-0000-4000-8000-000000000000',
});

describe('accounts', () => {
  it('are read from passwd(5), broken lines are skipped', () => {
    const accounts = parseAccounts('root:x:0:0:root:/root:/bin/sh\n\nnobody:x:65534:65534::/:\nbroken\na:x:b:c\n');
    expect([...accounts.keys()]).toEqual(['root', 'nobody']);
    expect(accounts.get('nobody')).toEqual(account);
  });
});

describe('the place of the data', () => {
  it('is the home where the account may enter it, even if it does not exist yet', () => {
    expect(canReach(account, join(folder, 'not', 'yet'))).toBe(true);
    expect(place(request(folder))).toEqual({
      native: join(folder, 'native'),
      data: join(folder, 'postgres'),
      moved: false,
    });
  });

  it('is outside of a home that others may not enter', () => {
    chmodSync(folder, 0o700);
    const placement = place(request(join(folder, 'home')));
    expect(placement).toEqual({
      native: '/var/lib/aceso/native-18.0.0',
      data: '/var/lib/aceso/c4d7a1de-0000-4000-8000-000000000000/postgres',
      moved: true,
    });
  });

  it('is the home of an ordinary user whatever its mode', () => {
    chmodSync(folder, 0o700);
    expect(place({ ...request(folder), account: undefined }).data).toBe(join(folder, 'postgres'));
  });

  it('never changes silently: data in a home that was closed since is refused', () => {
    mkdirSync(join(folder, 'postgres'));
    chmodSync(folder, 0o700);
    expect(() => place(request(folder))).toThrow(expect.objectContaining({ code: 'EMBEDDED_POSTGRES_FAILED' }));
  });
});
