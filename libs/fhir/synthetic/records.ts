import { instantOf, type Day } from './day';
import type { Lifetime, Visit } from './lifetime';
import { patientResource } from './patient';
import { SeededRandom } from './random';
import { CVX, LABORATORY, LOINC, RXNORM, SMOKING, SNOMED, type Measure, type Term } from './vocabulary';

/** A FHIR R4 resource as plain JSON. */
export type Resource = { readonly resourceType: string; readonly id: string } & Record<string, unknown>;

const ACT_CLASS = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
const OBSERVATION_CATEGORY = 'http://terminology.hl7.org/CodeSystem/observation-category';
const CONDITION_CLINICAL = 'http://terminology.hl7.org/CodeSystem/condition-clinical';

const codeable = (system: string, term: Term) => ({
  coding: [{ system, code: term.code, display: term.text }],
  text: term.text,
});

/** Writes one provider's record of a lifetime: the resources of the visits that happened there. */
export class RecordWriter {
  readonly patientId: string;
  readonly resources: Resource[] = [];
  private readonly diagnosed = new Map<string, string>();
  /** What was added to records later draws from here: the lives that a seed made before stay as they are. */
  private readonly apart: SeededRandom;
  private readonly practitioner: string;

  constructor(
    private readonly random: SeededRandom,
    private readonly life: Lifetime,
    private readonly provider: { readonly name: string; readonly organizationId: string },
  ) {
    this.patientId = random.uuid();
    this.practitioner = random.uuid();
    this.apart = new SeededRandom(Number.parseInt(this.patientId.slice(0, 8), 16));
    this.resources.push(
      patientResource(this.patientId, life, {
        random,
        organizationId: provider.organizationId,
        at: (day) => this.at(day, 0),
      }),
    );
  }

  visit(visit: Visit): void {
    const encounter = this.add('Encounter', {
      status: 'finished',
      class: { system: ACT_CLASS, code: visit.reason === 'episode' ? 'URG' : 'AMB' },
      type: [
        codeable(
          SNOMED,
          visit.reason === 'wellness'
            ? { code: '162673000', text: 'General examination of patient' }
            : { code: '185345009', text: 'Encounter for symptom' },
        ),
      ],
      period: { start: this.at(visit.day, 0), end: this.at(visit.day, 1800) },
      participant: [
        { individual: { reference: `urn:uuid:${this.practitioner}`, display: `Dr. ${this.life.surname}` } },
      ],
      serviceProvider: { reference: `urn:uuid:${this.provider.organizationId}`, display: this.provider.name },
    });
    if (visit.measured) this.measure(visit.day, encounter);
    for (const vaccine of visit.immunizations) this.immunize(visit.day, encounter, vaccine);
    if (visit.episode) this.treatEpisode(visit, encounter);
    if (visit.illness) this.treatIllness(visit, encounter);
    this.bill(visit.day, encounter);
  }

  /** Readings of a wearable device, once a week over the last year of the record. */
  wear(until: Day): Resource[] {
    const device = {
      resourceType: 'Device',
      id: this.random.uuid(),
      status: 'active',
      serialNumber: `W-${this.random.bits()}`,
      lotNumber: `L${this.random.between(100, 999)}`,
      type: { text: 'Wrist-worn activity tracker' },
      patient: { reference: `Patient/${this.patientId}` },
    } as Resource;
    const readings: Resource[] = [device];
    for (let day = until - 364; day <= until; day += 7) {
      const heartRate: Measure = { code: '8867-4', text: 'Heart rate', unit: '/min', mean: 68, deviation: 8 };
      const steps: Measure = {
        code: '55423-8',
        text: 'Number of steps in 24 hour Measured',
        unit: '{steps}',
        mean: 7200,
        deviation: 2400,
      };
      for (const measure of [heartRate, steps]) {
        readings.push({
          ...this.observation({ day, measure, category: 'activity', decimals: 0 }),
          subject: { reference: `Patient/${this.patientId}` },
          device: { reference: `Device/${device.id}` },
        });
      }
    }
    return readings;
  }

  private measure(day: Day, encounter: string): void {
    const adult = day - this.life.birth > 18 * 365;
    const height = adult ? this.random.normal(this.life.female ? 164 : 177, 6) : 55 + (day - this.life.birth) / 65;
    const weight = adult ? this.random.normal(this.life.female ? 70 : 82, 12) : 4 + (day - this.life.birth) / 110;
    this.observe({
      day,
      encounter,
      measure: { code: '8302-2', text: 'Body Height', unit: 'cm', mean: height, deviation: 0 },
      category: 'vital-signs',
    });
    this.observe({
      day,
      encounter,
      measure: { code: '29463-7', text: 'Body Weight', unit: 'kg', mean: weight, deviation: 0.5 },
      category: 'vital-signs',
    });
    if (!adult) return;
    const systolic = this.random.normal(126, 14);
    const component = (code: string, text: string, value: number) => ({
      code: codeable(LOINC, { code, text }),
      valueQuantity: { value, unit: 'mm[Hg]', system: 'http://unitsofmeasure.org', code: 'mm[Hg]' },
    });
    this.add('Observation', {
      status: 'final',
      category: [{ coding: [{ system: OBSERVATION_CATEGORY, code: 'vital-signs' }] }],
      code: codeable(LOINC, { code: '85354-9', text: 'Blood Pressure' }),
      encounter: { reference: `urn:uuid:${encounter}` },
      effectiveDateTime: this.at(day, 300),
      component: [
        component('8480-6', 'Systolic Blood Pressure', systolic),
        component('8462-4', 'Diastolic Blood Pressure', systolic * 0.63),
      ],
    });
    const results = LABORATORY.map((measure) => this.observe({ day, encounter, measure, category: 'laboratory' }));
    this.add('DiagnosticReport', {
      status: 'final',
      code: codeable(LOINC, { code: '24323-8', text: 'Comprehensive metabolic panel' }),
      encounter: { reference: `urn:uuid:${encounter}` },
      effectiveDateTime: this.at(day, 300),
      issued: this.at(day, 300),
      result: results.map((id) => ({ reference: `urn:uuid:${id}` })),
    });
    this.askAboutSmoking(day, encounter);
  }

