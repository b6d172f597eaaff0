import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { DomainError } from '@aceso/kernel';
import type { ConformanceCase } from './suite';

/** Runs one case: it passes when `check` returns, fails with what it threw. */
export function runCase(name: string, check: () => void): ConformanceCase {
  try {
    check();
    return { case: name, outcome: 'passed' };
  } catch (error) {
    return { case: name, outcome: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}

/** A case that is not run, and why. */
export function skipCase(name: string, reason: string): ConformanceCase {
  return { case: name, outcome: 'skipped', reason };
}

/** True when `attempt` is refused with a code of ours; any other error is a crash and goes on. */
export function isRefused(attempt: () => void): boolean {
  try {
    attempt();
    return false;
  } catch (error) {
    if (error instanceof DomainError) return true;
    throw error;
  }
}

/** Fails the case with both values unless they are the same text. */
export function expectSame(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${what}: got ${a}, expected ${b}`);
}

/** Every file below a folder, sorted; empty when the folder is not there. */
export function filesBelow(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

/** The JSON of a file, or undefined when the file is not there. */
export function readJson<Value>(...path: string[]): Value | undefined {
  const file = join(...path);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Value) : undefined;
}
