import { makeTables } from '@aceso/deidentification';
import { parseView } from '@aceso/deidentification/domain';

/** A process of its own, so that the peak is that of one run: `view (JSON) file times folder` prints its peak of memory in MB. */
async function main([view, file, times, outFolder]: readonly string[]): Promise<void> {
  const files = Array.from({ length: Number(times) }, () => file!);
  await makeTables({ views: [parseView(JSON.parse(view!))], files, outFolder: outFolder!, format: 'parquet' });
  process.stdout.write(`${process.resourceUsage().maxRSS / 1_024}\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exitCode = 1;
});
