import { dateOf, type Day } from './day';
import type { Lifetime } from './lifetime';
import type { SeededRandom } from './random';
import type { Resource } from './records';

const US_CORE = 'http://hl7.org/fhir/us/core/StructureDefinition';

/** The Patient resource of a lifetime as one provider writes it: with everything that must never leave. */
export function patientResource(
  patientId: string,
  life: Lifetime,
  { random, organizationId, at }: { random: SeededRandom; organizationId: string; at: (day: Day) => string },
): Resource {
  return {
    resourceType: 'Patient',
    id: patientId,
    extension: [
      {
        url: `${US_CORE}/us-core-race`,
        extension: [
          {
            url: 'ombCategory',
            valueCoding: { system: 'urn:oid:2.16.840.1.113883.6.238', code: life.race.code, display: life.race.text },
          },
          { url: 'text', valueString: life.race.text },
        ],
      },
      {
        url: `${US_CORE}/us-core-ethnicity`,
        extension: [
          {
            url: 'ombCategory',
            valueCoding: {
              system: 'urn:oid:2.16.840.1.113883.6.238',
              code: life.ethnicity.code,
              display: life.ethnicity.text,
            },
          },
          { url: 'text', valueString: life.ethnicity.text },
        ],
      },
    ],
    identifier: [
      {
        type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }] },
        system: `urn:example:${organizationId}`,
        value: String(random.between(100_000, 999_999_999)),
      },
      {
        type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'SS' }] },
        system: 'http://hl7.org/fhir/sid/us-ssn',
        value: life.socialSecurity,
      },
    ],
    name: [{ use: 'official', family: life.surname, given: [life.given] }],
    telecom: [
      { system: 'phone', value: life.phone, use: 'home' },
      { system: 'email', value: `${life.given}.${life.surname}@mail.example`.toLowerCase() },
    ],
    gender: life.female ? 'female' : 'male',
    birthDate: dateOf(life.birth),
    ...(life.death === null ? {} : { deceasedDateTime: at(life.death) }),
    address: [
      { line: [life.street], city: life.town.city, state: 'MA', postalCode: life.town.postalCode, country: 'US' },
    ],
  };
}
