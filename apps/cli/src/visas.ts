import { readFile } from 'node:fs/promises';
import { readIssuers, VisaVerifier } from '@aceso/marketplace';
import { MarketplaceError, VISA_ASSERTED_SECONDS_MAX } from '@aceso/marketplace/domain';
import type { Command } from 'commander';

interface Options {
  readonly issuers: string;
  readonly issuer: string;
  readonly subject: string;
  readonly assertedDays: string;
}

const DAY_SECONDS = 86_400;

/** `aceso visas`: GA4GH visas of others, for an officer who reviews a request. Offline. */
export function registerVisas(program: Command): void {
  program
    .command('visas')
    .description('read GA4GH visas of others')
    .command('verify <file...>')
    .description(
      'verify visas of one researcher by the keys of configured issuers; print what they say, a line of JSON each',
    )
    .requiredOption('--issuers <file>', 'JSON: [{issuer, jku, keys}] of those whose visas are believed')
    .requiredOption('--issuer <url>', 'issuer by whose name the researcher is known')
    .requiredOption('--subject <sub>', 'name of the researcher there')
    .option('--asserted-days <days>', 'oldest assertion that counts', String(VISA_ASSERTED_SECONDS_MAX / DAY_SECONDS))
    .action(verify);
}

async function verify(files: readonly string[], { issuers, issuer, subject, assertedDays }: Options): Promise<void> {
  if (!/^[1-9][0-9]{0,4}$/.test(assertedDays)) {
    throw new MarketplaceError('VISA_ISSUERS_INVALID', 'give the days of the oldest assertion as a whole number');
  }
  const verifier = new VisaVerifier(readIssuers(await readFile(issuers, 'utf8')));
  const visas = await verifier.verify(await Promise.all(files.map((file) => readFile(file, 'utf8'))), {
    person: { issuer, subject },
    now: Math.floor(Date.now() / 1000),
    assertedSecondsMax: Number(assertedDays) * DAY_SECONDS,
  });
  for (const visa of visas) process.stdout.write(`${JSON.stringify(visa)}\n`);
}