  private askAboutSmoking(day: Day, encounter: string): void {
    this.resources.push({
      resourceType: 'Observation',
      id: this.apart.uuid(),
      status: 'final',
      category: [{ coding: [{ system: OBSERVATION_CATEGORY, code: 'social-history' }] }],
      code: codeable(LOINC, { code: '72166-2', text: 'Tobacco smoking status' }),
      subject: { reference: `urn:uuid:${this.patientId}` },
      encounter: { reference: `urn:uuid:${encounter}` },
      effectiveDateTime: this.at(day, 300),
      valueCodeableConcept: codeable(SNOMED, SMOKING[this.life.visitSecond % SMOKING.length]!),
    });
  }

  private treatEpisode(visit: Visit, encounter: string): void {
    const episode = visit.episode!;
    const condition = this.diagnose(episode, visit.day, { encounter, ends: visit.day + episode.days });
    if (episode.procedure) {
      this.add('Procedure', {
        status: 'completed',
        code: codeable(SNOMED, episode.procedure),
        encounter: { reference: `urn:uuid:${encounter}` },
        performedPeriod: { start: this.at(visit.day, 600), end: this.at(visit.day, 1200) },
        reasonReference: [{ reference: `urn:uuid:${condition}` }],
      });
    }
    if (episode.medication) this.prescribe(episode.medication, visit.day, encounter);
  }

  private treatIllness(visit: Visit, encounter: string): void {
    const illness = visit.illness!;
    if (!this.diagnosed.has(illness.code)) {
      this.diagnosed.set(illness.code, this.diagnose(illness, visit.day, { encounter }));
    }
    if (illness.medication) this.prescribe(illness.medication, visit.day, encounter);
  }

  private diagnose(term: Term, day: Day, { encounter, ends }: { encounter: string; ends?: Day }): string {
    return this.add('Condition', {
      clinicalStatus: { coding: [{ system: CONDITION_CLINICAL, code: ends === undefined ? 'active' : 'resolved' }] },
      code: codeable(SNOMED, term),
      encounter: { reference: `urn:uuid:${encounter}` },
      onsetDateTime: this.at(day, 0),
      ...(ends === undefined ? {} : { abatementDateTime: this.at(ends, 0) }),
      recordedDate: this.at(day, 0),
    });
  }

  private prescribe(medication: Term, day: Day, encounter: string): void {
    this.add('MedicationRequest', {
      status: 'active',
      intent: 'order',
      medicationCodeableConcept: codeable(RXNORM, medication),
      encounter: { reference: `urn:uuid:${encounter}` },
      authoredOn: this.at(day, 900),
      requester: { reference: `urn:uuid:${this.practitioner}` },
    });
  }

  private immunize(day: Day, encounter: string, vaccine: Term): void {
    this.add(
      'Immunization',
      {
        status: 'completed',
        vaccineCode: codeable(CVX, vaccine),
        encounter: { reference: `urn:uuid:${encounter}` },
        occurrenceDateTime: this.at(day, 200),
        primarySource: true,
        lotNumber: `V${this.random.between(1000, 9999)}`,
      },
      'patient',
    );
  }

  private bill(day: Day, encounter: string): void {
    const value = this.random.between(8_000, 40_000) / 100;
    this.add(
      'Claim',
      {
        status: 'active',
        type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/claim-type', code: 'professional' }] },
        use: 'claim',
        created: this.at(day, 1800),
        provider: { reference: `urn:uuid:${this.provider.organizationId}`, display: this.provider.name },
        priority: { coding: [{ code: 'normal' }] },
        insurance: [{ sequence: 1, focal: true, coverage: { display: 'Harbour Mutual' } }],
        item: [
          {
            sequence: 1,
            productOrService: { text: 'Consultation' },
            encounter: [{ reference: `urn:uuid:${encounter}` }],
          },
        ],
        total: { value, currency: 'USD' },
      },
      'patient',
    );
  }

  private observe(reading: { day: Day; encounter: string; measure: Measure; category: string }): string {
    const observation: Resource = {
      ...this.observation({ ...reading, decimals: 12 }),
      subject: { reference: `urn:uuid:${this.patientId}` },
      encounter: { reference: `urn:uuid:${reading.encounter}` },
    };
    this.resources.push(observation);
    return observation.id;
  }

  private observation(reading: { day: Day; measure: Measure; category: string; decimals: number }): Resource {
    const { measure } = reading;
    const value = Number(this.random.normal(measure.mean, measure.deviation).toFixed(reading.decimals));
    return {
      resourceType: 'Observation',
      id: this.random.uuid(),
      status: 'final',
      category: [{ coding: [{ system: OBSERVATION_CATEGORY, code: reading.category }] }],
      code: codeable(LOINC, measure),
      effectiveDateTime: this.at(reading.day, 300),
      valueQuantity: { value, unit: measure.unit, system: 'http://unitsofmeasure.org', code: measure.unit },
    };
  }

  private add(resourceType: string, content: Record<string, unknown>, patientField = 'subject'): string {
    const id = this.random.uuid();
    this.resources.push({ resourceType, id, [patientField]: { reference: `urn:uuid:${this.patientId}` }, ...content });
    return id;
  }

  private at(day: Day, seconds: number): string {
    return instantOf(day, this.life.visitSecond + seconds);
  }
}
