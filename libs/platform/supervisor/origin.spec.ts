import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../config/config';
import { withOwnOrigin } from './origin';

describe('the origin of an instance', () => {
  const homes = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'aceso-origin-')));
  afterAll(() => homes.forEach((home) => rmSync(home, { recursive: true })));
  const originIn = (home: string, origin = ''): string =>
    withOwnOrigin(readConfig({ ACESO_HOME: home, ACESO_ORIGIN: origin })).origin;

  it('is its own and stays the same', () => {
    const [first, second] = homes as [string, string];
    expect(originIn(first)).toMatch(/^localhost\/aceso-[0-9a-f]{8}$/);
    expect(originIn(first)).toBe(originIn(first));
    expect(originIn(first)).not.toBe(originIn(second));
  });

  it('is the one that was set', () => {
    expect(originIn(homes[0] as string, 'ledger.example.org/aceso')).toBe('ledger.example.org/aceso');
  });
});
