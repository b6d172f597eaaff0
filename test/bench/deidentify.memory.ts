import { deidentifyFiles, policyNamed } from '@aceso/deidentification';
import { hmacSha256, sha256 } from '@aceso/platform';

/** A process of its own, so that the peak is that of one run: `file asOf folder` prints its peak of memory in MB. */
async function main([file, asOf, outFolder]: readonly string[]): Promise<void> {
  const key = new Uint8Array(32).fill(1);
  const how = { policy: policyNamed('expert-1'), key, threads: 1, hmacSha256, sha256 };
  await deidentifyFiles({ ...how, asOf: asOf!, files: [file!], outFolder: outFolder! });
  process.stdout.write(`${process.resourceUsage().maxRSS / 1_024}\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
