import { POLICIES, type Storage } from '@aceso/deidentification/domain';
import type { CatalogueAbout } from './catalogue-about';
import { shippedDictionaries, type ShippedDictionary } from './shipped-dictionary';

// HealthDCAT-AP Release 8, RESTRICTED profile (https://code.europa.eu/healthdataeu/healthdcat-ap), over DCAT-AP 3.0. Its namespace is the one
// that the release uses; its authority tables are DG SANTE's.
const HEALTH = 'http://healthdataportal.eu/ns/health#';
const CONTEXT = {
  '@version': 1.1,
  csvw: 'http://www.w3.org/ns/csvw#',
  cv: 'http://data.europa.eu/m8g/',
  dcat: 'http://www.w3.org/ns/dcat#',
  dcatap: 'http://data.europa.eu/r5r/',
  dct: 'http://purl.org/dc/terms/',
  dpv: 'https://w3id.org/dpv#',
  foaf: 'http://xmlns.com/foaf/0.1/',
  geodcatap: 'http://data.europa.eu/930/',
  healthdcatap: HEALTH,
  vcard: 'http://www.w3.org/2006/vcard/ns#',
  xsd: 'http://www.w3.org/2001/XMLSchema#',
} as const;
const EU = 'http://publications.europa.eu/resource/authority';
const HEALTH_EU = 'https://hdeu-dcat.data.health.europa.eu/resource/authority';
/** Regulation (EU) 2025/327 on the European Health Data Space. */
const EHDS = { '@id': 'http://data.europa.eu/eli/reg/2025/327/oj' };

/** Code systems of policies that the authority table of coding systems has. */
const CODING_SYSTEMS: { readonly [system: string]: string } = {
  'http://snomed.info/sct': 'SNOMED-CT',
  'http://loinc.org': 'LOINC',
  'http://www.nlm.nih.gov/research/umls/rxnorm': 'RXNORM',
  'http://hl7.org/fhir/sid/icd-10': 'ICD-10',
  'http://hl7.org/fhir/sid/icd-9-cm': 'ICD-9-CM',
  'http://www.whocc.no/atc': 'ATC',
  'http://dicom.nema.org/resources/ontology/DCM': 'DICOM-CT',
};
/** Built-in datatypes of CSVW; dates are texts, a year under some policies. */
const DATATYPES: Readonly<Record<Storage, string>> = {
  ...{ boolean: 'boolean', integer: 'integer', bigint: 'integer', double: 'double', date: 'date', text: 'string' },
};

export interface Described {
  /** Address of the instance, without a trailing slash. */
  readonly publicUrl: string;
  /** Name of the ledger: unique among instances. */
  readonly origin: string;
  readonly about: CatalogueAbout;
  /** As `publicNumber` gives it; null where it is not said. */
  readonly persons: number | null;
}

type Node = { readonly [member: string]: unknown };

/**
 * The description of an instance as a `dcat:Catalog` with one `dcat:Dataset`, in JSON-LD 1.1 with its context inside. Everything in it is said by the
 * operator or the same on every instance, but for the number of persons.
 */
export function healthDcatCatalogue(described: Described): Node {
  const { publicUrl, about } = described;
  return {
    '@context': CONTEXT,
    '@id': `${publicUrl}/#catalogue`,
    '@type': 'dcat:Catalog',
    'dct:title': inLanguage(about, about.title),
    'dct:description': inLanguage(about, about.description),
    'dct:publisher': agent(about.publisher),
    'dcatap:applicableLegislation': EHDS,
    'foaf:homepage': iri(about.landingPage ?? publicUrl),
    'dcat:dataset': dataset(described),
  };
}

