import type { Browser } from 'playwright-core';
import { judgeCeremony, readCeremonies } from '../conformance/passkey.suite';
import { findChromium, startChromium } from './chromium';
import { Ceremonies } from './passkey-ceremonies';

const chromium = findChromium();
if (!chromium) process.stderr.write('skipped: passkeys in a browser: no Chromium (Debian: chromium)\n');

jest.setTimeout(120_000);

(chromium ? describe : describe.skip)('passkeys in a browser', () => {
  let browser: Browser;
  let ceremonies: Ceremonies;

  beforeAll(async () => {
    browser = await startChromium(chromium as string);
    ceremonies = await Ceremonies.open(browser);
  });
  afterAll(async () => {
    await ceremonies.close();
    await browser.close();
  });

  it('sign what we verify, and are refused as the recorded ones are', async () => {
    const made = await ceremonies.record('WebAuthn-ES256');
    expect(made.map((ceremony) => judgeCeremony(ceremony))).toEqual(made.map(({ fault }) => fault));
    const recorded = readCeremonies().filter(({ name }) => name.startsWith('WebAuthn-ES256'));
    expect(made.map(({ name, fault }) => [name, fault])).toEqual(recorded.map(({ name, fault }) => [name, fault]));
  });
});
