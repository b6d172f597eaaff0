import { readFile } from 'node:fs/promises';
import { hex } from '@aceso/kernel';
import { InvalidArgumentError } from 'commander';

const SEED_BYTES = 32;

/** The secret seed of a party: 32 raw bytes, or 64 hexadecimal digits. `whose` names it in the refusal. */
export async function readSeed(file: string, whose: string): Promise<Uint8Array> {
  const bytes = await readFile(file);
  if (bytes.length === SEED_BYTES) return bytes;
  const digits = bytes.toString('latin1').trim().toLowerCase();
  if (/^[0-9a-f]{64}$/.test(digits)) return hex.decode(digits);
  throw new InvalidArgumentError(`the ${whose} file holds neither 32 bytes nor 64 hexadecimal digits`);
}

/** An address of the command line, without its last slash. */
export function webAddress(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text.replace(/\/+$/, '');
  throw new InvalidArgumentError('expected an http:// or https:// address');
}