function dataset({ publicUrl, origin, about, persons }: Described): Node {
  const coded = Object.keys(POLICIES[0]!.codeSystems).flatMap((system) => CODING_SYSTEMS[system] ?? []);
  const dictionaries = shippedDictionaries();
  return present({
    '@id': `${publicUrl}/#dataset`,
    '@type': 'dcat:Dataset',
    'dct:identifier': origin,
    'dct:title': inLanguage(about, about.title),
    'dct:description': inLanguage(about, about.description),
    'dcat:keyword': about.keywords.map((keyword) => inLanguage(about, keyword)),
    'dct:accessRights': iri(`${EU}/access-right/RESTRICTED`),
    'dcatap:applicableLegislation': EHDS,
    'dct:publisher': agent(about.publisher),
    'dcat:contactPoint': { '@type': 'vcard:Kind', 'vcard:hasEmail': iri(`mailto:${about.publisher.email}`) },
    'healthdcatap:hdab': agent(about.hdab),
    'geodcatap:custodian': about.custodian && agent(about.custodian),
    'dcat:landingPage': iri(about.landingPage ?? publicUrl),
    'dcat:theme': iri(`${EU}/data-theme/HEAL`),
    'healthdcatap:healthCategory': about.healthCategories.map((each) => iri(`${HEALTH_EU}/healthcategories/${each}`)),
    'healthdcatap:healthTheme': about.healthThemes.map((each) => iri(`${HEALTH_EU}/health-theme/${each}`)),
    'dct:conformsTo': iri(`${HEALTH_EU}/standard/FHIR`),
    'healthdcatap:hasCodingSystem': coded.map((each) => iri(`${HEALTH_EU}/coding-system/${each}`)),
    'healthdcatap:populationCoverage': about.populationCoverage && inLanguage(about, about.populationCoverage),
    'healthdcatap:minTypicalAge': wholeNumber(about.minTypicalAge),
    'healthdcatap:maxTypicalAge': wholeNumber(about.maxTypicalAge),
    'healthdcatap:numberOfUniqueIndividuals': wholeNumber(persons ?? undefined),
    'dct:spatial': about.spatial.map(iri),
    'dct:temporal': period(about.temporal),
    'healthdcatap:retentionPeriod': period(about.retention),
    'dpv:hasPurpose': worded('dpv:Purpose', about, about.purpose),
    'dpv:hasLegalBasis': worded('dpv:LegalBasis', about, about.legalBasis),
    'healthdcatap:hasStructuredData': { '@value': 'true', '@type': 'xsd:boolean' },
    'healthdcatap:hasVariables': variables(dictionaries),
    'dcat:distribution': dictionaries.map((each) => distribution(publicUrl, each)),
  });
}

/** What is offered of one table; how to get it is to ask its persons. */
function distribution(publicUrl: string, { name, title }: ShippedDictionary): Node {
  return {
    '@id': `${publicUrl}/#table-${name}`,
    '@type': 'dcat:Distribution',
    'dct:title': { '@value': title, '@language': 'en' },
    'dct:description': {
      '@value': `Table ${name} of a package: rows of persons who agreed to a request, de-identified, with measured risk.`,
      '@language': 'en',
    },
    'dcatap:applicableLegislation': EHDS,
    'dcat:accessURL': iri(publicUrl),
    'dct:format': iri(`${EU}/file-type/PARQUET`),
    'dcat:mediaType': iri('http://www.iana.org/assignments/media-types/application/vnd.apache.parquet'),
  };
}

function variables(dictionaries: readonly ShippedDictionary[]): Node {
  return {
    '@type': 'csvw:TableGroup',
    'dct:title': { '@value': 'Tables of a package', '@language': 'en' },
    'csvw:table': dictionaries.map(({ title, columns }) => ({
      '@type': 'csvw:Table',
      'dct:title': { '@value': title, '@language': 'en' },
      'csvw:column': columns.map(({ name, meaning, storage }) => ({
        '@type': 'csvw:Column',
        'csvw:name': name,
        'csvw:title': name,
        'dct:description': { '@value': meaning, '@language': 'en' },
        'csvw:datatype': DATATYPES[storage],
      })),
    })),
  };
}

const iri = (of: string) => ({ '@id': of });

const inLanguage = ({ language }: CatalogueAbout, value: string) => ({ '@value': value, '@language': language });

const wholeNumber = (value: number | undefined) =>
  value === undefined ? undefined : { '@value': String(value), '@type': 'xsd:nonNegativeInteger' };

function agent({ name, email, page }: CatalogueAbout['publisher']): Node {
  return {
    '@type': 'foaf:Agent',
    'foaf:name': name,
    'cv:contactPoint': present({ '@type': 'cv:ContactPoint', 'cv:email': email, 'cv:contactPage': page && iri(page) }),
  };
}

function period(of: CatalogueAbout['temporal']): Node | undefined {
  if (of === undefined) return undefined;
  const day = (value: string | undefined) => value && { '@value': value, '@type': 'xsd:date' };
  return present({ '@type': 'dct:PeriodOfTime', 'dcat:startDate': day(of.start), 'dcat:endDate': day(of.end) });
}

const worded = (type: string, about: CatalogueAbout, words: string | undefined): Node | undefined =>
  words === undefined ? undefined : { '@type': type, 'dct:description': inLanguage(about, words) };

/** Without members that say nothing: an empty list would be a property without a value. */
function present(node: Node): Node {
  const says = (value: unknown): boolean => value !== undefined && !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(node).filter(([, value]) => says(value)));
}
