import { Field, ObjectType } from '@nestjs/graphql';
import type { ShippedDictionary } from '../domain/shipped-dictionary';
import type { PreviewTable } from '../domain/synthetic-preview';

@ObjectType('ColumnRule', { description: 'What becomes of a column under one policy.' })
export class ColumnRuleType {
  @Field(() => String, { description: 'Name of the policy.' })
  policy: string;

  @Field(() => Boolean, { description: 'False: tables under the policy do not have the column.' })
  leaves: boolean;

  @Field(() => String, { nullable: true, description: 'The rule in words; null where the column does not leave.' })
  rule: string | null;

  @Field(() => String, { nullable: true, description: '`date` or `year`: what a date tells; null of everything else.' })
  unit: string | null;

  @Field(() => [String], { description: 'The codes that are let out, where they are a closed list.' })
  allowedCodes: readonly string[];
}

@ObjectType('DictionaryColumn', { description: 'A column of a table.' })
export class DictionaryColumnType {
  @Field(() => String, { description: 'Name of the column.' })
  name: string;

  @Field(() => String, { description: 'What it holds.' })
  meaning: string;

  @Field(() => String, { description: 'FHIR type of its values.' })
  fhirType: string;

  @Field(() => Boolean, { description: 'True: a cell holds a list of such values.' })
  list: boolean;

  @Field(() => String, { nullable: true, description: 'The table in which its value is an `id`.' })
  refersTo: string | null;

  @Field(() => [ColumnRuleType], { description: 'By policy.' })
  rules: readonly ColumnRuleType[];
}

@ObjectType('DataDictionary', { description: 'A table that packages have, column by column.' })
export class DataDictionaryType {
  @Field(() => String, { description: 'Name of the table.' })
  name: string;

  @Field(() => String, { description: 'What its rows are.' })
  title: string;

  @Field(() => String, { description: 'FHIR resource type that the rows are made of.' })
  resource: string;

  @Field(() => Boolean, { description: 'True: one row a resource.' })
  rowIsResource: boolean;

  @Field(() => [DictionaryColumnType], { description: 'Its columns, in their order.' })
  columns: readonly DictionaryColumnType[];
}

@ObjectType('DataPreviewRow', { description: 'One row of a preview.' })
export class DataPreviewRowType {
  @Field(() => [String], {
    nullable: 'items',
    description: 'Its cells as texts, in the order of the columns: null where nothing stands, lists as JSON.',
  })
  cells: readonly (string | null)[];
}

@ObjectType('DataPreview', { description: 'A table as a package would have it, of persons who are made up.' })
export class DataPreviewType {
  @Field(() => String, { description: 'Name of the table.' })
  name: string;

  @Field(() => [String], { description: 'Names of its columns.' })
  columns: readonly string[];

  @Field(() => [DataPreviewRowType], { description: 'Up to 20 rows.' })
  rows: readonly DataPreviewRowType[];
}

/** A dictionary as clients see it. */
export function toDataDictionaryType(dictionary: ShippedDictionary): DataDictionaryType {
  const { name, title, resource, rowIsResource, columns } = dictionary;
  return { name, title, resource, rowIsResource, columns };
}

/** A preview as clients see it. */
export function toDataPreviewType({ name, columns, rows }: PreviewTable): DataPreviewType {
  return { name, columns, rows: rows.map((cells) => ({ cells: cells.map(textOf) })) };
}

function textOf(cell: unknown): string | null {
  if (cell === null || cell === undefined) return null;
  return typeof cell === 'string' ? cell : JSON.stringify(cell);
}
