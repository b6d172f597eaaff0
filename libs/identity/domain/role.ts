/** What a party is here; a party has one role. */
export const ROLES = ['patient', 'researcher', 'provider', 'officer', 'physician'] as const;

export type Role = (typeof ROLES)[number];
