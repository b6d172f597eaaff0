import { RegisterError } from './register.errors';

/** The checks of the database that keep generated facts and records apart: between them, and that there is one row of the former. */
const APART: ReadonlySet<unknown> = new Set(['generated_apart', 'generated_pkey']);

/** The refusal of the database's own check as a coded one; any other error as it is. */
export function asNotApart(error: unknown): unknown {
  const constraint = error instanceof Error && 'constraint' in error ? error.constraint : null;
  if (!APART.has(constraint)) return error;
  return new RegisterError(
    'GENERATED_NOT_APART',
    'generated facts go into an instance that holds no records and no facts, and it takes no records then',
    { cause: error },
  );
}
