import { dictionaryText } from '../dictionary';
import type { RuleOf } from '../dictionary-field';
import {
  CROISSANT_FILE,
  DATAPACKAGE_FILE,
  DICTIONARY_FILE,
  PYTHON_FILE,
  QUALITY_FILE,
  R_FILE,
  README_FILE,
  SCHEMA_FILE,
} from '../package-layout';
import { readmeText } from '../readme';
import { croissantText } from './croissant';
import { dataPackageText } from './data-package';
import type { DescribedPackage } from './described-package';
import { qualityPage } from './quality-page';
import { schemaSql } from './schema-sql';
import { pythonNotebook, rScript } from './starters';

export type { DescribedPackage } from './described-package';
export { COUNTS_SQL, exampleSql } from './schema-sql';

/** Everything in a package that describes its data files and tables: name and text. */
export function describingTexts(
  of: DescribedPackage,
  ruleOf: RuleOf,
): readonly (readonly [name: string, text: string])[] {
  return [
    [DICTIONARY_FILE, dictionaryText(of.census, of, ruleOf)],
    [README_FILE, readmeText(of.manifest, of.leftOut)],
    [DATAPACKAGE_FILE, dataPackageText(of)],
    [CROISSANT_FILE, croissantText(of)],
    [SCHEMA_FILE, schemaSql(of)],
    [PYTHON_FILE, pythonNotebook(of)],
    [R_FILE, rScript(of)],
    [QUALITY_FILE, qualityPage(of)],
  ];
}
