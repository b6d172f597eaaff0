import { BUYER_KINDS, type BuyerKind } from '@aceso/consent/domain';
import { InvitationService, type Invitation } from '@aceso/identity';
import { ROLES, type Role } from '@aceso/identity/domain';
import { Database, environment, readConfig, readRoleUrls, Runtime } from '@aceso/platform';
import { InvalidArgumentError, Option, type Command } from 'commander';

type InvitedRole = Invitation['role'];

const INVITED: readonly Role[] = ROLES.filter((role) => role !== 'patient');

/** Adds `aceso invite`: the operator's word that somebody may register for a role. Needs the running services. */
export function registerInvite(program: Command): void {
  program
    .command('invite')
    .description('print a one-time code with which one party of a role can register; patients need none')
    .requiredOption('--role <role>', `one of ${INVITED.join(', ')}`, invitedRole)
    .addOption(
      new Option('--kind <kind>', 'what a research center is: terms of patients look at it').choices([...BUYER_KINDS]),
    )
    .option('--json', 'print code, role and end as one line of JSON')
    .action(invite);
}

async function invite({ role, kind, json }: { role: InvitedRole; kind?: BuyerKind; json?: boolean }): Promise<void> {
  if (kind !== undefined && role !== 'researcher') throw new InvalidArgumentError('--kind is for --role researcher');
  const { home } = readConfig(environment());
  const database = new Database({ urls: readRoleUrls(home, 'api'), poolSize: 1 });
  try {
    const invitation = await new InvitationService(database, new Runtime()).create(role, kind ?? null);
    process.stdout.write(json ? `${JSON.stringify(invitation)}\n` : `${invitation.code}\n`);
    if (!json)
      process.stderr.write(`for one ${role}, until ${invitation.expiresAt.toISOString()}; it is not shown again\n`);
  } finally {
    await database.close();
  }
}

function invitedRole(text: string): InvitedRole {
  if (!INVITED.some((role) => role === text)) throw new InvalidArgumentError(`expected one of ${INVITED.join(', ')}`);
  return text as InvitedRole;
}
