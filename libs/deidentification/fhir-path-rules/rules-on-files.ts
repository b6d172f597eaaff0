import { basename, dirname } from 'node:path';
import { checkShape, isObject, LineBlock, RESOURCE_TYPES, type JsonObject, type Line } from '@aceso/fhir';
import { fromUtf8, type HmacSha256, type RandomBytes } from '@aceso/kernel';
import { readFileLines } from '@aceso/register';
import { DeidentificationError } from '../domain';
import { DataFiles, RULES_REPORT_FORMAT, type DataFile } from '../offline/data-files';
import { writingTo } from '../offline/writing-to';
import { requireFile } from '../offline/require-file';
import type { FhirPathConfiguration } from './configuration';
import { compileFhirPathRules, type ApplyRules } from './engine';

export interface RulesOnFilesOptions {
  readonly configuration: FhirPathConfiguration;
  /** Keys that the configuration leaves empty are derived from it. */
  readonly key?: Uint8Array;
  /** `YYYY-MM-DD`, against which ages above 89 are judged. */
  readonly asOf: string;
  readonly files: readonly string[];
  readonly outFolder: string;
  readonly hmacSha256: HmacSha256;
  readonly randomBytes: RandomBytes;
}

export interface RulesReport {
  readonly format: string;
  readonly sale: false;
  readonly notice: string;
  readonly recordDate: string;
  readonly rules: number;
  readonly lines: number;
  /** Lines that are no resource or Bundle of FHIR R4. */
  readonly refused: number;
  readonly written: number;
  readonly files: readonly DataFile[];
}

/** What whoever uses this mode has to know. */
export const RULES_NOTICE =
  'Compatibility mode: this output is not a sale and cannot become one. Elements that no rule names are kept; dateShift is a ' +
  'polynomial that two known dates undo for everybody; cryptoHash is one key for all. No class size was reached, no risk measured.';

/**
 * Applies a configuration in the `fhirPathRules` format to files: a resource or Bundle a line goes in, the same comes out
 * in the file of its type. Memory holds one line. Throws FHIRPATH_PROCESSING_FAILED with the line, or the code of the
 * file that is missing; then nothing is written.
 */
export async function applyRulesToFiles(options: RulesOnFilesOptions): Promise<RulesReport> {
  for (const file of options.files) await requireFile(file);
  const apply = compileFhirPathRules(options.configuration, options);
  return writingTo(options.outFolder, () => write(options, apply));
}

async function write(options: RulesOnFilesOptions, apply: ApplyRules): Promise<RulesReport> {
  const output = await DataFiles.in(options.outFolder);
  try {
    const counts = { lines: 0, refused: 0, written: 0 };
    for (const file of options.files) await rewrite(file, { apply, output, counts });
    const files = await output.finish(() => undefined);
    const report: RulesReport = {
      format: RULES_REPORT_FORMAT,
      sale: false,
      notice: RULES_NOTICE,
      recordDate: options.asOf,
      rules: options.configuration.rules.length,
      ...counts,
      files,
    };
    await output.publish(files, report);
    return report;
  } finally {
    await output.discard();
  }
}

interface Run {
  readonly apply: ApplyRules;
  readonly output: DataFiles;
  readonly counts: { lines: number; refused: number; written: number };
}

async function rewrite(file: string, { apply, output, counts }: Run): Promise<void> {
  const source = { file: basename(file), folder: basename(dirname(file)) };
  for await (const block of readFileLines(file)) {
    if (!(block instanceof LineBlock)) {
      counts.lines += 1;
      counts.refused += 1;
      continue;
    }
    counts.lines += block.count;
    for (let at = 0; at < block.count; at += 1) {
      const line = block.line(at);
      const resource = resourceOf(line);
      if (resource === undefined) {
        counts.refused += 1;
        continue;
      }
      try {
        await output.add(apply(resource, source) as { resourceType: string });
      } catch (error) {
        if (!(error instanceof DeidentificationError)) throw error;
        throw new DeidentificationError(error.code, `line ${line.number}: ${error.message}; nothing was written`);
      }
      counts.written += 1;
    }
  }
}

function resourceOf({ bytes }: Line): JsonObject | undefined {
  if (bytes === undefined || checkShape(bytes) !== undefined) return undefined;
  try {
    const value: unknown = JSON.parse(fromUtf8(bytes).replace(/^\uFEFF/, ''));
    return isObject(value) && RESOURCE_TYPES.has(value['resourceType'] as string) ? value : undefined;
  } catch {
    return undefined; // the parser's message quotes the line
  }
}
