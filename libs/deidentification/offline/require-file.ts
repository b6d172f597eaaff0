import { stat } from 'node:fs/promises';
import { DeidentificationError } from '../domain';

/** Throws DEIDENTIFY_INPUT_MISSING where there is no such file. */
export async function requireFile(file: string): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true)
    throw new DeidentificationError('DEIDENTIFY_INPUT_MISSING', `no such input file: ${file}`);
}
