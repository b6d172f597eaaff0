import { CLINIC, forAll, none, notClinic, NURSE, physiciansMay } from './consent.expected';
import {
  actions,
  actor,
  bothDenied,
  coding,
  label,
  optIn,
  optOut,
  purpose,
  r4,
  r5,
  readers,
  recipient,
  type FactCase,
} from './consent.facts';

/** What HL7's examples of R4 and R5 say, in our own words, and what else a reader must not guess. */
export const FACTS: readonly FactCase[] = [
  {
    ...r4('opt-in, everyone unsaid', optIn, [{ type: 'deny', ...recipient }], { refused: 'Consent.policyRule' }),
    strict: true,
  },
  r4('not this practitioner', optIn, [{ type: 'deny', actor: [actor('PRCP', 'Practitioner/f204')], ...bothDenied }], {
    rules: [physiciansMay(), none({ party: NURSE })],
  }),
  r4('not this organization', optIn, [{ type: 'deny', ...recipient, ...bothDenied }], {
    rules: [physiciansMay(), ...notClinic],
  }),
  r4('not what this organization holds', optIn, [{ type: 'deny', actor: [actor('CST', 'Organization/f001')] }], {
    rules: [physiciansMay(), ...forAll({ providers: [CLINIC] })],
  }),
  r4('not what bears a label', optIn, [{ type: 'deny', ...label('v3-ActCode', 'HIV') }], {
    rules: [physiciansMay(), ...forAll({ labels: ['HIV'] })],
  }),
  r4('not of these days', optIn, [{ type: 'deny', dataPeriod: { start: '2015-01-01', end: '2015-02-01' } }], {
    rules: [physiciansMay(), ...forAll({ days: { from: '2015-01-01', to: '2015-02-01' } })],
  }),
  r4(
    'one laboratory code',
    optIn,
    [{ type: 'deny', code: [{ coding: [{ system: 'http://loinc.org', code: '2339-0' }] }] }],
    {
      rules: [physiciansMay(), ...forAll({ codes: ['http://loinc.org|2339-0'] })],
    },
  ),
  r4('in an emergency only', optOut, [{ type: 'permit', ...recipient, ...purpose('ETREAT'), ...actions('access') }], {
    rules: readers({}, { purpose: 'emergency' }),
  }),
  r4(
    'reading with an exception',
    optOut,
    [
      {
        type: 'permit',
        ...recipient,
        ...actions('access'),
        provision: [{ type: 'deny', ...label('v3-ActCode', 'PSY') }],
      },
    ],
    {
      rules: [...readers({}), ...readers({ labels: ['PSY'] }, { level: 'none' })],
    },
  ),
  r4('no treatment, of which an emergency is a kind', optOut, [{ type: 'deny', ...recipient, ...purpose('TREAT') }], {
    rules: notClinic.flatMap((rule) =>
      (['treatment', 'emergency'] as const).map((each) => ({ ...rule, purpose: each })),
    ),
  }),
  r4(
    'no treatment, no emergency',
    optOut,
    [{ type: 'deny', ...recipient, purpose: [...purpose('TREAT').purpose, ...purpose('ETREAT').purpose] }],
    {
      rules: notClinic.flatMap((rule) =>
        (['treatment', 'emergency'] as const).map((each) => ({ ...rule, purpose: each })),
      ),
    },
  ),
  r4(
    'a single resource',
    optIn,
    [{ type: 'deny', data: [{ meaning: 'related', reference: { reference: 'Task/example3' } }] }],
    {
      refused: 'Consent.provision.provision[0].data[0].meaning',
    },
  ),
  r4(
    'a level of confidentiality',
    optOut,
    [{ type: 'permit', ...recipient, ...actions('access'), ...label('v3-Confidentiality', 'N') }],
    {
      refused: 'Consent.provision.provision[0].securityLabel[0]',
    },
  ),
  r4(
    'an author of documents',
    optOut,
    [{ type: 'permit', actor: [actor('AUT', 'Practitioner/f204')], ...actions('access') }],
    {
      refused: 'Consent.provision.provision[0].actor[0].role.coding[0]',
    },
  ),
  r4('an application for half an hour', optIn, [{ type: 'permit', ...actions('access') }], {
    refused: 'Consent.provision.provision[0].type',
  }),
  r4('an exception without a type', optIn, [{ ...recipient }], { refused: 'Consent.provision.provision[0].type' }),
  r4('disclosure', optOut, [{ type: 'permit', ...recipient, ...actions('disclose') }], {
    refused: 'Consent.provision.provision[0].action[0]',
  }),
  r4('every action', optOut, [{ type: 'permit', ...recipient }], { refused: 'Consent.provision.provision[0].action' }),
  r4('nobody named', optOut, [{ type: 'permit', ...actions('access') }], {
    refused: 'Consent.provision.provision[0].actor',
  }),
  r4('somebody unknown', optOut, [{ type: 'permit', actor: [actor('PRCP', 'Practitioner/0')], ...actions('access') }], {
    refused: 'Consent.provision.provision[0].actor[0].reference',
  }),
  r4(
    'two provisions that contradict',
    optOut,
    [
      { type: 'permit', ...recipient, ...actions('access') },
      { type: 'deny', ...recipient, ...label('v3-ActCode', 'HIV') },
    ],
    { refused: 'Consent.provision.provision[1]' },
  ),
  r4('marketing', optOut, [{ type: 'permit', ...recipient, ...actions('access'), ...purpose('HMARKT') }], {
    refused: 'Consent.provision.provision[0].purpose[0]',
  }),
  r4(
    'a meaning in an unknown member',
    optOut,
    [{ type: 'permit', ...recipient, ...actions('access'), modifierExtension: [{}] }],
    {
      refused: 'Consent.provision.provision[0].modifierExtension',
    },
  ),
  r4('a policy elsewhere', { ...optOut, policy: [{ uri: 'https://example.org/policy' }] }, [], {
    refused: 'Consent.policy[0]',
  }),
  r4('another base', { policyRule: coding('v3-ActCode', 'HIPAAAuth') }, [], {
    refused: 'Consent.policyRule.coding[0]',
  }),
  r4('revoked', { ...optOut, status: 'inactive' }, [], { refused: 'Consent.status' }),
  r4('research', { ...optOut, scope: coding('consentscope', 'research') }, [], { refused: 'Consent.scope.coding[0]' }),
  r5('not this practitioner', 'permit', [{ actor: [actor('PRCP', 'Practitioner/f204')], ...bothDenied }], {
    rules: [physiciansMay(), none({ party: NURSE })],
  }),
  r5('not this organization', 'permit', [{ ...recipient, ...bothDenied }], { rules: [physiciansMay(), ...notClinic] }),
  r5('not what this organization holds', 'permit', [{ actor: [actor('CST', 'Organization/f001')] }], {
    rules: [physiciansMay(), ...forAll({ providers: [CLINIC] })],
  }),
  r5('not in this time', 'permit', [{ period: { start: '2015-01-01', end: '2015-02-01' } }], {
    rules: [
      physiciansMay(),
      ...forAll({}).map((rule) => ({ ...rule, period: { from: 1420070400, until: 1422835200 } })),
    ],
  }),
  r5('not what bears a label', 'permit', [{ ...bothDenied, ...label('v3-ActCode', 'HIV') }], {
    rules: [physiciansMay(), ...forAll({ labels: ['HIV'] })],
  }),
  r5(
    'a resource type',
    'permit',
    [{ resourceType: [{ system: 'http://hl7.org/fhir/fhir-types', code: 'MedicationRequest' }] }],
    {
      rules: [physiciansMay(), ...forAll({ types: ['MedicationRequest'] })],
    },
  ),
  r5(
    'a category of observations',
    'permit',
    [
      {
        ...bothDenied,
        resourceType: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory' }],
      },
    ],
    { refused: 'Consent.provision[0].resourceType[0]' },
  ),
  r5(
    'one physician reads what one organization holds',
    'deny',
    [{ actor: [actor('CST', 'Organization/f203'), actor('PRCP', 'Practitioner/f204')], ...actions('access') }],
    { rules: [{ ...none({ party: NURSE }, { providers: [CLINIC] }), level: 'read' }] },
  ),
  r5(
    'from organization to organization',
    'deny',
    [{ actor: [actor('IRCP', 'Organization/f203')], ...actions('disclose') }],
    {
      refused: 'Consent.provision[0].action[0]',
    },
  ),
  r5(
    'a single resource',
    'permit',
    [{ data: [{ meaning: 'related', reference: { reference: 'MedicationRequest/medrx0305' } }] }],
    {
      refused: 'Consent.provision[0].data[0].meaning',
    },
  ),
  r5(
    'an exception from an exception',
    'deny',
    [
      {
        ...recipient,
        ...actions('access', 'correct'),
        provision: [
          {
            ...label('v3-ActCode', 'PSY'),
            provision: [{ ...label('v3-ActCode', 'PSY'), ...purpose('ETREAT'), ...actions('access') }],
          },
        ],
      },
    ],
    {
      rules: [
        ...readers({}, { level: 'write' }),
        ...readers({ labels: ['PSY'] }, { level: 'none' }),
        ...readers({ labels: ['PSY'] }, { purpose: 'emergency' }),
      ],
    },
  ),
  r5('nothing permitted', 'deny', [], { rules: [] }),
  { name: 'R5 no decision', version: 'r5', says: {}, expected: { refused: 'Consent.decision' } },
  {
    name: 'R5 somebody else agreed',
    version: 'r5',
    says: { decision: 'deny', subject: { reference: 'Patient/xcda' }, grantor: [{ reference: 'RelatedPerson/peter' }] },
    expected: { refused: 'Consent.grantor[0]' },
  },
  {
    name: 'R5 somebody else must comply',
    version: 'r5',
    says: { decision: 'deny', grantee: [{ reference: 'Practitioner/f007' }] },
    expected: { refused: 'Consent.grantee' },
  },
  {
    name: 'R5 logic in an expression',
    version: 'r5',
    says: { decision: 'deny', provision: [{ expression: {} }] },
    expected: { refused: 'Consent.provision[0].expression' },
  },
];
