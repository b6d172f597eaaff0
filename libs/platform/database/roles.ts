/** What a process may be in the database. Each is a LOGIN role of its own, `aceso_<role>`, with its own pool. */
export const DATABASE_ROLES = ['api', 'worker', 'sequencer', 'vault', 'index', 'keys'] as const;

export type DatabaseRole = (typeof DATABASE_ROLES)[number];

/** The PostgreSQL name of a role. */
export function roleName(role: DatabaseRole): string {
  return `aceso_${role}`;
}

/** The processes that talk to the database with restricted roles, and the roles that each one holds. */
export const PROCESS_ROLES = {
  api: ['api', 'vault'],
  worker: ['worker', 'sequencer', 'index', 'keys'],
} as const satisfies Record<string, readonly DatabaseRole[]>;

export type ProcessName = keyof typeof PROCESS_ROLES;
