import type { MigrationInterface } from 'typeorm';
import { Platform0000000000001 } from './0001-platform';

/**
 * Every migration in the order in which it runs; never edited after it landed. TypeORM orders by the last 13 digits of
 * the class name, so a class is called `<Name>` + its number padded to 13 digits.
 */
export const MIGRATIONS: readonly (new () => MigrationInterface)[] = [Platform0000000000001];
