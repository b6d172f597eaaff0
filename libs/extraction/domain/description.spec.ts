import { manifest } from '../testing/manifest';
import { dictionaryText } from './dictionary';
import { readmeText } from './readme';

describe('what describes a package', () => {
  it('explains every element, with the share of rows that lack it', () => {
    const text = dictionaryText(
      [
        {
          name: 'data/Observation.ndjson',
          resourceType: 'Observation',
          rows: 3,
          fields: [
            { path: 'code.coding.code', types: ['string'], rows: 3 },
            { path: 'code.coding.system', types: ['string'], rows: 3, values: ['http://loinc.org'] },
            { path: 'valueQuantity.unit', types: ['string'], rows: 2, values: ['kg', 'mg'] },
            { path: 'valueQuantity.value', types: ['number'], rows: 2 },
            { path: 'note.strange', types: ['string'], rows: 3 },
          ],
        },
      ],
      { tables: [], leftOut: [] },
      (resourceType, path) => `rule of ${resourceType}.${path}`,
    );
    const { files, tables } = JSON.parse(text);
    expect(tables).toEqual([]);
    expect(files).toMatchObject([
      {
        name: 'data/Observation.ndjson',
        rows: 3,
        fields: [
          { path: 'code.coding.code', codeSystems: ['http://loinc.org'] },
          { path: 'code.coding.system', codeSystems: [] },
          { path: 'valueQuantity.unit', unit: null },
          {
            path: 'valueQuantity.value',
            meaning: 'measured value, rounded to the precision that is set for its code',
            unit: 'kg, mg',
            codeSystems: [],
            type: 'number',
            rule: 'rule of Observation.valueQuantity.value',
            missingPercent: 33.3,
          },
          {
            path: 'note.strange',
            meaning: 'FHIR R4 Observation.note.strange',
            unit: null,
            type: 'string',
            rule: 'rule of Observation.note.strange',
            missingPercent: 0,
          },
        ],
      },
    ]);
  });

  it('says in words what k covers and how to load and verify', () => {
    const text = readmeText(manifest(), []);
    expect(text).toContain('k holds on age, sex, state; trajectory uniqueness is 100 %');
    expect(text).toContain('pandas.read_json("data/Observation.ndjson", lines=True)');
    expect(text).toContain('aceso verify --policy trust.policy .');
    expect(text).not.toContain('undefined');
  });
});
