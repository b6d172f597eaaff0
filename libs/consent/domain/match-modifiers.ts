import type { AskedRequest } from './asked-content';
import type { DiseaseTree } from './disease-tree';
import { DUO_MODIFIERS, DUO_PERMISSIONS, DUO_WORDS, type DuoModifier } from './duo';
import { abstain, deny, diseaseFindings, verdictOf, type Finding } from './match-permission';
import { isNonProfit, type Pledge } from './coded-use';
import type { Modifier, Permission } from './standing-terms';

/** Each modifier that binds the request to what it pledged. */
const PLEDGED: Partial<Record<DuoModifier, Pledge>> = {
  [DUO_MODIFIERS.GSO]: 'genetic-only',
  [DUO_MODIFIERS.IRB]: 'ethics-approval',
  [DUO_MODIFIERS.PUB]: 'publication',
  [DUO_MODIFIERS.RTN]: 'return-of-results',
};

/** Judges the request against one modifier of an alternative. What no program can check is left to a person. */
export function matchModifier(
  request: AskedRequest,
  modifier: Modifier,
  { permission, tree }: { readonly permission: Permission; readonly tree: DiseaseTree },
): readonly Finding[] {
  const { use } = request;
  const unless = (holds: boolean, why: string): readonly Finding[] => (holds ? [] : [deny(why)]);
  const pledge = PLEDGED[modifier.code];
  if (pledge !== undefined)
    return unless(use.pledges.includes(pledge), `the request does not pledge ${pledge}: ${DUO_WORDS[modifier.code]}`);
  switch (modifier.code) {
    case DUO_MODIFIERS.NPU:
      return nonProfit(request);
    case DUO_MODIFIERS.NCU:
      return nonCommercial(request);
    case DUO_MODIFIERS.NPUNCU:
      return [...nonProfit(request), ...nonCommercial(request)];
    case DUO_MODIFIERS.NMDS:
      return methodsForDisease(request, permission, tree);
    case DUO_MODIFIERS.NPOA:
      return unless(!use.research.includes(DUO_PERMISSIONS.POA), 'research into ancestry is not permitted');
    case DUO_MODIFIERS.GS:
      return use.countries
        .filter((country) => !modifier.countries.includes(country))
        .map((country) => deny(`the data would be used in ${country}, which is not permitted`));
    case DUO_MODIFIERS.TS:
      return unless(
        request.termMonths <= modifier.months,
        `${request.termMonths} months of use are more than ${modifier.months}`,
      );
    case DUO_MODIFIERS.MOR:
      return unless(
        use.publicationFrom !== undefined && use.publicationFrom >= modifier.date,
        `the request does not bind itself to publish nothing before ${modifier.date}`,
      );
    case DUO_MODIFIERS.US:
      return unless(
        request.recipients.every((did) => modifier.users.includes(did)),
        'a recipient is none of the named users',
      );
    case DUO_MODIFIERS.IS:
      return unless(
        request.recipients.every((did) => modifier.institutions.includes(did)),
        'a recipient is none of the named institutions',
      );
    case DUO_MODIFIERS.PS:
      return unless(modifier.requests.includes(request.requestId), 'the request is none of the named ones');
    case DUO_MODIFIERS.COL:
      return [abstain(`a person checks that there is a collaboration with ${modifier.collaborator}`)];
    case DUO_MODIFIERS.RS:
      return [abstain(`a person checks that the research is of this type: ${modifier.topic}`)];
    default:
      return []; // clinical care (CC) permits more than research, and requests are research
  }
}

function nonProfit({ use }: AskedRequest): readonly Finding[] {
  return isNonProfit(use.buyerKind) === true
    ? []
    : [deny('the research center is not registered as one that is not for profit')];
}

function nonCommercial({ use }: AskedRequest): readonly Finding[] {
  return use.commercial ? [deny('the use is commercial')] : [];
}

/** DUO: methods are permitted under NMDS only for a disease that the data set is for. DUOS V4 does not look at NMDS. */
function methodsForDisease({ use }: AskedRequest, permission: Permission, tree: DiseaseTree): readonly Finding[] {
  if (!use.methods) return [];
  const isForDisease =
    permission.code === DUO_PERMISSIONS.DS &&
    use.diseases.length > 0 &&
    verdictOf(diseaseFindings(use.diseases, permission.diseases, tree)) === 'approve';
  return isForDisease
    ? []
    : [
        deny(
          'development of methods is not permitted without a matching disease (stricter than DUOS V4, which does not look)',
        ),
      ];
}
