import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findChromium, startChromium } from './chromium';
import { Ceremonies, RELYING_PARTY } from './passkey-ceremonies';

/**
 * `npm run build && node dist/test/browser/record-passkeys.js test/conformance/passkey.ceremonies.json`: makes the ceremonies
 * of the conformance suite anew, with fresh keys that nobody keeps. Needs a Chromium.
 */
async function main(file: string): Promise<void> {
  const executable = findChromium();
  if (!executable) throw new Error('no Chromium was found (Debian: chromium)');
  const browser = await startChromium(executable);
  try {
    const ceremonies = await Ceremonies.open(browser);
    const made = [...(await ceremonies.record('WebAuthn-ES256')), ...(await ceremonies.record('WebAuthn-EdDSA'))];
    const version = `Chromium ${browser.version()}, virtual authenticator`;
    const recorded = { madeWith: version, relyingParty: RELYING_PARTY, ceremonies: made };
    writeFileSync(file, `${JSON.stringify(recorded, null, 2)}\n`);
    process.stderr.write(`${made.length} ceremonies written to ${file}\n`);
  } finally {
    await browser.close();
  }
}

main(process.argv[2] ?? join('test', 'conformance', 'passkey.ceremonies.json')).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
